"""Reading a TSV: files that are no table, and the number of every line."""

from __future__ import annotations

from pathlib import Path

import pytest

from cvrecipes.data.tsv import read_tsv
from cvrecipes.errors import Failure
from support.reading import read
from support.releases import make_release


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"client_id\tpath\tpath\n", "repeated names"),
        (b"client_id\tpath\n", "has no column sentence"),
        (b"PK\x03\x04 zip archive\n", "has no column path or sentence"),
    ],
)
def test_a_file_that_is_no_table_is_a_failure(content: bytes, what: str, tmp_path: Path) -> None:
    place = make_release(tmp_path)
    (place / "train.tsv").write_bytes(content)
    with pytest.raises(Failure, match=what) as caught:
        read(place)
    assert caught.value.where == str(place / "train.tsv")


def test_empty_lines_are_rows_too(tmp_path: Path) -> None:
    file = tmp_path / "x.tsv"
    file.write_bytes(b"path\tsentence\na\tb\n\nc\td\n\n")
    table = read_tsv(file)
    assert table.rows.num_rows + len(table.bad) == table.lines == 4


def test_a_column_named_line_does_not_hide_the_line_numbers(tmp_path: Path) -> None:
    file = tmp_path / "x.tsv"
    file.write_bytes(b"path\tline\na\t7\n")
    assert read_tsv(file).rows.column_names.count("line") == 1
