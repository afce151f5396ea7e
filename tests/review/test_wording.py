"""Rules in plain words, and what is marked."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cvrecipes.catalog import find_recipes
from cvrecipes.plugins import new_manager
from cvrecipes.recipe import Recipe
from cvrecipes.review.marks import CHANGED, SAME, SMALL, marked
from cvrecipes.review.rules import Rule, rules_of
from cvrecipes.review.wording import change_words, shown, unused_words, words

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


def test_one_changed_letter_of_a_word_is_marked_alone() -> None:
    above, below = marked("Iоф, lоф, 1оф, Ӏоф", "ӏоф ӏоф ӏоф ӏоф", "default")
    assert [piece.text for piece in above if piece.kind == CHANGED] == ["I", "l", "1"]
    assert [piece.text for piece in below if piece.kind == CHANGED] == ["ӏ", "ӏ", "ӏ"]


@pytest.mark.parametrize(
    ("rule", "pairs", "expected"),
    [
        (Rule("fold"), [("â", "a")], "â is written as a here"),
        (Rule("step"), [("а", "a")], "а (Cyrillic letter) → a (Latin letter)"),
        (Rule("compatibility"), [("\u2011", "-")],
         "\u2011 (non-breaking hyphen) → - (hyphen-minus)"),
        (Rule("step"), [("", "\u102d"), ("\u102d", "")],
         "The order of signs was changed: \u25cc\u102d"),
        (Rule("step"), [("\u05b0", "")], "\u25cc\u05b0 → nothing"),
        (Rule("step"), [], ""),
    ],
)  # fmt: skip
def test_a_change_can_be_read(rule: Rule, pairs: list[tuple[str, str]], expected: str) -> None:
    assert change_words(rule, pairs) == expected


def test_a_letter_of_another_script_is_called_that() -> None:
    assert unused_words("another script: д ж") == "it has letters of another script, д ж"
    assert unused_words("outside alphabet: ŋ") == "it has letters outside the alphabet, ŋ"
    assert unused_words("digits") == "it has digits"


def test_no_step_is_described_as_an_order_to_the_program() -> None:
    texts = [words(r, rule) for r in recipes() for rule in rules_of(r) if rule.kind == "step"]
    assert [text for text in texts if text.startswith(("Delete", "Replace", "Return"))] == []
