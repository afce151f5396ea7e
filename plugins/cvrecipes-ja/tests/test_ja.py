"""Japanese: words for WER, readings in kana, and when each is used."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import cvrecipes_ja
import pytest
from cvrecipes_ja import KANA_RECIPES
from cvrecipes_ja.analysis import to_kana, words
from hypothesis import given, settings
from hypothesis import strategies as st

from cvrecipes.catalog import find_recipes, open_folder, open_recipe
from cvrecipes.plugins import new_manager
from cvrecipes.records import Pair, Score
from cvrecipes.scoring.rates import score_pairs, word_splitter
from cvrecipes.testing import check_recipe

TEXTS = st.one_of(
    st.text(max_size=30),
    st.text(st.sampled_from("東京都に住んで今日はいゝ々天気ヶ月コーヒー〇𠮷 nhk12"), max_size=30),
)


def score(*pairs: tuple[str, str], installed: bool) -> Score:
    manager = new_manager([cvrecipes_ja] if installed else [], installed=False)
    recipe, hooks = open_recipe("ja", manager)
    made = [Pair(f"{i}.mp3", "speaker", *pair, 1.0) for i, pair in enumerate(pairs)]
    return score_pairs(made, recipe, hooks)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("東京都に住んでいます", "東京 都 に 住ん で い ます"),
        ("国家公務員が行った", "国家 公務 員 が 行っ た"),
        ("コーヒーを飲む人々", "コーヒー を 飲む 人々"),
        ("nhkを見る", "nhk を 見る"),
        ("wi fiが使える", "wi fi が 使える"),
        ("え そうですか", "え そう です か"),
        ("", ""),
        (" ", ""),
    ],
)
def test_a_text_falls_into_short_units(text: str, expected: str) -> None:
    assert words(text) == expected.split()


@given(text=TEXTS)
@settings(deadline=None)
def test_joined_words_are_the_text_without_spaces(text: str) -> None:
    split = words(text.encode("utf-8", "ignore").decode())
    assert "".join(split) == "".join(text.split())
    assert all(split)
    assert split == words(text)


def test_a_text_longer_than_sudachi_takes_is_split() -> None:
    text = "東京都に住んでいます" * 3000
    assert "".join(words(text)) == text


def test_wer_counts_words_where_the_engine_counts_sentences() -> None:
    pair = ("東京都に住んでいます", "東京都に済んでいます")
    built_in, ours = score(pair, installed=False), score(pair, installed=True)
    assert (built_in.wer.substitutions, built_in.wer.units) == (1, 1)
    assert (ours.wer.substitutions, ours.wer.units) == (1, 7)
    assert ours.cer == built_in.cer
    assert ours.headline == "cer"


def test_an_empty_hypothesis_deletes_every_word() -> None:
    rate = score(("東京都に住んでいます", ""), installed=True).wer
    assert (rate.deletions, rate.units) == (7, 7)


def test_other_languages_are_left_alone() -> None:
    manager = new_manager([cvrecipes_ja], installed=False)
    recipe, hooks = open_recipe("zh-CN", manager)
    assert word_splitter(recipe, hooks)("东京都 人") == ["东京都", "人"]


def test_the_recipe_hides_the_built_in_one_and_has_its_rules() -> None:
    built_in = find_recipes(new_manager(installed=False))
    ours = find_recipes(new_manager([cvrecipes_ja], installed=False))
    assert (built_in.recipes["ja"].origin, ours.recipes["ja"].origin) == (
        "built-in",
        "cvrecipes_ja",
    )
    recipes = [catalog.read(catalog.recipes["ja"]) for catalog in (built_in, ours)]
    assert recipes[0].digest == recipes[1].digest
    assert check_recipe(recipes[1]) == []


@pytest.mark.parametrize(
    ("raw", "kana"),
    [
        ("今日は良い天気ですね。", "キョウハヨイテンキデスネ。"),
        ("学問のすゝめ", "ガクモンノススメ"),
        ("nhkを12時に見る", "nhkヲ12ジニミル"),
        ("\ud842", "\ud842"),
        ("今\ud842", "今\ud842"),
        ("", ""),
    ],
)
def test_a_sentence_in_kana(raw: str, kana: str) -> None:
    assert to_kana(raw) == kana


@given(text=TEXTS)
@settings(deadline=None)
def test_kana_is_written_once_and_for_all(text: str) -> None:
    assert to_kana(to_kana(text)) == to_kana(text)


def test_the_recipe_in_kana_is_switched_on_by_its_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CVRECIPES_RECIPES", str(KANA_RECIPES))
    recipe, hooks = open_recipe("ja", new_manager([cvrecipes_ja], installed=False))
    assert recipe.name == "Japanese in kana"
    text = recipe.normalizer("「今日は良い天気ですね。」")
    assert (text, recipe.normalizer.reason(text)) == ("キョウハヨイテンキデスネ", None)
    assert word_splitter(recipe, hooks)(text) == [text]
    assert check_recipe(recipe) == []


def test_a_command_says_where_the_recipe_in_kana_is() -> None:
    from click.testing import CliRunner

    @click.group()
    def cli() -> None: ...

    cvrecipes_ja.register_commands(cli)
    printed = CliRunner().invoke(cli, ["ja-kana"]).output.strip()
    assert open_folder(Path(printed) / "ja").rules.steps[0] == "ja.kana"


def test_sudachi_is_imported_when_the_first_text_is_split() -> None:
    code = (
        "import sys, cvrecipes_ja\n"
        "from cvrecipes.catalog import open_recipe\n"
        "recipe, hooks = open_recipe('ja')\n"
        "assert recipe.origin == 'cvrecipes-ja' and 'sudachipy' not in sys.modules\n"
        "assert hooks.hook.split_words(text='東京都', recipe=recipe) == ['東京', '都']\n"
        "assert 'sudachipy' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-X", "utf8", "-c", code], check=True)
