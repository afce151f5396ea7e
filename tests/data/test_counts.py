"""What is counted of a corpus, the same for the summary, run.json, the report and check."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cvrecipes.data.corpus import without
from cvrecipes.data.counts import (
    count_reasons,
    left_out_counts,
    part_of_split,
    rounded_hours,
    split_counts,
)
from cvrecipes.data.selection import left_out_table
from cvrecipes.records import UNREADABLE_AUDIO, Corpus, LeftOut, LeftOuts
from cvrecipes.words import speech
from support.packing import read
from support.releases import make_release


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    """Four clips of train, two of dev, three of test, none left out."""
    return read(make_release(tmp_path))


def row(split: str, rule: str = "empty", detail: str = "", *, held_out: bool = False) -> LeftOut:
    return LeftOut(
        split=split, line=2, clip="a.mp3", rule=rule, detail=detail, held_out=held_out, raw=""
    )


ROWS = (
    row("train", "too long", "over 20 s"),
    row("train", "too long", "over 30 s"),
    row("dev", "empty"),
    row("train", "held out (clip)", "in test", held_out=True),
)


@pytest.mark.parametrize("rows", [ROWS, LeftOuts(left_out_table(ROWS))], ids=["rows", "table"])
def test_reasons_are_counted_without_their_detail_the_most_frequent_first(rows: object) -> None:
    assert list(count_reasons(rows).items()) == [  # type: ignore[arg-type]
        ("too long", 2),
        ("empty", 1),
        ("held out (clip)", 1),
    ]
    assert count_reasons(rows, "dev") == {"empty": 1}  # type: ignore[arg-type]
    assert count_reasons(rows, held_out=True) == {"held out (clip)": 1}  # type: ignore[arg-type]
    assert "held out (clip)" not in count_reasons(rows, held_out=False)  # type: ignore[arg-type]


def test_rows_that_read_from_a_table_are_those_that_were_written() -> None:
    rows = LeftOuts(left_out_table(ROWS))
    assert rows == ROWS and rows[0].reason == "too long: over 20 s" and rows[2].reason == "empty"


def test_held_out_rows_are_no_loss(corpus: Corpus) -> None:
    counts = left_out_counts(replace(corpus, left_out=ROWS), merge_dev=False)
    assert counts["clips"] == 3 and counts["share"] == 3 / 12
    assert counts["splits"]["train"] == {
        "clips": 2, "share": 2 / 6, "reasons": {"too long": 2}
    }  # fmt: skip
    assert counts["held_out"] == {"held out (clip)": 1}


def test_rows_of_a_merged_dev_count_with_train(corpus: Corpus) -> None:
    rows = tuple(row(split) for split in ("train", "dev", "dev"))
    counts = left_out_counts(replace(corpus, left_out=rows), merge_dev=True)
    assert counts["splits"]["train"] == {
        "clips": 3, "share": 3 / 7, "reasons": {"empty": 3}
    }  # fmt: skip
    assert counts["splits"]["dev"] == {"clips": 0, "share": 0.0, "reasons": {}}
    assert (counts["clips"], counts["share"]) == (3, 3 / 12)


def test_a_limit_above_all_clips_is_no_part_of_a_split(corpus: Corpus) -> None:
    part = replace(corpus, left_out=(row("test"),), rows={"test": 4})
    assert part_of_split(part, "test", 3) is None and part_of_split(part, "test", None) is None
    more = replace(part, rows={"test": 5})
    assert part_of_split(more, "test", 3) == {"clips": 3, "of": 5}


def test_a_clip_that_proves_undecodable_later_is_counted_nowhere_else(corpus: Corpus) -> None:
    clip = corpus.test["clip"][0].as_py()
    undecodable = LeftOut(
        split="test", line=2, clip=clip, rule=UNREADABLE_AUDIO, detail="no frame", raw=""
    )
    less = without(corpus, [undecodable])
    assert split_counts(less)["test"]["clips"] == split_counts(corpus)["test"]["clips"] - 1
    assert split_counts(less)["train"] == split_counts(corpus)["train"]
    assert count_reasons(less.left_out) == {UNREADABLE_AUDIO: 1}
    assert less.certificate and corpus.certificate
    assert less.certificate.lists["test"] != corpus.certificate.lists["test"]
    assert without(corpus, []) is corpus


def test_hours_are_precise_enough_for_the_seconds_that_are_shown() -> None:
    import pyarrow as pa

    table = pa.table({"seconds": pa.array([6.54], pa.float32())})
    corpus = Corpus(table, table, table, ())
    assert speech(rounded_hours(corpus, "test")) == speech(corpus.hours("test")) == "7 s"
