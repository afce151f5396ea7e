"""The tables of a release. Each is read and normalized once, for all splits."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import regex

from cvrecipes.console import progress
from cvrecipes.data.cache import recall, remember, stamp, text_key
from cvrecipes.data.release import no_table
from cvrecipes.errors import Failure
from cvrecipes.recipe import Recipe
from cvrecipes.records import SPLITS, BadRow, Release, Segment, Table
from cvrecipes.settings import Settings

_NEEDED = ("path", "sentence")
# The reason why the recipe cannot use a row's text, or empty. A corpus has no such column.
TEXT_REASON = "text_reason"
_OURS = (
    "clip", "path", "start", "end", "speaker", "raw", "text", "near", "line", "file", "seconds",
    TEXT_REASON,
)  # fmt: skip
_BLOCK = 10_000
# Between a sentence and its variant; no tag holds it.
_BETWEEN = "\x1f"
_NOT_LETTERS = regex.compile(r"[^\p{L}\p{N}]+")
# Names that start with a slash, hold a colon (a drive, a scheme), or contain ``..``.
_LEADS_OUT = r"^/|:|(^|/)\.\.(/|$)"


@dataclass(frozen=True, slots=True)
class Rows:
    """One table of a release with its normalized texts.

    Attributes:
        name: the table's name, such as ``train`` or ``validated``.
        file: name of the file that holds it.
        table: ``clip``, ``path``, ``start``, ``end``, ``speaker``, ``raw``, ``text``, ``near`` (see
            `near_key`), ``line``, ``file``, ``text_reason`` (why the recipe cannot use the text, or
            empty), then the release's other columns.
        seconds: durations that the source itself gives, in seconds; None when it does not.
        bad: lines that could not be read as rows.
        lines: number of lines of the file.
        nowhere: further lines of the file, of which nothing tells the table.
    """

    name: str
    file: str
    table: pa.Table
    seconds: npt.NDArray[np.float64] | None
    bad: tuple[BadRow, ...]
    lines: int
    nowhere: tuple[BadRow, ...] = ()


def read_table(release: Release, name: str) -> Table:
    """Read a table of a release.

    Raises:
        UsageError: the release has no such table.
        Failure: the table cannot be read, or lacks a column that is needed.
    """
    if name not in release.tables:
        raise no_table(release, name)
    table = release.read(name)
    missing = [column for column in _NEEDED if column not in table.rows.column_names]
    if missing:
        raise Failure(
            f"has no column {' or '.join(missing)}",
            where=release.tables[name],
            line=1,
            remedy="is this a Common Voice TSV?",
        )
    return table


def table_hashes(release: Release, settings: Settings) -> dict[str, str]:
    """The first 16 hex digits of the SHA-256 of each file that a run reads rows from, by name.

    The content decides, not the time of change: the release may have been unpacked again.

    Raises:
        Failure: a file cannot be read.
    """
    asked = {
        "validated": settings.split == "strict-all",
        "other": settings.include_other,
        "reported": bool(settings.skip_reported),
    }
    names = [*SPLITS, *(name for name, is_read in asked.items() if is_read)]
    files = {release.tables[name] for name in names if name in release.tables}
    hashes: dict[str, str] = {}
    for path in sorted(path for path in files if path.is_file()):
        inside = path.is_relative_to(release.folder)
        name = path.relative_to(release.folder).as_posix() if inside else path.name
        try:
            with path.open("rb") as content:
                hashes[name] = hashlib.file_digest(content, "sha256").hexdigest()[:16]
        except OSError as error:
            raise Failure(f"cannot be read ({error.strerror})", where=path) from None
    return hashes


class Reading:
    """The tables of one release, normalized by one recipe. Each is read on first use.

    Attributes:
        worth_remembering: how many rows make a table worth an entry in the cache. Normalizing a
            smaller one takes no longer than reading the entry.
    """

    worth_remembering = 2_000

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
        """The key of a table in the cache; None if the table is not one file."""
        if not self.release.common_voice:
            return None
        file = stamp(self.release.tables[name])
        clips = str(self.release.clips.resolve())
        return text_key(self.recipe, file, clips, self.release.encoding)

    def _recalled(self, name: str) -> Rows | None:
        entry = recall(self._key(name)) if self.has(name) else None
        if entry is None:
            return None
        table, meta = entry
        # The entry may hold paths relative to another working directory.
        place = table.schema.get_field_index("path")
        clips = pc.cast(table["clip"], pa.string()).combine_chunks()
        table = table.set_column(place, "path", _joined(self.release.clips, clips))
        return Rows(
            name,
            self.release.tables[name].name,
            table,
            None,
            tuple(BadRow(*row) for row in meta["bad"]),
            meta["lines"],
        )

    def _remember(self, rows: Rows) -> None:
        meta = {
            "bad": [[row.line, row.reason, row.raw] for row in rows.bad],
            "lines": rows.lines,
        }
        remember(self._key(rows.name), rows.table, meta)

    def _read(self, name: str) -> Rows:
        read = read_table(self.release, name)
        rows = read.rows
        normalizer = self.recipe.normalizer

        def normalized(raws: Sequence[str]) -> list[str]:
            texts: list[str] = []
            with progress(f"normalizing {name}", len(raws)) as advance:
                for start in range(0, len(raws), _BLOCK):
                    block = raws[start : start + _BLOCK]
                    texts.extend(map(normalizer, block))
                    advance(len(block))
            return texts

        text = by_value(rows["sentence"], normalized, "")
        unfit = by_value(text, lambda values: [normalizer.reason(t) or "" for t in values], "")
        if self.recipe.variants:
            unfit = pc.if_else(pc.equal(another := self._another_variant(rows), ""), unfit, another)
        names = self._names(rows["path"])
        start, end, seconds = (_numbers(rows, name) for name in ("start", "end", "seconds"))
        count = rows.num_rows
        file = self.release.tables[name].name
        speaker = rows["client_id"] if "client_id" in rows.column_names else pa.repeat("", count)
        columns = {
            "clip": _with_parts(names, start, end),
            "path": _joined(self.release.clips, names),
            "start": start,
            "end": end,
            "speaker": speaker,
            "raw": rows["sentence"],
            "text": text,
            "near": by_value(text, near_keys, ""),
            "line": rows["line"],
            "file": pa.repeat(file, count),
            TEXT_REASON: unfit,
        }
        others = {
            column: rows[column]
            for column in rows.column_names
            if column not in (*_OURS, "client_id", "sentence")
        }
        table = pa.table({**columns, **others}).combine_chunks()
        known = None
        if seconds.null_count < count:
            known = pc.fill_null(seconds, float("nan")).to_numpy(zero_copy_only=False)
        result = Rows(name, file, table, known, read.bad, read.lines, read.nowhere)
        if rows.num_rows >= self.worth_remembering:
            self._remember(result)
        return result

    def _another_variant(self, rows: pa.Table) -> pa.Array:
        """Why the recipe's variant is not that of a row's sentence; empty where it is."""
        tags = variant_column(rows)
        keys = pc.binary_join_element_wise(pc.fill_null(rows["sentence"], ""), tags, _BETWEEN)
        reason = self.recipe.another_variant
        return by_value(
            keys, lambda values: [reason(*value.rsplit(_BETWEEN, 1)) or "" for value in values], ""
        )

    def _names(self, paths: pa.ChunkedArray) -> pa.Array:
        """File names relative to the clips folder.

        Common Voice's releases 1 and 2 wrote them without ``.mp3``.
        """
        names = _whole(paths)
        if not self.release.common_voice or len(names) == 0:
            return names
        names = pc.replace_substring(names, "\\", "/")
        ended = pc.match_substring_regex(names, r"\.[^/]*$")
        whole = pc.or_(pc.or_(ended, pc.equal(names, "")), lead_out(names))
        return pc.if_else(whole, names, pc.binary_join_element_wise(names, ".mp3", ""))


def _numbers(rows: pa.Table, name: str) -> pa.Array:
    """A column of the source's own numbers; null where it has none, or only text of that name."""
    if name in rows.column_names and pa.types.is_floating(rows[name].type):
        return _whole(rows[name]).cast(pa.float64())
    return pa.nulls(rows.num_rows, pa.float64())


