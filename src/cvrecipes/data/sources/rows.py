"""Rows of a manifest: JSON lines, CSV or TSV, by whatever names their columns have."""

from __future__ import annotations

import csv
import io
import json
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cvrecipes.data.encoding import Encoding, is_utf8
from cvrecipes.errors import Failure, UsageError
from cvrecipes.records import BadRow

if TYPE_CHECKING:
    import pyarrow as pa

JSON_LINES = (".jsonl", ".json", ".ndjson")
ENDINGS = (*JSON_LINES, ".csv", ".tsv")
AUDIO = (
    "audio_filepath", "path", "audio", "audio_path", "audio_file", "file", "file_name", "filename",
)  # fmt: skip
TEXT = ("text", "sentence", "transcript", "transcription", "normalized_text")
SPEAKER = ("client_id", "speaker", "speaker_id")
SECONDS = ("duration", "seconds")
MILLISECONDS = ("duration_ms",)
SPLIT = ("split", "subset")
SPLIT_NAMES = {
    "train": "train", "training": "train",
    "dev": "dev", "validation": "dev", "valid": "dev", "val": "dev", "development": "dev",
    "test": "test", "testing": "test",
    "validated": "validated", "other": "other", "invalidated": "invalidated",
}  # fmt: skip
_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_BLOCK = 20_000
_LAST, _SHOWN = 1e9, 40  # no recording is longer, in seconds; characters of a wrong value
_NO_SPLIT = ""
_NUMBERS = ("start", "end", "seconds")
_OURS = ("path", *_NUMBERS, "sentence", "client_id", "split", "line")

Record = tuple[int, Mapping[str, Any] | BadRow]


@dataclass(frozen=True, slots=True)
class ManifestRows:
    """The rows of one file.

    Attributes:
        rows: ``path``, ``start`` and ``end`` (of parts of files; null elsewhere),
            ``sentence``, ``client_id``, ``seconds`` (null when not given), ``split`` (empty when
            not given), ``line``, and all other columns as strings.
        bad: lines that are no rows.
        splits: whether the file has splits.
    """

    rows: pa.Table
    bad: tuple[BadRow, ...]
    splits: bool


def read_rows(
    path: Path,
    *,
    prefix: str = "",
    audiofolder: bool = False,
    encoding: Encoding = Encoding(),  # noqa: B008 (frozen)
) -> ManifestRows:
    """Read a manifest.

    Arguments:
        prefix: put before relative audio paths.
        audiofolder: whether audio is named by ``file_name``, whose first folder tells the
            split when no column does.

    Raises:
        Failure: it cannot be read, lacks a column, or not one line of it is a row.
    """
    bad: list[BadRow] = []
    tables: list[pa.Table] = []
    block: list[tuple[int, dict[str, Any]]] = []
    splits = False
    for line, record in _records(path, encoding):
        row = record if isinstance(record, BadRow) else _row(line, record, prefix, audiofolder)
        if isinstance(row, BadRow):
            bad.append(row)
            continue
        splits = splits or row["split"] != _NO_SPLIT
        block.append((line, row))
        if len(block) == _BLOCK:
            tables.append(_table(block))
            block = []
    tables.append(_table(block))
    rows = _joined(tables)
    if not rows.num_rows and bad:
        first = bad[0]
        raise Failure(f"no line is a row: {first.reason}", where=path, line=first.line)
    return ManifestRows(rows, tuple(sorted(bad, key=lambda row: row.line)), splits)


def header_of(path: Path, encoding: Encoding) -> list[str]:
    """The names of a CSV's or TSV's columns, from its first line."""
    name = encoding.name or "utf-8-sig"
    with path.open(encoding=name, errors="replace", newline="") as lines:
        first = lines.readline().rstrip("\r\n").removeprefix("\ufeff")
    return first.split("\t") if path.suffix.lower() == ".tsv" else next(csv.reader([first]), [])


def _records(path: Path, encoding: Encoding) -> Iterator[Record]:
    if path.suffix.lower() == ".csv":
        return _csv_records(path, encoding)
    if path.suffix.lower() == ".tsv":
        return _tsv_records(path, encoding)
    return _json_records(path, encoding)


def _json_records(path: Path, encoding: Encoding) -> Iterator[Record]:
    for number, raw in enumerate(io.BytesIO(encoding.read(path)), start=1):
        if not raw.strip():
            continue
        text = raw.decode("utf-8", "replace").strip()
        if number == 1 and text.startswith("["):
            raise Failure(
                "is one JSON list", where=path, line=1, remedy="write one object on each line"
            )
        yield number, _json_record(number, text, utf8=is_utf8(raw))


