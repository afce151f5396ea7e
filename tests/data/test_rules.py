"""Every reason to leave a row out is one record; nothing depends on how it is worded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc
import pytest

from cvrecipes import hookspecs
from cvrecipes.catalog import open_recipe
from cvrecipes.data.corpus import CorpusMaker, read_corpus, remedy_for
from cvrecipes.data.counts import count_reasons, left_out_counts
from cvrecipes.data.release import open_release
from cvrecipes.data.rule import Context, Match, Rule, Splits, Stage
from cvrecipes.data.rules import RULES
from cvrecipes.data.selection import Places, Selection
from cvrecipes.data.tables import Reading
from cvrecipes.errors import Failure
from cvrecipes.models.ctc import Framing
from cvrecipes.plugins import new_manager
from cvrecipes.records import Corpus
from cvrecipes.settings import Settings
from support.generating import names_of
from support.releases import GOOD, Row, clip_name, make_release


def made(
    place: Path, settings: Settings | None = None, *plugins: object, rules: tuple[Rule, ...] = RULES
) -> Corpus:
    recipe, hooks = open_recipe("tr", new_manager(plugins, installed=False))
    release = open_release(str(place), "tr", hooks)
    maker = CorpusMaker(release, recipe, hooks, Framing(), rules=rules)
    return maker.make(settings or Settings())


# The list


def test_the_rules_are_in_the_order_in_which_they_are_asked() -> None:
    stages = [list(Stage).index(rule.stage) for rule in RULES]
    assert stages == sorted(stages)


def test_no_two_rules_are_counted_by_the_same_words() -> None:
    words = Counter(name for rule in RULES for name in rule.reasons)
    assert words.most_common(1)[0][1] == 1
    assert not [name for name in words if ":" in name]


def test_the_settings_of_a_rule_are_settings() -> None:
    known = {field.name for field in fields(Settings)}
    assert {name for rule in RULES for name in rule.settings} <= known


def test_every_rule_has_a_sentence_and_a_remedy() -> None:
    for rule in RULES:
        assert all((rule.asks, *rule.reasons.values()))
        for name in rule.reasons:
            assert remedy_for(name, "tr") == rule.remedy.format(locale="tr") != ""


# One more rule


def _shouted(selection: Selection, places: Places, context: Context) -> Iterator[Match]:
    raws = selection.values("raw", places)
    shouted = pc.match_substring(raws, "!").to_numpy(zero_copy_only=False)
    yield Match(places[shouted], [f"line {n}" for n in places[shouted]])


SHOUTED = Rule(
    "shouted",
    "the sentence is shouted",
    Splits.TRAIN,
    Stage.ROWS,
    "speak softly in {locale}",
    _shouted,
    settings=("longest",),
)
LOUD = (*GOOD, Row("aç kapıyı!"), Row("1990!"), Row("bir şey!", "test"))


def test_a_rule_that_is_added_to_the_list_is_applied_and_counted(tmp_path: Path) -> None:
    corpus = made(make_release(tmp_path, rows=LOUD), rules=(*RULES, SHOUTED))
    assert {row.clip: (row.rule, row.reason) for row in corpus.left_out} == {
        clip_name(9, LOUD[9]): ("shouted", "shouted: line 4"),
        clip_name(10, LOUD[10]): ("digits", "digits"),  # the first reason stays
    }
    assert count_reasons(corpus.left_out) == {"shouted": 1, "digits": 1}
    assert left_out_counts(corpus, merge_dev=False)["reasons"] == {"shouted": 1, "digits": 1}
    assert remedy_for("shouted", "tr", (*RULES, SHOUTED)) == "speak softly in tr"
    assert corpus.test.num_rows == 4, "it holds for train alone"


def test_a_rule_that_is_added_to_the_list_is_documented() -> None:
    table = names_of("generate_reference.py")["reasons"]((*RULES, SHOUTED)).splitlines()
    assert table[-1] == (
        "| `shouted` | the sentence is shouted | train | `longest` | speak softly in LOCALE |"
    )
    page = Path(__file__).parents[2].joinpath("docs", "run.md").read_text(encoding="utf-8")
    assert set(table[:-1]) <= set(page.splitlines())


def test_a_rule_that_is_taken_from_the_list_is_not_asked(tmp_path: Path) -> None:
    place = make_release(tmp_path, rows=[*GOOD, Row("1990")])
    rules = tuple(rule for rule in RULES if rule.name != "unfit text")
    assert made(place).train.num_rows == 4
    assert made(place, rules=rules).train.num_rows == 5


def test_a_rule_is_asked_only_of_rows_that_are_kept(tmp_path: Path) -> None:
    asked: list[int] = []

    def find(selection: Selection, places: Places, context: Context) -> Iterator[Match]:
        asked.extend(selection.table["line"].take(places).to_pylist())
        yield from ()

    spy = Rule("spy", "x", Splits.TRAIN, Stage.CORPUS, "x", find)
    made(
        make_release(tmp_path, rows=[*GOOD, Row("1990"), Row(audio="missing")]), rules=(*RULES, spy)
    )
    assert asked == [2, 3, 4, 5]


# Which splits


@pytest.mark.parametrize(
    ("holds", "trained", "splits"),
    [
        (Splits.ALL, {"train"}, {"train", "dev", "test"}),
        (Splits.TRAINED, {"train"}, {"train"}),
        (Splits.TRAINED, {"train", "dev"}, {"train", "dev"}),
        (Splits.TRAIN, {"train", "dev"}, {"train"}),
        (Splits.TRAIN, set(), set()),
        (Splits.TRAINED, set(), set()),
    ],
)
def test_a_rule_holds_for_its_splits(holds: Splits, trained: set[str], splits: set[str]) -> None:
    rule = Rule("x", "x", holds, Stage.ROWS, "x", _shouted)
    asked = {s for s in ("train", "dev", "test") if rule.holds_for(s, frozenset(trained))}
    assert asked == splits


# Words decide nothing


class Says:
    """A plugin that leaves one clip out, in any words."""

    def __init__(self, reason: str) -> None:
        self.reason = reason

    @hookspecs.hookimpl
    def reason_to_leave_out(self, clip: Any) -> str | None:
        return self.reason if (clip.split, clip.line) == ("train", 3) else None


@pytest.mark.parametrize(
    ("reason", "rule", "detail"),
    [
        ("held out for later", "held out for later", ""),
        ("bad audio: hum", "bad audio", "hum"),
        ("odd: one: two", "odd", "one: two"),
    ],
)
def test_a_plugin_may_use_any_words(reason: str, rule: str, detail: str, tmp_path: Path) -> None:
    corpus = made(make_release(tmp_path), None, Says(reason))
    (row,) = corpus.left_out
    assert (row.rule, row.detail, row.held_out) == (rule, detail, False)
    assert row.reason == reason
    assert left_out_counts(corpus, merge_dev=False)["clips"] == 1
    assert remedy_for(rule, "tr") == "see the rows with: cvrecipes check tr"


def test_a_plugin_that_uses_the_words_of_a_rule_is_counted_apart(tmp_path: Path) -> None:
    corpus = made(make_release(tmp_path), None, Says("too long: for me"))
    (row,) = corpus.left_out
    assert (row.rule, row.detail) == ("too long (plugin)", "for me")
    assert remedy_for(row.rule, "tr") == "see the rows with: cvrecipes check tr"


def test_only_a_rule_decides_what_is_held_out(tmp_path: Path) -> None:
    place = make_release(tmp_path, rows=[*GOOD, Row("başka", "validated")], validated=True)
    corpus = made(place, Settings(split="strict-all"))
    assert {row.rule for row in corpus.left_out if row.held_out} == {"held out (clip)"}
    assert left_out_counts(corpus, merge_dev=False)["clips"] == 0


@pytest.mark.parametrize(
    ("row", "remedy"),
    [
        (Row("1990", "test"), "cvrecipes show tr"),
        (Row(split="test", audio="missing"), "unpack it again"),
    ],
)
def test_a_split_without_clips_is_answered_with_the_remedy_of_its_first_reason(
    row: Row, remedy: str, tmp_path: Path
) -> None:
    recipe, hooks = open_recipe("tr", new_manager(installed=False))
    release = open_release(str(make_release(tmp_path, rows=[*GOOD[:6], row])), "tr", hooks)
    with pytest.raises(Failure, match=remedy):
        read_corpus(release, recipe, hooks, Framing(), Settings())


# Selections


def selected(place: Path, name: str = "train") -> Selection:
    recipe, hooks = open_recipe("tr", new_manager(installed=False))
    return Selection(name, [Reading(open_release(str(place), "tr", hooks), recipe).rows(name)])


def test_the_first_reason_stays(tmp_path: Path) -> None:
    selection = selected(make_release(tmp_path))
    selection.leave_out([1, 2], "first", ["one", "two"])
    selection.leave_out(np.array([0, 1, 2]), "second", ["zero", "one", "two"], held_out=True)
    table = selection.left_out()
    assert table.select(["line", "rule", "detail", "held_out"]).to_pylist() == [
        {"line": 2, "rule": "second", "detail": "zero", "held_out": True},
        {"line": 3, "rule": "first", "detail": "one", "held_out": False},
        {"line": 4, "rule": "first", "detail": "two", "held_out": False},
    ]
    assert selection.clips()["line"].to_pylist() == [5]


def test_each_place_needs_its_detail(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="2 places, but 1 details"):
        selected(make_release(tmp_path)).leave_out([0, 1], "rule", ["one"])


def test_rows_that_were_not_considered_are_neither_used_nor_left_out(tmp_path: Path) -> None:
    selection = selected(make_release(tmp_path))
    selection.leave_out([0, 3], "rule")
    selection.consider(np.array([2, 3]))
    assert selection.left_out()["line"].to_pylist() == [5]
    assert selection.clips()["line"].to_pylist() == [4]
