"""The letters of African and American alphabets, and what is typed for them."""

from __future__ import annotations

from functools import cache

import pytest

from cvrecipes.catalog import find_recipes, open_recipe
from cvrecipes.plugins import new_manager
from cvrecipes.recipe import Recipe

# Greek, Cyrillic, Armenian and other Latin letters of the same or nearly the same shape.
LOOKALIKES = {
    "ɛ": "\u03b5\u0511",
    "ɔ": "\u037b\u2184",
    "ŋ": "\u03b7\u019e\u0572",
    "ə": "\u04d9\u01dd",
    "ǝ": "\u04d9\u0259",
    "ɣ": "\u03b3",
    "ʋ": "\u03c5",
}


@cache
def latin_recipes() -> dict[str, Recipe]:
    recipes = {name: open_recipe(name)[0] for name in find_recipes(new_manager()).recipes}
    return {name: recipe for name, recipe in recipes.items() if recipe.script == "Latn"}


@pytest.mark.parametrize("letter", LOOKALIKES)
def test_every_latin_recipe_with_a_letter_takes_its_usual_lookalikes(letter: str) -> None:
    recipes = {
        name: recipe for name, recipe in latin_recipes().items() if letter in recipe.alphabet.signs
    }
    untouched = [
        (name, lookalike)
        for name, recipe in recipes.items()
        for lookalike in LOOKALIKES[letter]
        if lookalike not in recipe.alphabet.signs
        and recipe.normalize(f"a{lookalike}a") != f"a{letter}a"
    ]
    assert recipes and untouched == []