def _with_parts(names: pa.Array, starts: pa.Array, ends: pa.Array) -> pa.Array:
    """Names of clips: the file's, and which part of it, so that no two parts share a name."""
    if starts.null_count == ends.null_count == len(names):
        return names
    columns = (names.to_pylist(), starts.to_pylist(), ends.to_pylist())
    clips = (Segment(*values) for values in zip(*columns, strict=True))
    return pa.array([f"{clip.path}{clip.fragment}" for clip in clips], pa.string())


def variant_column(rows: pa.Table) -> pa.Array | pa.ChunkedArray:
    """The column ``variant`` of a table; empty texts where there is none."""
    if "variant" in rows.column_names and pa.types.is_string(rows["variant"].type):
        return pc.fill_null(rows["variant"], "")
    return pa.array([""] * rows.num_rows, pa.string())


def lead_out(names: pa.Array) -> pa.Array:
    """A mask of the file names that lead out of the clips folder."""
    return pc.match_substring_regex(names, _LEADS_OUT)


def by_value(
    column: pa.ChunkedArray | pa.Array, make: Callable[[list[str]], list[str]], empty: str
) -> pa.Array:
    """Apply `make` to the distinct values of a string column; the result is as long as the column.

    Several people read each sentence of Common Voice, and each sentence is normalized once.
    """
    if len(column) == 0:
        return pa.array([], pa.string())
    encoded = _whole(column).dictionary_encode()
    values = pa.array(make(encoded.dictionary.to_pylist()), pa.string())
    return pc.fill_null(values.take(encoded.indices), empty)


def near_keys(texts: Sequence[str]) -> list[str]:
    """`near_key` of each text."""
    return [near_key(text) for text in texts]


def near_key(text: str) -> str:
    """The key that near-duplicates share: the letters and numbers of a text, in order.

    The text is decomposed and its marks are dropped, so ``café`` and ``cafe`` have one key. Unicode
    does not decompose every letter: ``ø`` and ``o`` have two. A text without a letter or number is
    its own key.
    """
    import unicodedata

    return _NOT_LETTERS.sub("", unicodedata.normalize("NFKD", text)) or text


def _whole(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """A column as one array."""
    if isinstance(column, pa.ChunkedArray):
        return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
    return column


def _joined(folder: Path, names: pa.Array) -> pa.Array:
    """`folder` / name for each name; names that are absolute stay as they are."""
    prefix = str(folder / "x")[:-1]
    if len(names) and not pc.any(pc.match_substring_regex(names, r"^(/|\\|[A-Za-z]:)|/")).as_py():
        return pc.binary_join_element_wise(prefix, names, "")
    return pa.array([str(Path(folder, name)) for name in names.to_pylist()], pa.string())
