"""Numbers in words: the recipes build on the built-in ones, and what is ambiguous stays digits."""

from __future__ import annotations

import cvrecipes_numbers
import pytest

from cvrecipes.catalog import find_recipes
from cvrecipes.plugins import new_manager
from cvrecipes.recipe import Recipe
from cvrecipes.testing import check_recipe
from cvrecipes.text.numbers import LANGUAGES

PACKAGE = "cvrecipes_numbers"
# Portugal and Brazil differ; Japanese and Thai have packages of their own.
ELSEWHERE = {"pt", "pt_br", "ja", "th"}
LOCALES = sorted(set(LANGUAGES) - ELSEWHERE)
BUILT_IN = find_recipes(new_manager(installed=False))
CATALOG = find_recipes(new_manager([cvrecipes_numbers], installed=False))


def built_in(locale: str) -> Recipe:
    return BUILT_IN.read(BUILT_IN.recipes[locale])


def counted(locale: str) -> Recipe:
    return CATALOG.read(CATALOG.recipes[locale])


def test_the_recipes_are_all_languages_that_can_be_spelled_out() -> None:
    ours = {found.locale for found in CATALOG.recipes.values() if found.origin == PACKAGE}
    assert ours == set(LOCALES)


def test_without_the_package_the_recipes_are_the_built_in_ones() -> None:
    assert {found.origin for found in BUILT_IN.recipes.values()} == {"built-in"}
    assert built_in("tr").normalizer.reason(built_in("tr").normalizer("3 elma")) == "digits"


@pytest.mark.parametrize("locale", LOCALES)
def test_a_recipe_is_the_built_in_one_but_for_numbers(locale: str) -> None:
    original, ours = built_in(locale).resolved(), counted(locale).resolved()
    for rules in (original["text"], ours["text"]):
        for slot in ("first", "steps"):
            rules[slot] = [name for name in rules[slot] if name != f"numbers_{locale}"]
    assert ours == original
    assert f"numbers_{locale}" in counted(locale).rules.steps


@pytest.mark.parametrize("locale", LOCALES)
def test_a_recipe_passes_the_kit(locale: str) -> None:
    assert check_recipe(counted(locale)) == []


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("sign", [*".,:-–/'’·%°"])
def test_a_sign_between_digits_leaves_the_clip_out(locale: str, sign: str) -> None:
    normalizer = counted(locale).normalizer
    assert normalizer.reason(normalizer(f"10{sign}30")) == "digits"


def test_a_sentence_without_digits_is_normalized_as_before() -> None:
    for locale in LOCALES:
        for pair in built_in(locale).golden():
            if not any(sign.isdecimal() for sign in pair.raw):
                assert counted(locale).normalizer(pair.raw) == built_in(locale).normalizer(pair.raw)
