"""The command list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import click

from cvrecipes.cli import options, parameters
from cvrecipes.cli.languages import all_recipes, matching, near_languages
from cvrecipes.cli.output import print_json, print_table
from cvrecipes.console import say
from cvrecipes.errors import Failure, UsageError, did_you_mean
from cvrecipes.recipe import MAIN, STATUSES, Recipe

_COLUMNS = ("locale", "name", "script", "status", "origin")


@click.command("list")
@click.argument("words", nargs=-1, type=parameters.TEXT, metavar="[WORD]...")
@click.option(
    "--script", "scripts", type=parameters.TEXT, multiple=True, metavar="CODE",
    help="Keep this script, such as Cyrl. May be repeated.",
)  # fmt: skip
@click.option(
    "--status", "statuses", type=click.Choice(STATUSES), multiple=True,
    help="Keep recipes of this status. May be repeated.",
)  # fmt: skip
@click.option(
    "--origin", "origins", type=parameters.TEXT, multiple=True, metavar="NAME",
    help="Keep recipes that are built-in, user, or of this plugin. May be repeated.",
)  # fmt: skip
@options.as_json
def list_(
    words: tuple[str, ...],
    scripts: tuple[str, ...],
    statuses: tuple[str, ...],
    origins: tuple[str, ...],
    as_json: bool,
) -> None:
    """List the languages that have a recipe.

    Each WORD must begin the locale or a word of the English or native name; case and accents
    do not count. The exit code is 1 when nothing matches. A recipe that cannot be read is left
    out, with a warning.
    """
    recipes, broken = all_recipes()
    asked = [broken[locale] for locale in broken if len(words) == 1 and words[0] == locale]
    if asked or (broken and not recipes):
        raise [*asked, *broken.values()][0]
    for error in broken.values():
        say(f"warning: {error.message}")
    scripts = _spelled("--script", scripts, sorted({recipe.script for recipe in recipes}))
    origins = _spelled("--origin", origins, sorted({recipe.origin for recipe in recipes}))
    kept = [
        recipe
        for recipe in recipes
        if (not scripts or recipe.script in scripts)
        and (not statuses or recipe.status in statuses)
        and (not origins or recipe.origin in origins)
    ]
    matches = matching(words, kept)
    if not matches:
        raise _nothing(words, recipes)
    if as_json:
        print_json(
            [
                {
                    **{key: getattr(recipe, key) for key in _COLUMNS},
                    "variants": _variants(recipe),
                    "reviews": [asdict(review) for review in recipe.reviews],
                }
                for recipe in matches
            ]
        )
        return
    rows = []
    for recipe in matches:
        row = {key: getattr(recipe, key) for key in _COLUMNS}
        if others := ", ".join(_variants(recipe)):
            row["script"] = f"{recipe.script} ({others})"
        rows.append([*row.values()])
    print_table(_COLUMNS, rows)


def _variants(recipe: Recipe) -> list[str]:
    """The names of the variants that the locale has beside the main one."""
    return [variant.name for variant in recipe.variants if variant.name != MAIN]


def _spelled(option: str, values: Sequence[str], existing: Sequence[str]) -> tuple[str, ...]:
    """The values as the recipes spell them.

    Raises:
        UsageError: no recipe has one of them.
    """
    spelled = {value.lower(): value for value in existing}
    for value in values:
        if value.lower() not in spelled:
            raise UsageError(
                f"no recipe has {option} {value!r}",
                remedy=did_you_mean(value, existing, f"there are: {', '.join(existing)}"),
            )
    return tuple(spelled[value.lower()] for value in values)


def _nothing(words: Sequence[str], recipes: Sequence[Recipe]) -> Failure:
    if not words:
        return Failure("no language has all of these", remedy="leave one filter out")
    text = " ".join(words)
    elsewhere = matching(words, recipes)
    if elsewhere:
        first = elsewhere[0]
        facts = f"{first.name} ({first.locale}) is {first.script}, {first.status}, {first.origin}"
        return Failure(f"no language matches {text!r} and the filters", remedy=facts)
    return Failure(f"no language matches {text!r}", remedy=near_languages(words, recipes))
