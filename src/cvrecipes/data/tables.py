"""The tables of a release, read and normalized once, however many splits are made of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import regex

from cvrecipes.console import progress
from cvrecipes.data.cache import recall, remember, stamp, text_key
from cvrecipes.data.release import no_table
from cvrecipes.data.tsv import read_tsv
from cvrecipes.errors import Failure
from cvrecipes.recipe import Recipe
from cvrecipes.records import BadRow, Release, Table

_NEEDED = ("path", "sentence")
_OURS = ("clip", "path", "speaker", "raw", "text", "near", "line", "file", "seconds")
_BLOCK = 10_000
# Fewer rows are read as fast as they are recalled.
_WORTH_REMEMBERING = 2_000
_NOT_LETTERS = regex.compile(r"[^\p{L}\p{N}]+")


@dataclass(frozen=True, slots=True)
class Rows:
    """One table of a release with its normalized texts.

    Attributes:
        name: the table's name, such as ``train`` or ``validated``.
        file: name of the file that holds it.
        table: ``clip``, ``path``, ``speaker``, ``raw``, ``text``, ``near`` (see `near_key`),
            ``line``, ``file``, then the release's other columns.
        reasons: why a row's text or file name cannot be used, by its place in `table`.
        seconds: durations that the source itself gives, in seconds; None when it does not.
        bad: lines that are no rows.
        lines: lines of the file.
    """

    name: str
    file: str
    table: pa.Table
    reasons: dict[int, str]
    seconds: npt.NDArray[np.float64] | None
    bad: tuple[BadRow, ...]
    lines: int


def read_table(release: Release, name: str) -> Table:
    """A table of a release by its name, from a TSV or from where its source has it.

    Raises:
        UsageError: the release has no such table.
        Failure: it cannot be read, or lacks a column that is needed.
    """
    if name not in release.tables:
        raise no_table(release, name)
    table = release.read(name) if release.read else read_tsv(release.tables[name])
    missing = [column for column in _NEEDED if column not in table.rows.column_names]
    if missing:
        raise Failure(
            f"has no column {' or '.join(missing)}",
            where=release.tables[name],
            line=1,
            remedy="is this a Common Voice TSV?",
        )
    return table


class Reading:
    """The tables of one release by the recipe of one language; each is read when asked for."""

    def __init__(self, release: Release, recipe: Recipe) -> None:
        self.release, self.recipe = release, recipe
        self._rows: dict[str, Rows] = {}

    def has(self, name: str) -> bool:
        """Whether the release has such a table."""
        return name in self.release.tables

    def rows(self, name: str) -> Rows:
        """A table with normalized texts.

        Raises:
            UsageError, Failure: see `read_table`.
        """
        if name not in self._rows:
            self._rows[name] = self._recalled(name) or self._read(name)
        return self._rows[name]

    def _key(self, name: str) -> str | None:
        """Under what name a table is remembered; other sources than TSVs are read anew."""
        if self.release.read is not None:
            return None
        file = stamp(self.release.tables[name])
        return text_key(self.recipe, file, str(self.release.clips.resolve()))

    def _recalled(self, name: str) -> Rows | None:
        found = recall(self._key(name)) if self.has(name) else None
        if found is None:
            return None
        table, meta = found
        # The folder may have been named from elsewhere then.
        place = table.schema.get_field_index("path")
        clips = pc.cast(table["clip"], pa.string()).combine_chunks()
        table = table.set_column(place, "path", _joined(self.release.clips, clips))
        return Rows(
            name,
            self.release.tables[name].name,
            table,
            {int(place): reason for place, reason in meta["reasons"].items()},
            None,
            tuple(BadRow(*row) for row in meta["bad"]),
            meta["lines"],
        )

    def _remember(self, rows: Rows) -> None:
        meta = {
            "reasons": rows.reasons,
            "bad": [[row.line, row.reason, row.raw] for row in rows.bad],
            "lines": rows.lines,
        }
        remember(self._key(rows.name), rows.table, meta)

    def _read(self, name: str) -> Rows:
        read = read_table(self.release, name)
        rows = read.rows
        normalizer = self.recipe.normalizer

        def texts(raws: Sequence[str]) -> list[str]:
            made: list[str] = []
            with progress(f"normalizing {name}", len(raws)) as advance:
                for start in range(0, len(raws), _BLOCK):
                    block = raws[start : start + _BLOCK]
                    made.extend(map(normalizer, block))
                    advance(len(block))
            return made

        text = by_value(rows["sentence"], texts, "")
        why = by_value(rows["sentence"], lambda raws: [_damage(raw) for raw in raws], "")
        unfit = by_value(text, lambda values: [normalizer.reason(t) or "" for t in values], "")
        names, nameless = self._names(rows["path"])
        reasons: dict[int, str] = {}
        for reason in (unfit, why, nameless):
            for index in np.flatnonzero(pc.not_equal(reason, "").to_numpy(zero_copy_only=False)):
                reasons[int(index)] = reason[int(index)].as_py()
        count = rows.num_rows
        file = self.release.tables[name].name
        speaker = rows["client_id"] if "client_id" in rows.column_names else pa.repeat("", count)
        known = {
            "clip": names,
            "path": _joined(self.release.clips, names),
            "speaker": speaker,
            "raw": rows["sentence"],
            "text": text,
            "near": by_value(text, near_keys, ""),
            "line": rows["line"],
            "file": pa.repeat(file, count),
        }
        others = {
            column: rows[column]
            for column in rows.column_names
            if column not in (*_OURS, "client_id", "sentence")
        }
        seconds = None
        if "seconds" in rows.column_names and pa.types.is_floating(rows["seconds"].type):
            seconds = pc.fill_null(rows["seconds"], float("nan")).to_numpy().astype(np.float64)
        table = pa.table({**known, **others}).combine_chunks()
        made = Rows(name, file, table, reasons, seconds, read.bad, read.lines)
        if rows.num_rows >= _WORTH_REMEMBERING:
            self._remember(made)
        return made

    def _names(self, paths: pa.ChunkedArray) -> tuple[pa.Array, pa.Array]:
        """File names relative to the clips folder, and why one cannot be used.

        Releases 1 and 2 wrote them without their ending. A name that leads out of the
        release is only taken from a source whose files may lie anywhere.
        """
        anywhere = self.release.read is not None
        names: list[str] = []
        reasons: list[str] = []
        for path in paths.to_pylist():
            name = path.replace("\\", "/") if not anywhere else path
            reason = ""
            if not name:
                reason = "no file name"
            elif not anywhere and ("/" in name or ":" in name) and _leads_out(name):
                reason = "file name leads out of the release"
            elif not anywhere and "." not in name.rsplit("/", 1)[-1]:
                name = f"{name}.mp3"
            names.append(name)
            reasons.append(reason)
        return pa.array(names, pa.string()), pa.array(reasons, pa.string())


def by_value(
    column: pa.ChunkedArray | pa.Array, make: Callable[[list[str]], list[str]], empty: str
) -> pa.Array:
    """Apply `make` to the different values of a string column; same length as the column.

    A sentence of Common Voice is read by several people: each is worked on once.
    """
    if len(column) == 0:
        return pa.array([], pa.string())
    encoded = column.dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
        if isinstance(encoded, pa.ChunkedArray):
            encoded = encoded.chunk(0)
    made = pa.array(make(encoded.dictionary.to_pylist()), pa.string())
    return pc.fill_null(made.take(encoded.indices), empty)


def near_keys(texts: Sequence[str]) -> list[str]:
    """`near_key` of each text."""
    return [near_key(text) for text in texts]


def near_key(text: str) -> str:
    """What two near-duplicates have in common: their letters and numbers, in order.

    Marks are those of the decomposed text, so that ``café`` and ``cafe`` are alike, but only
    where Unicode decomposes: ``ø`` and ``o`` stay apart. A text without a letter or number is
    its own key.
    """
    import unicodedata

    return _NOT_LETTERS.sub("", unicodedata.normalize("NFKD", text)) or text


def _damage(raw: str) -> str:
    return "damaged text: U+FFFD" if "\ufffd" in raw else ""


def _leads_out(name: str) -> bool:
    path = PurePosixPath(name)
    return path.is_absolute() or ".." in path.parts or ":" in name


def _joined(folder: Path, names: pa.Array) -> pa.Array:
    """`folder` / name for each name; names that are absolute stay as they are."""
    prefix = str(folder / "x")[:-1]
    if len(names) and not pc.any(pc.match_substring_regex(names, r"^(/|\\|[A-Za-z]:)|/")).as_py():
        return pc.binary_join_element_wise(prefix, names, "")
    return pa.array([str(Path(folder, name)) for name in names.to_pylist()], pa.string())
