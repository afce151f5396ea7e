"""Thai: words for WER, without a network and without a folder in the user's home."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import cvrecipes_th
import pytest
from cvrecipes_th import words
from hypothesis import given, settings
from hypothesis import strategies as st

from cvrecipes.catalog import find_recipes, open_recipe
from cvrecipes.plugins import new_manager
from cvrecipes.records import Pair, Score
from cvrecipes.scoring.rates import score_pairs, word_splitter
from cvrecipes.testing import check_recipe

TEXTS = st.one_of(
    st.text(max_size=30),
    st.text(st.sampled_from("กขคงจฉนมรลวสหอะาิีุูเแโไใๆฯ่้๊์ำ๑ ab-1."), max_size=40),
)


def score(*pairs: tuple[str, str], installed: bool) -> Score:
    manager = new_manager([cvrecipes_th] if installed else [], installed=False)
    recipe, hooks = open_recipe("th", manager)
    made = [Pair(f"{i}.mp3", "speaker", *pair, 1.0) for i, pair in enumerate(pairs)]
    return score_pairs(made, recipe, hooks)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ฉันรักภาษาไทย", "ฉัน รัก ภาษาไทย"),
        ("สวัสดี เขาพูด", "สวัสดี เขา พูด"),
        ("กรุงเทพฯ มากๆ", "กรุงเทพฯ มาก ๆ"),
        ("ไปyoutubeดู", "ไป youtube ดู"),
        ("", ""),
        (" ", ""),
    ],
)
def test_a_text_falls_into_words(text: str, expected: str) -> None:
    assert words(text) == expected.split()


@given(text=TEXTS)
@settings(deadline=None)
def test_joined_words_are_the_text_without_spaces(text: str) -> None:
    split = words(text)
    assert "".join(split) == "".join(text.split())
    assert all(split)
    assert split == words(text)


def test_wer_counts_words_where_the_engine_counts_clauses() -> None:
    pair = ("ฉันรักภาษาไทย", "ฉันรับภาษาไทย")
    built_in, ours = score(pair, installed=False), score(pair, installed=True)
    assert (built_in.wer.substitutions, built_in.wer.units) == (1, 1)
    assert (ours.wer.substitutions, ours.wer.units) == (1, 3)
    assert ours.cer == built_in.cer
    assert ours.headline == "cer"


def test_an_empty_hypothesis_deletes_every_word() -> None:
    rate = score(("ฉันรักภาษาไทย", ""), installed=True).wer
    assert (rate.deletions, rate.units) == (3, 3)


def test_other_languages_are_left_alone() -> None:
    recipe, hooks = open_recipe("lo", new_manager([cvrecipes_th], installed=False))
    assert word_splitter(recipe, hooks)("ฉันรัก ไทย") == ["ฉันรัก", "ไทย"]


def test_the_recipe_hides_the_built_in_one_and_has_its_rules() -> None:
    built_in = find_recipes(new_manager(installed=False))
    ours = find_recipes(new_manager([cvrecipes_th], installed=False))
    assert (built_in.recipes["th"].origin, ours.recipes["th"].origin) == (
        "built-in",
        "cvrecipes_th",
    )
    recipes = [catalog.read(catalog.recipes["th"]) for catalog in (built_in, ours)]
    assert recipes[0].digest == recipes[1].digest
    assert check_recipe(recipes[1]) == []


@pytest.mark.parametrize("variable", [None, "PYTHAINLP_READ_ONLY", "PYTHAINLP_READ_MODE"])
def test_pythainlp_is_imported_late_without_network_or_traces(
    tmp_path: Path, variable: str | None
) -> None:
    code = (
        "import os, socket, sys, cvrecipes_th\n"
        "def refuse(*rest, **more): raise OSError('no network')\n"
        "socket.socket.connect = refuse\n"
        "from cvrecipes.catalog import open_recipe\n"
        "recipe, hooks = open_recipe('th')\n"
        "assert recipe.origin == 'cvrecipes-th' and 'pythainlp' not in sys.modules\n"
        "before = dict(os.environ)\n"
        "assert hooks.hook.split_words(text='รักไทย', recipe=recipe) == ['รัก', 'ไทย']\n"
        "assert 'pythainlp' in sys.modules and before == dict(os.environ)\n"
    )
    environment = dict(os.environ) | {"HOME": str(tmp_path), "USERPROFILE": str(tmp_path)}
    environment |= {variable: "1"} if variable else {}
    command = [sys.executable, "-X", "utf8", "-W", "ignore", "-c", code]
    subprocess.run(command, check=True, env=environment)
    assert list(tmp_path.iterdir()) == []