def _json_record(number: int, text: str, *, utf8: bool) -> Mapping[str, Any] | BadRow:
    """The object on a line, or why there is none that can be used."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        why = getattr(error, "msg", "nested too deep")
        return BadRow(number, f"not JSON: {why}" if utf8 else "not UTF-8", text)
    if not isinstance(value, dict):
        return BadRow(number, "not a JSON object", text)
    split = split_of(value)
    if not utf8:
        return BadRow(number, "not UTF-8", text, split)
    if "\\u" in text and not _is_unicode(value):
        return BadRow(number, "not Unicode: half of a surrogate pair", text, split)
    return value


def _is_unicode(value: Any) -> bool:
    """Whether no string in it holds a lone surrogate, which JSON can escape and UTF-8 not."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _csv_records(path: Path, encoding: Encoding) -> Iterator[Record]:
    """RFC 4180: a quoted value may hold commas, line breaks and doubled quotation marks."""
    # Undecodable bytes become surrogates, by which their row is found.
    content = encoding.read(path).decode("utf-8", "surrogateescape").replace("\0", " ")
    limit = csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    try:
        yield from _csv_rows(path, csv.reader(io.StringIO(content, newline=""), strict=True))
    finally:
        csv.field_size_limit(limit)


def _csv_rows(path: Path, reader: Any) -> Iterator[Record]:
    try:
        header: list[str] = next(reader, [])
    except csv.Error as error:
        raise Failure(f"has no header ({error})", where=path, line=1) from None
    header = [_shown(name).strip() or f"column_{n}" for n, name in enumerate(header, start=1)]
    _check_header(path, header)
    while True:
        number = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            # An open quotation mark swallows lines: each of them is lost, and counts.
            last = max(number, reader.line_num)
            where = f" (in what begins at line {number})" if last > number else ""
            for line in range(number, last + 1):
                yield line, BadRow(line, f"malformed row: {error}{where}", "")
            continue
        if not cells:
            continue
        raw = ",".join(cells)
        if len(cells) != len(header):
            utf8 = raw == _shown(raw)
            what = f"malformed row: {len(cells)} of {len(header)} columns" if utf8 else "not UTF-8"
            yield number, BadRow(number, what, _shown(raw))
            continue
        record = dict(zip(header, cells, strict=True))
        if raw != _shown(raw):
            yield number, BadRow(number, "not UTF-8", _shown(raw), split_of(record))
        else:
            yield number, record


def _tsv_records(path: Path, encoding: Encoding) -> Iterator[Record]:
    from cvrecipes.data.tsv import read_tsv

    table = read_tsv(path, encoding)
    header = [name for name in table.rows.column_names if name != "line"]
    _check_header(path, header)
    for batch in table.rows.to_batches(max_chunksize=_BLOCK):
        for row in batch.to_pylist():
            yield row.pop("line"), row
    for bad in table.bad:
        yield bad.line, replace(bad, split=split_in(header, bad))


def split_in(header: Sequence[str], bad: BadRow) -> str | None:
    """The split of a TSV's line that cannot be used; None where its columns are not all there."""
    cells = bad.raw.split("\t")
    return split_of(dict(zip(header, cells, strict=True))) if len(cells) == len(header) else None


def split_of(record: Mapping[str, Any]) -> str | None:
    """The split that a row names; None when it names none that is known."""
    column = _first(record, SPLIT)
    return None if column is None else SPLIT_NAMES.get(_plain(record[column]).strip().lower())


def _check_header(path: Path, header: Sequence[str]) -> None:
    if len(set(header)) != len(header):
        raise Failure("has a header with repeated names", where=path, line=1)
    _check_separator(path, header)
    for what, names in (("audio", AUDIO), ("text", TEXT)):
        if not any(name in header for name in names):
            raise Failure(
                f"has no column of the {what} ({', '.join(names)})",
                where=path,
                line=1,
                remedy=f"it has: {', '.join(header[:12]) or 'nothing'}",
            )


def _check_separator(path: Path, header: Sequence[str]) -> None:
    """Refuse a file whose columns another character separates than its name says."""
    usual = "\t" if path.suffix.lower() == ".tsv" else ","
    for separator in _SEPARATORS:
        names = [name.strip().strip('"') for name in usual.join(header).split(separator)]
        if separator != usual and {*AUDIO} & {*names} and {*TEXT} & {*names}:
            raise UsageError(
                f"is separated by {_SEPARATORS[separator]}, not by {_SEPARATORS[usual]}",
                where=path,
                line=1,
                remedy=f"save it with {_SEPARATORS[usual]}"
                + (", or name it .tsv" if separator == "\t" else "")
                + (", or name it .csv" if separator == "," else ""),
            )


