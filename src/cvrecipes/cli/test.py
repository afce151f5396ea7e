"""The command test."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click

from cvrecipes.catalog import Catalog, find_recipes, open_folder, open_recipe
from cvrecipes.cli import options, parameters
from cvrecipes.cli.output import print_json
from cvrecipes.errors import CvrecipesError, UsageError
from cvrecipes.plugins import new_manager
from cvrecipes.recipe import MAIN, Recipe
from cvrecipes.recipe.variants import locale_and_variant


@click.command()
@click.argument("recipes", nargs=-1, type=parameters.LOCALE, metavar="[LOCALE|PATH]...")
@options.as_json
def test(recipes: tuple[str, ...], as_json: bool) -> int:
    """Test the normalization of all recipes, or of those named.

    PATH is a recipe folder, a file in it, or a folder with recipes anywhere below it. What a
    reviewer corrected and the recipe does not write yet is printed, and is no failure.
    """
    from cvrecipes.testing import check_recipe, open_corrections

    catalog = find_recipes(new_manager())
    failures = 0
    results: list[dict[str, Any]] = []
    for locale, variant, folder in _to_test(recipes or tuple(catalog.recipes), catalog):
        recipe: Recipe | None = None
        label = locale if variant == MAIN else f"{locale} {variant}"
        try:
            recipe = open_folder(folder) if folder else open_recipe(locale, variant=variant)[0]
        except CvrecipesError as error:
            if folder is None and locale not in catalog.recipes:
                raise
            problems = [error.message]
        else:
            problems = check_recipe(recipe)
        failures += bool(problems)
        pairs = _count_pairs(recipe) if recipe else 0
        still_open = [*open_corrections(recipe)] if recipe and not problems else []
        results.append(
            {
                "locale": locale,
                "variant": variant,
                "golden_pairs": pairs,
                "problems": problems,
                "corrections": still_open,
            }
        )
        if as_json:
            continue
        mark = click.style("failed", fg="red") if problems else click.style("ok", fg="green")
        click.echo(f"{label:12} {pairs:4} golden pairs  {mark}")
        for problem in problems:
            click.echo(_indented(problem))
        for correction in still_open:
            click.echo(_indented(f"open: {correction}"))
    if as_json:
        print_json(results)
    else:
        click.echo(f"{len(results) - failures} passed, {failures} failed")
    return 1 if failures else 0


def _to_test(words: Iterable[str], catalog: Catalog) -> Iterator[tuple[str, str, Path | None]]:
    """Locale, variant and folder of what is named; no folder for a locale of the catalog."""
    for word in words:
        path = Path(word)
        if word in catalog.recipes or not path.exists():
            if path.name != word:
                raise UsageError("there is no such folder", where=path)
            entry = catalog.recipes.get(word)
            for variant in catalog.folders(entry) if entry else (MAIN,):
                yield word, variant, None
            continue
        path = path.parent if path.is_file() else path
        folders = sorted(
            file.parent
            for file in path.rglob("recipe.toml")
            if not any(part[0] in "._" and part != ".." for part in file.parts[len(path.parts) :])
        )
        if not folders:
            raise UsageError("holds no recipe.toml", where=path)
        for folder in folders:
            # The working directory has no name until it is resolved.
            named = folder if folder.name not in ("", "..") else folder.resolve()
            yield *locale_and_variant(named), named


def _count_pairs(recipe: Recipe) -> int:
    try:
        return len(recipe.golden())
    except CvrecipesError:
        return 0


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())
