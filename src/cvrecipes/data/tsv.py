"""Reading Common Voice TSVs, which quote nothing. Every line becomes a row or a bad row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pv

from cvrecipes.data.encoding import Encoding
from cvrecipes.errors import Failure
from cvrecipes.records import BadRow, Table


def tsv_reader(
    tables: Mapping[str, Path],
    encoding: Encoding = Encoding(),  # noqa: B008 (frozen)
) -> Callable[[str], Table]:
    """A function for `Release.read` of a release with one TSV for each table."""

    def read(name: str) -> Table:
        return read_tsv(tables[name], encoding)

    return read


def read_tsv(path: Path, encoding: Encoding = Encoding()) -> Table:  # noqa: B008 (frozen)
    """Read a TSV whose first line names the columns.

    A quotation mark is a character like any other. Common Voice does not quote its TSVs: a
    reader that expects quotes joins all lines up to the next quotation mark into one row.

    Raises:
        UsageError: the file is in another encoding.
        Failure: the file cannot be read or has no header.
    """
    data = encoding.read(path).replace(b"\r\n", b"\n")
    if not data.strip():
        raise Failure("is empty", where=path, remedy="unpack the release again")
    if not data.endswith(b"\n"):
        data += b"\n"
    # A carriage return without a line feed is white space inside a sentence; it ends no row.
    data = data.replace(b"\r", b" ").replace(b"\x00", b" ")
    lines = data.count(b"\n") - 1
    header = data[: data.index(b"\n")].decode("utf-8", "replace").split("\t")
    if len(set(header)) != len(header) or not all(header):
        raise Failure("has a header with empty or repeated names", where=path, line=1)
    # The column ``line`` holds line numbers, so a column of that name in the release is renamed.
    if "line" in header:
        free = next(name for n in count(1) if (name := f"line{'_' * n}") not in header)
        header = [free if name == "line" else name for name in header]
    bad: list[BadRow] = []
    data, undecodable = _without_undecodable(data)

    def record_malformed(row: pv.InvalidRow) -> str:
        text = row.text if isinstance(row.text, str) else row.text.decode("utf-8", "replace")
        bad.append(
            BadRow(
                int(row.number),
                f"malformed row: {row.actual_columns} of {row.expected_columns} columns",
                text,
            )
        )
        return "skip"

    numbers = [n for n in range(2, lines + 2) if n not in undecodable]
    if not numbers:
        rows = pa.table({name: pa.array([], pa.string()) for name in header})
    else:
        rows = pv.read_csv(
            pa.py_buffer(data),
            # One block for all, because a line may be longer than pyarrow's default block of 1 MB.
            read_options=pv.ReadOptions(
                use_threads=False, column_names=header, skip_rows=1, block_size=len(data) + 1
            ),
            parse_options=pv.ParseOptions(
                delimiter="\t",
                quote_char=False,
                double_quote=False,
                escape_char=False,
                newlines_in_values=False,
                ignore_empty_lines=False,
                invalid_row_handler=record_malformed,
            ),
            convert_options=pv.ConvertOptions(
                column_types=dict.fromkeys(header, pa.string()),
                strings_can_be_null=False,
                null_values=[],
            ),
        )
    # pyarrow numbers the lines that it was given, which do not include the undecodable ones.
    bad = [BadRow(numbers[row.line - 2], row.reason, row.raw) for row in bad]
    malformed = {row.line for row in bad}
    kept = [number for number in numbers if number not in malformed] if bad else numbers
    for number, raw in undecodable.items():
        columns = raw.count("\t") + 1
        malformed_too = columns != len(header)
        reason = (
            f"malformed row: {columns} of {len(header)} columns" if malformed_too else "not UTF-8"
        )
        bad.append(BadRow(number, reason, raw))
    if rows.num_rows + len(bad) != lines:
        raise Failure(
            f"{lines} lines, but {rows.num_rows} rows and {len(bad)} bad ones were read", where=path
        )
    rows = rows.append_column("line", pa.array(kept, pa.int64())).combine_chunks()
    return Table(rows, tuple(sorted(bad, key=lambda row: row.line)), lines)


def _without_undecodable(data: bytes) -> tuple[bytes, dict[int, str]]:
    """Separate the lines that are not UTF-8 from the others.

    Returns:
        The other lines, and the text of each undecodable line by its number; the header is
        line 1.
    """
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        return data, {}
    good: list[bytes] = []
    broken: dict[int, str] = {}
    for number, line in enumerate(data.removesuffix(b"\n").split(b"\n"), start=1):
        try:
            line.decode("utf-8")
        except UnicodeDecodeError:
            if number > 1:
                broken[number] = line.decode("utf-8", "replace")
                continue
        good.append(line)
    return b"\n".join(good) + b"\n", broken
