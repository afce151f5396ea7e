"""Numbers in words: the recipes build on the box, and what is ambiguous stays digits."""

from __future__ import annotations

import cvrecipes_numbers
import pytest

from cvrecipes.catalog import look_around, read_found
from cvrecipes.plugins import new_manager
from cvrecipes.recipe import Recipe
from cvrecipes.testing import check_recipe
from cvrecipes.text.numbers import LANGUAGES

PACKAGE = "cvrecipes_numbers"
# Portugal and Brazil differ; Japanese and Thai have packages of their own.
ELSEWHERE = {"pt", "pt_br", "ja", "th"}
LOCALES = sorted(set(LANGUAGES) - ELSEWHERE)
BOX = look_around(new_manager(installed=False))
SHELF = look_around(new_manager([cvrecipes_numbers], installed=False))


def boxed(locale: str) -> Recipe:
    return read_found(BOX.recipes[locale], BOX)


def counted(locale: str) -> Recipe:
    return read_found(SHELF.recipes[locale], SHELF)


def test_the_recipes_are_all_languages_that_can_be_spelled_out() -> None:
    ours = {found.locale for found in SHELF.recipes.values() if found.origin == PACKAGE}
    assert ours == set(LOCALES)


def test_without_the_package_the_recipes_are_those_of_the_box() -> None:
    assert {found.origin for found in BOX.recipes.values()} == {"built-in"}
    assert boxed("tr").normalizer.reason(boxed("tr").normalizer("3 elma")) == "digits"


@pytest.mark.parametrize("locale", LOCALES)
def test_a_recipe_is_that_of_the_box_but_for_numbers(locale: str) -> None:
    box, ours = boxed(locale).resolved(), counted(locale).resolved()
    for rules in (box["text"], ours["text"]):
        for slot in ("first", "steps"):
            rules[slot] = [name for name in rules[slot] if name != f"numbers_{locale}"]
    assert ours == box
    assert f"numbers_{locale}" in counted(locale).rules.steps


@pytest.mark.parametrize("locale", LOCALES)
def test_a_recipe_passes_the_kit(locale: str) -> None:
    assert check_recipe(counted(locale)) == []


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("sign", [*".,:-–/'’·%°"])
def test_a_sign_between_digits_leaves_the_clip_out(locale: str, sign: str) -> None:
    normalizer = counted(locale).normalizer
    assert normalizer.reason(normalizer(f"10{sign}30")) == "digits"


def test_a_sentence_of_the_box_is_normalized_as_in_the_box() -> None:
    for locale in LOCALES:
        for pair in boxed(locale).golden():
            if not any(sign.isdecimal() for sign in pair.raw):
                assert counted(locale).normalizer(pair.raw) == boxed(locale).normalizer(pair.raw)
