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
from cvrecipes.records import SPLITS, LeftOut, NoClass, Pair, Release, Table
from cvrecipes.report.facts import (
    FORMAT,
    evaluation,
    inside_alphabet,
    no_class,
    other_locale,
    scored_clips,
    scored_part,
    versions,
)
from cvrecipes.report.speakers import interval_unit
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
        model_locales=("tr",),
        recipe=recipe,
        release=Release("tr", "cv-corpus-1.0", Path("tr"), {}, read=unread),
        split="dev",
        table=table,
        rows=rows,
        left_out=[left_out_row(4, "c.mp3", "empty")],
        lost=[undecodable],
        score=score_pairs([Pair("a.mp3", "x", "bir", "iki", 1.0)], recipe, hooks),
        no_class=NoClass(),
        limit=limit,
        seed=42,
    )


def test_a_clip_that_cannot_be_decoded_is_left_out_and_not_counted() -> None:
    facts = evaluated(None, rows=3)
    counts = {"clips": 1, "hours": 0.000278, "speakers": 1, "unknown_speakers": 0, "rows": 3}
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


def test_the_clips_behind_a_rate_are_counted_with_the_reasons_of_the_others() -> None:
    facts = evaluated(None, rows=3)
    assert scored_clips(facts) == (
        "1 of 3 clips of the release's dev; left out: 1 empty, 1 unreadable audio"
    )
    assert "dev, drawn by --limit; left out of those looked at: 1 empty" in scored_clips(
        evaluated(2, rows=5)
    )
    whole = {**facts, "clips": 1234, "splits": {"dev": {"rows": 1234}}}
    whole["left_out"] = {"splits": {"dev": {"reasons": {}}}}
    assert scored_clips(whole) == "1,234 of 1,234 clips of the release's dev"


INSIDE = {
    "clips": 8, "wer": 0.25, "cer": 0.125, "wer_interval": [0.2, 0.3], "cer_interval": [0.1, 0.15],
    "interval_unit": "clips", "words": 80, "characters": 400,
}  # fmt: skip


def test_the_rates_inside_the_alphabet_are_worded_where_they_differ() -> None:
    facts = {"clips": 10, "headline": "wer", "inside_alphabet": INSIDE}
    assert inside_alphabet(facts) == (
        "2 clips with letters outside the alphabet, whose words count as wrong; without them, to "
        "compare with figures that leave such clips out: WER 25.0% (20.0% to 30.0%), CER 12.5% "
        "(10.0% to 15.0%) (95 % interval, resampling clips)"
    )
    assert "out: CER 12.5%" in str(inside_alphabet({**facts, "headline": "cer"}))
    assert inside_alphabet({**facts, "clips": 8}) is None
    assert inside_alphabet({**facts, "inside_alphabet": None}) is None
    none = {**dict.fromkeys(INSIDE), "clips": 0}
    assert str(inside_alphabet({**facts, "inside_alphabet": none})).endswith("; no clip is inside")


def test_letters_without_a_class_are_named_with_examples() -> None:
    found = NoClass(2, tuple("qxw"), ("queen", "taxi"))
    assert no_class({"clips": 1500, "no_class": found.facts()}) == (
        "2 of 1,500 clips hold letters that the model has no class for (q x w), such as 'queen', "
        "'taxi': these words count as wrong"
    )
    assert no_class({"clips": 10, "no_class": NoClass().facts()}) is None
    many = NoClass(1, tuple(map(chr, range(0x4E00, 0x4E20))), ("x" * 1000,))
    text = str(no_class({"clips": 1, "no_class": many.facts()}))
    assert " and 20 more)" in text and len(text) < 250
    assert text.startswith("1 of 1 clip holds letters")


@pytest.mark.parametrize(("unknown", "some"), [(1, "1 of 3 clips names"), (3, "3 of 3 clips name")])
def test_intervals_say_why_they_resample_clips(unknown: int, some: str) -> None:
    counts = {"clips": 3, "unknown_speakers": unknown}
    assert interval_unit({"scored_on": "dev", "splits": {"dev": counts}}) == (
        f"the intervals resample clips, as {some} no speaker"
    )
    named = {"dev": {**counts, "unknown_speakers": 0}}
    assert interval_unit({"scored_on": "dev", "splits": named}) is None


def test_a_model_of_another_locale_is_named() -> None:
    assert "for tr and the clips are de" in str(
        other_locale({"locale": "de", "model_locales": ["tr"]})
    )
    assert other_locale({"locale": "de", "model_locales": None}) is None
    assert other_locale({"locale": "de", "model_locales": ["tr", "de"]}) is None


def test_a_plugin_s_numbers_are_named_with_their_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cvrecipes.report.facts.version", lambda name: f"1 of {name}")
    assert versions()["num2words"] == "1 of num2words"


def test_versions_name_what_decides_a_result(monkeypatch: pytest.MonkeyPatch) -> None:
    assert {"python", "cvrecipes", "torch", "transformers", "rapidfuzz"} <= set(versions())

    def absent(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr("cvrecipes.report.facts.version", absent)
    assert set(versions()) == {"python"}
