"""Saved pairs: read back as they were written, and enough to score again without the model."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cvrecipes.catalog import open_recipe
from cvrecipes.errors import Failure
from cvrecipes.records import Pair, Score
from cvrecipes.scoring import read_pairs, score_pairs, write_pairs
from cvrecipes.scoring.pairs import COLUMNS, FORMAT_KEY, INSIDE, PREFIX, TSV_COLUMNS
from cvrecipes.scoring.rates import bootstrap
from cvrecipes.words import escaped, unescaped

if TYPE_CHECKING:
    from cvrecipes.records import RunReport

NASTY = "a\tb\nc\r\nd\u2028e\u2029f\x0bg\x0ch\x1ci\x85j\\t\\k\x00"
PAIRS = (
    Pair("b.mp3", "ayşe", "bir iki", "bir üç", 1.5, "Bir, iki!", {"age": "teens", "clip": "x"}),
    Pair("a.mp3", "", "", "bir", math.nan),
    Pair("c.mp3", "ali", "dört", "", 2.25, NASTY, {"age": "", "accents": NASTY}),
)


def scored(pairs: Sequence[Pair]) -> Score:
    return score_pairs(pairs, *open_recipe("tr"))


def known(pair: Pair) -> Pair:
    """The pair without a number that is not equal to itself."""
    return replace(pair, seconds=-1.0) if math.isnan(pair.seconds) else pair


def lines_of(path: Path) -> list[list[str]]:
    return [
        [unescaped(cell) for cell in line.split("\t")]
        for line in path.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    ]


# Parquet


def test_pairs_are_read_back_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "pairs.parquet"
    write_pairs(path, PAIRS, scored(PAIRS))
    assert list(map(known, read_pairs(path))) == list(map(known, PAIRS))
    assert list(tmp_path.iterdir()) == [path]


def test_what_is_not_known_is_null_and_never_zero(tmp_path: Path) -> None:
    path = tmp_path / "pairs.parquet"
    write_pairs(path, PAIRS, scored(PAIRS))
    rows = pq.read_table(path).to_pylist()
    assert (rows[1]["speaker"], rows[1]["seconds"]) == (None, None)
    assert (rows[1]["release_age"], rows[2]["release_age"]) == (None, "")


def test_columns_of_the_release_stand_beside_ours_whatever_their_names(tmp_path: Path) -> None:
    path = tmp_path / "pairs.parquet"
    write_pairs(path, PAIRS, scored(PAIRS))
    names = pq.read_schema(path).names
    assert names == [*COLUMNS, INSIDE, "release_age", "release_clip", "release_accents"]
    assert not any(name.startswith(PREFIX) for name in COLUMNS)


def test_counts_of_each_clip_are_saved(tmp_path: Path) -> None:
    path = tmp_path / "pairs.parquet"
    score = scored(PAIRS)
    write_pairs(path, PAIRS, score)
    table = pq.read_table(path)
    totals = {name: pc.sum(table[name]).as_py() for name in COLUMNS[6:]}
    facts = score.facts()
    assert totals == {name: facts[name] for name in totals}
    assert table["deletions"].to_pylist() == [0, 0, 1]
    assert table["insertions"].to_pylist() == [0, 1, 0]


def test_the_score_of_a_run_is_computed_again_from_its_file(micro_run: RunReport) -> None:
    path = micro_run.folder / "pairs.parquet"
    assert read_pairs(path) == micro_run.pairs
    assert scored(read_pairs(path)) == micro_run.score
    table = pq.read_table(path)
    counts = [
        np.array(table[name].to_pylist())
        for name in ("substitutions", "deletions", "insertions", "words")
    ]
    speakers = [name or "" for name in table["speaker"].to_pylist()]
    errors = counts[0] + counts[1] + counts[2]
    assert errors.sum() / counts[3].sum() == micro_run.facts["wer"]
    assert list(bootstrap(errors, counts[3], speakers)) == micro_run.facts["wer_interval"]


def test_a_group_is_scored_from_the_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "pairs.parquet"
    write_pairs(path, PAIRS, scored(PAIRS))
    teens = [pair for pair in read_pairs(path) if pair.columns.get("age") == "teens"]
    assert (scored(teens).wer.value, scored(teens).wer.units) == (0.5, 2)


def test_a_run_saves_the_columns_and_the_sentence_of_the_release(micro_run: RunReport) -> None:
    table = pq.read_table(micro_run.folder / "pairs.parquet")
    assert {"release_age", "release_gender", "release_accents"} <= set(table.column_names)
    assert all(table["raw"].to_pylist()) and None not in table["seconds"].to_pylist()


def write_table(path: Path, columns: dict[str, Any], version: bytes | None) -> Path:
    metadata = None if version is None else {FORMAT_KEY: version}
    pq.write_table(pa.table(columns).replace_schema_metadata(metadata), path)
    return path


def test_other_files_and_other_versions_are_refused_in_one_line(tmp_path: Path) -> None:
    text = tmp_path / "pairs.tsv"
    text.write_text("clip\n")
    with pytest.raises(Failure, match="is no Parquet file"):
        read_pairs(text)
    with pytest.raises(Failure, match="cannot be read"):
        read_pairs(tmp_path / "absent.parquet")
    with pytest.raises(Failure, match="does not hold pairs"):
        read_pairs(write_table(tmp_path / "other.parquet", {"clip": ["a"]}, None))
    with pytest.raises(Failure, match="does not hold pairs"):
        read_pairs(write_table(tmp_path / "short.parquet", {"clip": ["a"]}, b"1"))
    with pytest.raises(Failure, match="is of format 2, this version of cvrecipes reads format 1"):
        read_pairs(write_table(tmp_path / "new.parquet", {"clip": ["a"]}, b"2"))


# TSV


def test_the_text_file_has_one_line_a_clip_in_order(tmp_path: Path) -> None:
    path = tmp_path / "pairs.tsv"
    write_pairs(path, PAIRS, scored(PAIRS))
    lines = lines_of(path)
    assert lines == [
        list(TSV_COLUMNS),
        ["b.mp3", "bir iki", "bir üç", "0.5000", "0.4286", "1.50", "Bir, iki!", "yes"],
        ["a.mp3", "", "bir", "1.0000", "3.0000", "", "", "yes"],
        ["c.mp3", "dört", "", "1.0000", "1.0000", "2.25", NASTY, "yes"],
    ]
    assert len(path.read_text(encoding="utf-8").splitlines()) == 4


def test_a_reference_outside_the_alphabet_is_marked(tmp_path: Path) -> None:
    pairs = (Pair("a.mp3", "x", "taksi ɣə", "taksi", 1.0), Pair("b.mp3", "x", "bir", "bir", 1.0))
    for score, marks, words in (
        (scored(pairs), [False, True], ["no", "yes"]),
        (replace(scored(pairs), inside_alphabet=None), [None, None], ["", ""]),
    ):
        for name in ("pairs.parquet", "pairs.tsv"):
            write_pairs(tmp_path / name, pairs, score)
        assert pq.read_table(tmp_path / "pairs.parquet")[INSIDE].to_pylist() == marks
        assert [line[-1] for line in lines_of(tmp_path / "pairs.tsv")] == [INSIDE, *words]


def test_pairs_without_the_mark_of_the_alphabet_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "pairs.parquet"
    write_pairs(path, PAIRS, scored(PAIRS))
    table = pq.read_table(path).drop_columns([INSIDE])
    pq.write_table(table, path)
    assert [*map(known, read_pairs(path))] == [*map(known, PAIRS)]


def test_pairs_of_another_score_are_not_written(tmp_path: Path) -> None:
    for name in ("pairs.tsv", "pairs.parquet"):
        with pytest.raises(ValueError, match="3 pairs, but a score of 1"):
            write_pairs(tmp_path / name, PAIRS, scored(PAIRS[:1]))
    assert list(tmp_path.iterdir()) == []


@given(st.text())
def test_a_cell_is_one_line_and_gives_its_text_back(text: str) -> None:
    cell = escaped(text)
    assert unescaped(cell) == text
    assert "\t" not in cell and len(cell.splitlines()) <= 1


def test_ordinary_text_is_not_changed_by_escaping() -> None:
    assert escaped("güneşli, 我爱你 سلام\u200c") == "güneşli, 我爱你 سلام\u200c"
    assert escaped("a\tb\\n\u2028\x1b") == "a\\tb\\\\n\\u2028\\x1b"
