"""Corrections lose what no recipe writes, and nothing else."""

from __future__ import annotations

import pytest

from cvrecipes.catalog import find_recipes, open_recipe
from cvrecipes.plugins import new_manager
from cvrecipes.recipe import Recipe
from cvrecipes.review.corrections import settled


def builtin(locale: str) -> Recipe:
    return open_recipe(locale, new_manager(installed=False))[0]


def test_what_a_recipe_writes_is_never_changed() -> None:
    catalog = find_recipes(new_manager(installed=False))
    wrong = []
    for entry in catalog.recipes.values():
        recipe = catalog.read(entry)
        for pair in recipe.golden():
            text = pair.expected
            if not text.startswith("!") and settled(recipe, text) != text:
                wrong.append((recipe.locale, text, settled(recipe, text)))
    assert wrong == []


@pytest.mark.parametrize(
    ("locale", "text", "expected"),
    [
        ("tr", "HÂLÂ, Irmak!", "hâlâ ırmak"),
        ("tr", "Ankara'da", "ankara'da"),
        ("tr", "kal\u00adem kal\u200bem", "kalem kalem"),
        ("fa", "می\u200cروم.", "میروم"),  # no recipe keeps the joiner
        ("hi", "हिन्दी।", "हिन्दी"),
        ("mnw", "ဘာသာ၌ မန်။", "ဘာသာ၌ မန်"),
    ],
)
def test_signs_of_the_spelling_stay(locale: str, text: str, expected: str) -> None:
    assert settled(builtin(locale), text) == expected