def _row(
    line: int, record: Mapping[str, Any], prefix: str, audiofolder: bool
) -> dict[str, Any] | BadRow:
    """A row by our names, or why it is none."""

    def bad(reason: str) -> BadRow:
        content = json.dumps(dict(record), ensure_ascii=False, default=str)
        return BadRow(line, reason, content, split_of(record))

    names = ("file_name", *AUDIO) if audiofolder else AUDIO
    audio, text = _first(record, names), _first(record, TEXT)
    if audio is None:
        return bad(f"no {names[0]}")
    if text is None:
        return bad(f"no {TEXT[0]}")
    for name in (audio, text):
        if not isinstance(record[name], str):
            return bad(f"{name} is not a string")
    seconds = _length(record)
    if isinstance(seconds, str):
        return bad(seconds)
    part = _part(record, seconds)
    if isinstance(part, str):
        return bad(part)
    split = _first(record, SPLIT)
    split_name = "" if split is None else _plain(record[split]).strip().lower()
    if split_name and split_name not in SPLIT_NAMES:
        return bad(f"unknown split: {split_name}")
    speaker = _first(record, SPEAKER)
    path = record[audio].strip()
    if audiofolder and not split_name:
        split_name = path.split("/")[0].lower() if "/" in path else ""
        split_name = split_name if split_name in SPLIT_NAMES else ""
    if prefix and path and not Path(path).is_absolute():
        path = f"{prefix}/{path}"
    row: dict[str, Any] = {
        "path": path,
        "start": part[0],
        "end": part[1],
        "sentence": record[text],
        "client_id": _plain(record[speaker]) if speaker else "",
        "seconds": seconds,
        "split": SPLIT_NAMES.get(split_name, _NO_SPLIT),
    }
    used = {audio, text, speaker, split, *SECONDS, *MILLISECONDS}
    for name, value in record.items():
        if name not in used:
            row[f"{name}_" if name in _OURS else name] = _plain(value)
    return row


def _first(record: Mapping[str, Any], names: Sequence[str]) -> str | None:
    return next((name for name in names if name in record), None)


def _length(record: Mapping[str, Any]) -> float | str | None:
    """Seconds; None when they are not given; a string that says what is wrong."""
    for names, scale in ((SECONDS, 1.0), (MILLISECONDS, 0.001)):
        name = _first(record, names)
        if name is None or record[name] in (None, ""):
            continue
        value = record[name]
        try:
            seconds = float(value) * scale if not isinstance(value, bool) else math.nan
        except (TypeError, ValueError, OverflowError):
            seconds = math.nan
        if not 0 <= seconds <= _LAST:
            return f"{name} is not a length: {_brief(value)}"
        return seconds
    return None


def _part(
    record: Mapping[str, Any], seconds: float | None
) -> tuple[float | None, float | None] | str:
    """Start and end in the file, as NeMo's ``offset`` and ``duration`` give them.

    A microsecond is shorter than a sample.

    Returns:
        None for start and end of a whole file; a string that says what is wrong.
    """
    value = record.get("offset")
    if value in (None, ""):
        return None, None
    try:
        start = float(value) if not isinstance(value, bool) else math.nan
    except (TypeError, ValueError, OverflowError):
        start = math.nan
    if not math.isfinite(start):
        return f"offset is no number: {_brief(value)}"
    if start < 0:
        return f"negative offset: {_brief(value)}"
    if start > _LAST:
        return f"offset is beyond any file: {start:.6g}"
    if seconds is None:
        return (round(start, 6), None) if start else (None, None)
    return round(start, 6), round(start + seconds, 6)


def _brief(value: Any) -> str:
    """A value that is wrong, as it is shown: a number may have a hundred digits."""
    text = str(value) if not isinstance(value, int) or abs(value) < 10**_SHOWN else "a huge number"
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _plain(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False, default=str)


def _shown(text: str) -> str:
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _table(block: Sequence[tuple[int, Mapping[str, Any]]]) -> pa.Table:
    import pyarrow as pa

    names = dict.fromkeys(_OURS) | dict.fromkeys(name for _, row in block for name in row)
    columns: dict[str, pa.Array] = {}
    for name in names:
        if name == "line":
            columns[name] = pa.array([line for line, _ in block], pa.int64())
        elif name in _NUMBERS:
            columns[name] = pa.array([row[name] for _, row in block], pa.float64())
        else:
            columns[name] = pa.array([row.get(name, "") for _, row in block], pa.string())
    return pa.table(columns)


def _joined(tables: Sequence[pa.Table]) -> pa.Table:
    """One table; a column that only some of them have is empty in the others."""
    import pyarrow as pa
    import pyarrow.compute as pc

    whole = pa.concat_tables(tables, promote_options="default")
    for place, field in enumerate(whole.schema):
        if pa.types.is_string(field.type) and whole.column(place).null_count:
            filled = pc.fill_null(whole.column(place), "")
            whole = whole.set_column(place, field.name, filled)
    return whole.combine_chunks()
