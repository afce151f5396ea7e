"""Rules in plain words, and what is marked."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cvrecipes.catalog import find_recipes
from cvrecipes.plugins import new_manager
from cvrecipes.recipe import Recipe
from cvrecipes.review.marks import CHANGED, SAME, SMALL, marked
from cvrecipes.review.rules import rules_of
from cvrecipes.review.wording import shown, words

ROOT = Path(__file__).parents[2]


def recipes() -> list[Recipe]:
    catalog = find_recipes(new_manager(installed=False))
    return [catalog.read(entry) for entry in catalog.recipes.values()]


def test_every_rule_of_every_recipe_is_a_sentence_without_terms_of_the_engine() -> None:
    wrong = []
    for recipe in recipes():
        for rule in rules_of(recipe):
            text = words(recipe, rule)
            if not re.fullmatch(r"\S.{8,}", text) or re.search(r"NFC|regex|code point|slot", text):
                wrong.append((recipe.locale, rule, text))
    assert wrong == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", "nothing"), (" ", "space"), ("\u064e", "\u25cc\u064e"), ("a", "a"),
     ("\u200c", "[zero-width non-joiner]"), ("\u200f", "[U+200F]"),
     ("\ufe00", "[U+FE00]"), ("\u00a0", "[no-break space]")],
)  # fmt: skip
def test_signs_are_shown_so_that_each_can_be_seen(text: str, expected: str) -> None:
    assert shown(text) == expected


def test_what_changed_is_marked_and_what_is_common_less_so() -> None:
    above, below = marked("Hâlâ, Ankara'da", "hala ankarada", "turkic")
    assert above == (
        ("H", SMALL), ("â", CHANGED), ("l", SAME), ("â", CHANGED), (",", SMALL), (" ", SAME),
        ("A", SMALL), ("nkara", SAME), ("'", CHANGED), ("da", SAME),
    )  # fmt: skip
    assert "".join(piece.text for piece in below) == "hala ankarada"
    assert [piece.text for piece in below if piece.kind == CHANGED] == ["a", "a"]


def test_the_dotless_i_is_marked_as_a_change() -> None:
    above, _ = marked("IŞIK", "ışık", "turkic")
    assert [piece for piece in above if piece.kind == CHANGED] == [("I", CHANGED), ("I", CHANGED)]


def test_a_mark_is_never_torn_from_its_letter() -> None:
    above, below = marked("شكرًا", "شكرا", "none")
    assert ("رً", CHANGED) in above and ("ر", CHANGED) in below


def test_what_is_invisible_is_written_out_where_it_changed() -> None:
    above, _ = marked("kal\u00adem", "kalem", "default")
    assert "[soft hyphen]" in "".join(piece.text for piece in above)
