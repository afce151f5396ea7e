"""Languages by what people call them: locale, English name, native name."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from cvrecipes.catalog import find_recipes
from cvrecipes.errors import Failure
from cvrecipes.plugins import new_manager
from cvrecipes.recipe import Recipe
from cvrecipes.words import folded, name_words

_NEAR = 3


def all_recipes() -> tuple[list[Recipe], dict[str, Failure]]:
    """Every recipe, sorted by locale, and what is wrong with each that cannot be read."""
    catalog = find_recipes(new_manager())
    recipes: list[Recipe] = []
    broken: dict[str, Failure] = {}
    for entry in catalog.recipes.values():
        try:
            recipes.append(catalog.read(entry))
        except Failure as error:
            broken[entry.locale] = error
    return recipes, broken


def matching(words: Sequence[str], recipes: Iterable[Recipe]) -> list[Recipe]:
    """The recipes that every word matches, case and accents aside.

    A word matches when the locale, a name, or a word of a name begins with it.
    """
    prefixes = [_as_typed(word) for word in words]
    return [
        recipe
        for recipe in recipes
        if all(any(key.startswith(word) for key in _keys(recipe)) for word in prefixes)
    ]


def near_languages(words: Sequence[str], recipes: Iterable[Recipe]) -> str:
    """What words that match nothing were probably meant to be: ``did you mean Turkish (tr)?``."""
    names: dict[str, Recipe] = {}
    for recipe in recipes:
        for key in _keys(recipe):
            names.setdefault(key, recipe)
    close = difflib.get_close_matches(_as_typed(" ".join(words)), names, n=_NEAR, cutoff=0.7)
    if not close:
        return "see all: cvrecipes list"
    shown = dict.fromkeys(f"{names[name].name} ({names[name].locale})" for name in close)
    return f"did you mean {' or '.join(shown)}?"


def locale_of(name: str) -> str | None:
    """The locale of the one language that has this English or native name, case aside.

    None when there is a recipe for the locale `name`, or none or several have the name.
    """
    catalog = find_recipes(new_manager())
    if name in catalog.recipes:
        return None
    named = []
    for entry in catalog.recipes.values():
        try:
            recipe = catalog.read(entry)
        except Failure:  # it has no name; opening it reports what is wrong
            continue
        if folded(name) in (folded(recipe.name), folded(recipe.native)):
            named.append(recipe.locale)
    return named[0] if len(named) == 1 else None


def _keys(recipe: Recipe) -> list[str]:
    return name_words((recipe.locale, recipe.name, recipe.native))


def _as_typed(word: str) -> str:
    return folded(word.strip()).replace("_", "-")
