"""Common Voice's spontaneous speech: answers to questions, one TSV for all splits.

``sps-corpus-<version>-<date>-<locale>/`` holds ``ss-corpus-<locale>.tsv``, ``audios/`` and
``ss-reported-audios-<locale>.tsv``. Only clips whose transcription was validated have a split;
all others are ``unassigned`` and are the table ``other`` here.

The sentence is the transcription without its tags. The transcription as released is a column of
its own, and so are the tags (`TRANSCRIPT_TAGS`), by which rules leave rows out and counts are made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from cvrecipes.data.encoding import Encoding
from cvrecipes.data.sources.naming import release_order, spontaneous_name, version_of
from cvrecipes.errors import Failure, UsageError
from cvrecipes.records import SPLITS, TRANSCRIPT_TAGS, BadRow, Release, Table
from cvrecipes.text.transcripts import read_transcript

if TYPE_CHECKING:
    import pyarrow as pa

_NEEDED = ("audio_file", "transcription", "split")
_CORPUS = "ss-corpus-"


def open_spontaneous(where: str, locale: str, encoding: str | None = None) -> Release | None:
    """Open a folder of spontaneous speech, or the one above it.

    Raises:
        UsageError: it is of another locale, or has no audios.
    """
    folder = Path(where).expanduser()
    if not folder.is_dir():
        return None
    if not any(folder.glob(f"{_CORPUS}*.tsv")):
        inside = [
            path
            for path in folder.glob("sps-corpus-*")
            if path.is_dir() and (path / f"{_CORPUS}{locale}.tsv").is_file()
        ]
        if not inside:
            return None
        folder = max(inside, key=lambda path: release_order(path.name))
    path = folder / f"{_CORPUS}{locale}.tsv"
    if not path.is_file():
        locales = sorted(p.stem.removeprefix(_CORPUS) for p in folder.glob(f"{_CORPUS}*.tsv"))
        raise UsageError(
            f"is a release of {', '.join(locales)}, not of {locale}",
            where=folder,
            remedy=f"run: cvrecipes run {locales[0]} --data {folder}",
        )
    if not (folder / "audios").is_dir():
        raise UsageError(
            "has no audios folder", where=folder, remedy="unpack the whole release archive"
        )
    named = spontaneous_name(folder.resolve().name)
    reported = folder / f"ss-reported-audios-{locale}.tsv"
    reader = _Reader(path, reported, Encoding(encoding, locale))
    return Release(
        locale,
        named[0] if named else version_of(folder),
        folder,
        reader.tables,
        reader.read,
        audio=folder / "audios",
        source="spontaneous",
        encoding=encoding,
    )


class _Reader:
    """The tables in one TSV, which is read once."""

    def __init__(self, path: Path, reported: Path, encoding: Encoding) -> None:
        self.path, self.reported, self.encoding = path, reported, encoding
        self.tables = dict.fromkeys((*SPLITS, "validated", "other"), path)
        if reported.is_file():
            self.tables["reported"] = reported

    def read(self, name: str) -> Table:
        """A table by its name; bad lines count with the table that they name."""
        import pyarrow as pa
        import pyarrow.compute as pc

        if name == "reported":
            return _reports(self.reported, self.encoding)
        rows, bad = self._all
        assigned = pc.is_in(rows["split"], value_set=pa.array(SPLITS))
        if name == "validated":
            chosen = rows.filter(assigned)
        elif name == "other":
            chosen = rows.filter(pc.invert(assigned))
        else:
            chosen = rows.filter(pc.equal(rows["split"], name))
        names = SPLITS if name == "validated" else (name,)
        mine = tuple(row for row in bad if row.split in names)
        nowhere = tuple(row for row in bad if row.split is None)
        return Table(chosen, mine, chosen.num_rows + len(mine), nowhere)

    @cached_property
    def _all(self) -> tuple[pa.Table, tuple[BadRow, ...]]:
        import pyarrow as pa
        import pyarrow.compute as pc

        from cvrecipes.data.tsv import read_tsv

        table = read_tsv(self.path, self.encoding)
        rows = table.rows
        missing = [column for column in _NEEDED if column not in rows.column_names]
        if missing:
            raise Failure(f"has no column {' or '.join(missing)}", where=self.path, line=1)
        if (
            rows.num_rows
            and not pc.any(pc.is_in(rows["split"], value_set=pa.array(SPLITS))).as_py()
        ):
            raise UsageError(
                f"none of its {rows.num_rows} clips is in train, dev or test",
                where=self.path,
                remedy="Common Voice assigns splits when transcriptions are validated; try a "
                "newer release, or fill the split column in a copy of this file and give that "
                "as a manifest",
            )
        header = [name for name in rows.column_names if name != "line"]
        bad = [replace(row, split=_split_in(header, row)) for row in table.bad]
        rows = _renamed(rows)
        reasons = self._reasons
        if reasons:
            files, lines = rows["path"].to_pylist(), rows["line"].to_pylist()
            splits = rows["split"].to_pylist()
            out = [place for place, file in enumerate(files) if file in reasons]
            bad += [
                BadRow(
                    lines[place],
                    f"reported: {reasons[files[place]]}",
                    files[place],
                    _table_of(splits[place]),
                )
                for place in out
            ]
            keep = pa.array([file not in reasons for file in files], pa.bool_())
            rows = rows.filter(keep)
        return rows, tuple(sorted(bad, key=lambda row: row.line))

    @property
    def _reasons(self) -> dict[str, str]:
        """Reported audios with the first reason; the first release kept them in its TSV."""
        if not self.reported.is_file():
            return {}
        rows = _reports(self.reported, self.encoding).rows
        if "reason" not in rows.column_names:
            return {}
        reasons: dict[str, str] = {}
        for file, reason in zip(rows["path"].to_pylist(), rows["reason"].to_pylist(), strict=True):
            reasons.setdefault(file, reason)
        return reasons


def _table_of(split: str) -> str:
    """The table of a row by its column ``split``; ``unassigned`` rows have one, too."""
    return split if split in SPLITS else "other"


def _split_in(header: Sequence[str], bad: BadRow) -> str | None:
    """The table of a line that cannot be used; None where its columns are not all there."""
    cells = bad.raw.split("\t")
    return _table_of(cells[header.index("split")]) if len(cells) == len(header) else None


def _reports(path: Path, encoding: Encoding) -> Table:
    import pyarrow as pa

    from cvrecipes.data.tsv import read_tsv

    table = read_tsv(path, encoding)
    if "audio_file" not in table.rows.column_names:
        raise Failure("has no column audio_file", where=path, line=1)
    rows = table.rows.append_column("transcription", pa.repeat("", table.rows.num_rows))
    return Table(_renamed(rows), table.bad, table.lines)


def _renamed(rows: pa.Table) -> pa.Table:
    import pyarrow as pa

    transcripts = [read_transcript(text) for text in rows["transcription"].to_pylist()]
    renamed = rows.rename_columns(
        ["path" if name == "audio_file" else name for name in rows.column_names]
    )
    for name, values in (
        ("sentence", [transcript.text for transcript in transcripts]),
        (TRANSCRIPT_TAGS, [transcript.tags for transcript in transcripts]),
    ):
        renamed = renamed.append_column(name, pa.array(values, pa.string()))
    if "duration_ms" not in rows.column_names:
        return renamed
    seconds = [_seconds(value) for value in rows["duration_ms"].to_pylist()]
    return renamed.append_column("seconds", pa.array(seconds, pa.float64()))


def _seconds(milliseconds: str) -> float | None:
    try:
        value = float(milliseconds) / 1000
    except ValueError:
        return None
    # A length of zero was not measured; the audio file gives the real one.
    return value if value > 0 else None
