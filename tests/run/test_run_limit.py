"""--limit: a run on a part of each split."""

from __future__ import annotations

import json
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from support.runs import facts_of

Call = Callable[..., Any]


def test_limit_takes_at_most_so_many_clips_of_each_split(
    call: Call, micro_words: list[str]
) -> None:
    def chosen(*more: object) -> dict[str, Any]:
        plan = json.loads(call(*micro_words, "--limit", 3, "--dry-run", "--json", *more).out)
        return {split: one["clips"] for split, one in plan["splits"].items()}

    assert chosen() == {"train": 3, "dev": 3, "test": 3}


def test_a_run_on_a_part_of_test_says_so_and_stays_out_of_leaderboards(
    call: Call, micro_words: list[str], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    got = call(*micro_words, "--limit", 3, "--set", "max_steps=3", "--out", out)
    assert got.code == 0, got.err
    sentence = "3 of 4 clips of the release's test, drawn by --limit"
    card = (out / "model" / "README.md").read_text(encoding="utf-8")
    assert sentence in got.out and sentence in card
    assert sentence in unescape((out / "report.html").read_text(encoding="utf-8"))
    assert "model-index" not in card and "- wer\n- cer\n" in card
    facts = facts_of(out)
    assert facts["scored_part"] == {"clips": 3, "of": 4}
    assert facts["left_out"]["share"] == 0.0


@pytest.mark.parametrize("limit", ["0", "-1", "many"])
def test_a_limit_that_is_no_number_of_clips_is_wrong_usage(
    limit: str, call: Call, micro_words: list[str]
) -> None:
    got = call(*micro_words, "--limit", limit, "--dry-run")
    assert got.code == 2 and "--limit" in got.err
    assert "Traceback" not in got.err and got.out == ""
