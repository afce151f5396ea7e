"""run.json and evaluate --json: one schema, described key by key, and what a limit changes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from cvrecipes.catalog import open_recipe
from cvrecipes.records import SPLITS, LeftOut, Pair, Release, Table
from cvrecipes.report.facts import FORMAT, evaluation, scored_part, versions
from cvrecipes.scoring import score_pairs

if TYPE_CHECKING:
    from cvrecipes.records import RunReport

DOCS = Path(__file__).parents[2] / "docs" / "run-json.md"


def documented(only_evaluate: bool = False) -> set[str]:
    """The keys of the table of docs/run-json.md."""
    section = DOCS.read_text(encoding="utf-8").split("## run.json\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (`[^|]*) \|([^|]*)\| [^|]+ \|$", section, re.MULTILINE)
    assert {evaluate.strip() for _, evaluate in rows} == {"yes", ""}
    return {
        key
        for names, evaluate in rows
        if evaluate.strip() or not only_evaluate
        for key in re.findall(r"`([^`]+)`", names)
    }


def keys(value: dict[str, Any], stops: set[str], inside: str = "") -> Iterator[str]:
    """Paths of all values; a path in `stops` is not entered."""
    for name, one in value.items():
        path = inside + ("<split>" if inside and name in SPLITS else name)
        if isinstance(one, dict) and path not in stops:
            yield from keys(one, stops, f"{path}.")
        else:
            yield path


def test_run_json_has_the_documented_keys_and_no_others(micro_run: RunReport) -> None:
    facts = json.loads((micro_run.folder / "run.json").read_text(encoding="utf-8"))
    assert set(keys(facts, documented())) == documented()
    assert facts["format"] == FORMAT == 3
    assert f"version of this layout; {FORMAT} |" in DOCS.read_text(encoding="utf-8")


def test_evaluate_prints_the_keys_that_are_marked_and_no_others(
    call: Callable[..., Any], micro_run: RunReport, micro_release: Path
) -> None:
    got = call("evaluate", micro_run.folder, "--data", micro_release, "--json")
    marked = documented(only_evaluate=True)
    assert set(keys(json.loads(got.out), marked)) == marked


def left_out_row(line: int, clip: str, rule: str) -> LeftOut:
    return LeftOut(split="dev", line=line, clip=clip, rule=rule, raw="", file="dev.tsv")


def evaluated(limit: int | None, rows: int) -> dict[str, Any]:
    """The facts of evaluate for two clips of dev, of which one cannot be decoded."""

    def unread(name: str) -> Table:
        raise AssertionError(f"{name} was read again")

    recipe, hooks = open_recipe("tr")
    table = pa.table(
        {"clip": ["a.mp3", "b.mp3"], "speaker": ["x", "y"], "seconds": pa.array([1.0, 2.0])}
    )
    undecodable = left_out_row(3, "b.mp3", "unreadable audio")
    return evaluation(
        model="model",
        recipe=recipe,
        release=Release("tr", "cv-corpus-1.0", Path("tr"), {}, read=unread),
        split="dev",
        table=table,
        rows=rows,
        left_out=[left_out_row(4, "c.mp3", "empty")],
        lost=[undecodable],
        score=score_pairs([Pair("a.mp3", "x", "bir", "iki", 1.0)], recipe, hooks),
        limit=limit,
        seed=42,
    )


def test_a_clip_that_cannot_be_decoded_is_left_out_and_not_counted() -> None:
    facts = evaluated(None, rows=3)
    counts = {"clips": 1, "hours": 0.0003, "speakers": 1, "unknown_speakers": 0, "rows": 3}
    assert facts["splits"] == {"dev": counts}
    assert facts["left_out"]["reasons"] == {"unreadable audio": 1, "empty": 1}
    assert facts["left_out"]["undecodable"] == {"dev": 1}


@pytest.mark.parametrize(("limit", "rows"), [(None, 3), (None, 9), (2, 3), (5, 3)])
def test_a_split_that_was_scored_whole_is_no_part(limit: int | None, rows: int) -> None:
    facts = evaluated(limit, rows)
    assert facts["scored_part"] is None and scored_part(facts) is None


def test_a_limit_below_the_rows_of_a_split_makes_a_part() -> None:
    facts = evaluated(2, rows=5)
    assert facts["scored_part"] == {"clips": 1, "of": 5}
    assert scored_part(facts) == "a part of dev: 1 of 5 clips, --limit"


def test_a_plugin_s_numbers_are_named_with_their_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cvrecipes.report.facts.version", lambda name: f"1 of {name}")
    assert versions()["num2words"] == "1 of num2words"


def test_versions_name_what_decides_a_result(monkeypatch: pytest.MonkeyPatch) -> None:
    assert {"python", "cvrecipes", "torch", "transformers", "rapidfuzz"} <= set(versions())

    def absent(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr("cvrecipes.report.facts.version", absent)
    assert set(versions()) == {"python"}
