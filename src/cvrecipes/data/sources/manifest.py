"""Manifests: one JSONL, CSV or TSV file with a split column, or one file for each split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from cvrecipes.data.encoding import Encoding
from cvrecipes.data.sources.folder import tables_in
from cvrecipes.data.sources.naming import last_parts
from cvrecipes.data.sources.rows import (
    AUDIO,
    ENDINGS,
    SPLIT_NAMES,
    TEXT,
    ManifestRows,
    header_of,
    read_rows,
)
from cvrecipes.errors import Failure, UsageError
from cvrecipes.records import SPLITS, BadRow, Release, Table

_NO_SPLITS = (
    "add a column split that says train, dev or test, or name files train.*, dev.* and test.* "
    "and give their folder"
)


@dataclass(frozen=True, slots=True)
class Part:
    """A file and its split; None if its rows have a column for it. `prefix` leads to its audio."""

    path: Path
    split: str | None = None
    prefix: str = ""
    audiofolder: bool = False
    encoding: Encoding = Encoding()  # noqa: RUF009 (frozen)

    def rows(self) -> ManifestRows:
        """Its rows.

        Raises:
            UsageError, Failure: see `open_manifest`.
        """
        read = read_rows(
            self.path,
            prefix=self.prefix,
            audiofolder=self.audiofolder,
            encoding=self.encoding,
        )
        return _checked(self, read)


def open_manifest(where: str, locale: str, encoding: str | None = None) -> Release | None:
    """Open a manifest, or a folder with one for each split.

    Raises:
        UsageError: nothing shows which row is train, dev or test; or it is in another encoding.
        Failure: it cannot be read.
    """
    path, text = Path(where).expanduser(), Encoding(encoding, locale)
    if path.is_file() and path.suffix.lower() in ENDINGS:
        if _is_common_voice(path, text):
            raise UsageError(
                "is one table of a release, which has no splits",
                where=path,
                remedy=f"give its folder: --data {path.parent}",
            )
        return release_of(locale, path, path.parent, [Part(path, encoding=text)], "manifest")
    if path.is_dir():
        parts = _parts(path, text)
        if parts:
            return release_of(locale, path, path, parts, "manifest")
    return None


def release_of(
    locale: str, named: Path, audio: Path, parts: Sequence[Part], source: str
) -> Release:
    """A release whose tables are in `parts`.

    Arguments:
        named: what the user gave; the release is called by it.
        audio: the folder that audio paths are relative to.

    Raises:
        UsageError, Failure: see `open_manifest`.
    """
    reader = _Reader(parts)
    folder = named if named.is_dir() else named.parent
    return Release(
        locale,
        last_parts(named),
        folder,
        reader.tables,
        reader.read,
        audio=audio,
        source=source,
        encoding=parts[0].encoding.name,
    )


class _Reader:
    """Tables out of manifests; each file is read once."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self.parts = parts

    @cached_property
    def tables(self) -> Mapping[str, Path]:
        """The file of each table that has rows."""
        return {
            name: self.parts[place].path
            for name in dict.fromkeys(SPLIT_NAMES.values())
            for place in [self._place(name)]
            if place is not None
        }

    def read(self, name: str) -> Table:
        """A table by its name; bad lines count with the table that they name."""
        import pyarrow.compute as pc

        place = self._place(name)
        if place is None:
            raise UsageError(f"has no {name}", where=self.parts[0].path)
        part, read = self.parts[place], self._files[place]
        rows = read.rows
        bad = read.bad
        nowhere: tuple[BadRow, ...] = ()
        if part.split is None:
            rows = rows.filter(pc.equal(rows["split"], name))
            bad = tuple(row for row in read.bad if row.split == name)
            nowhere = tuple(row for row in read.bad if row.split is None)
        rows = rows.drop_columns(["split"])
        return Table(rows, bad, rows.num_rows + len(bad), nowhere)

    def _place(self, name: str) -> int | None:
        import pyarrow.compute as pc

        for place, part in enumerate(self.parts):
            if part.split == name:
                return place
            if part.split is None:
                read = self._files[place]
                if pc.any(pc.equal(read.rows["split"], name)).as_py():
                    return place
                if any(row.split == name for row in read.bad):
                    return place
        return None

    @cached_property
    def _files(self) -> list[ManifestRows]:
        return [part.rows() for part in self.parts]


def _checked(part: Part, read: ManifestRows) -> ManifestRows:
    """Rows without a split, in a file of several, are lines that cannot be used.

    Raises:
        UsageError: no row has one.
        Failure: the file is empty.
    """
    import pyarrow.compute as pc

    if part.split is not None:
        return read
    if not read.rows.num_rows:
        raise Failure("has no rows", where=part.path)
    if not read.splits:
        raise UsageError(
            "does not tell what is train, dev and test", where=part.path, remedy=_NO_SPLITS
        )
    nowhere = pc.equal(read.rows["split"], "")
    lost = read.rows.filter(nowhere)
    bad = [
        BadRow(line, "no split", sentence)
        for line, sentence in zip(
            lost["line"].to_pylist(), lost["sentence"].to_pylist(), strict=True
        )
    ]
    every = tuple(sorted((*read.bad, *bad), key=lambda row: row.line))
    return ManifestRows(read.rows.filter(pc.invert(nowhere)), every, True)


def _parts(folder: Path, encoding: Encoding) -> list[Part]:
    """A file for each split in a folder, ``train.jsonl`` or ``train_manifest.json``."""
    if (folder / "clips").is_dir() and tables_in(folder):
        return []
    files: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        stem = path.stem.lower().removesuffix("_manifest").removesuffix("-manifest")
        split = SPLIT_NAMES.get(stem)
        if split is None or path.suffix.lower() not in ENDINGS or not path.is_file():
            continue
        if path.suffix.lower() == ".tsv" and not _is_manifest(path, encoding):
            continue
        if split in files:
            raise UsageError(
                f"has two files for {split}: {files[split].name} and {path.name}",
                where=folder,
                remedy="keep one of them",
            )
        files[split] = path
    if not any(split in files for split in SPLITS):
        return []
    return [Part(path, split, encoding=encoding) for split, path in files.items()]


def _is_common_voice(path: Path, encoding: Encoding) -> bool:
    if path.suffix.lower() != ".tsv":
        return False
    header = header_of(path, encoding)
    return {"client_id", "path", "sentence"} <= set(header) and "split" not in header


def _is_manifest(path: Path, encoding: Encoding) -> bool:
    """Whether a TSV called as a split is a manifest and not a table of Common Voice."""
    header = header_of(path, encoding)
    return (
        any(name in header for name in AUDIO)
        and any(name in header for name in TEXT)
        and not _is_common_voice(path, encoding)
    )
