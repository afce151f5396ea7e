"""The arguments and options that several commands share."""

from __future__ import annotations

import click

from cvrecipes.cli import parameters
from cvrecipes.errors import UsageError
from cvrecipes.recipe.variants import AUTO

locale = click.argument("locale", type=parameters.LOCALE)
data = click.option(
    "--data", type=parameters.FOLDER, metavar="WHERE",
    help="Read this release: a folder, an archive, or another source.",
)  # fmt: skip
encoding = click.option(
    "--encoding", type=parameters.TEXT, metavar="NAME",
    help="Read its tables in this encoding, such as cp1254.  [default: UTF-8]",
)  # fmt: skip
base = click.option(
    "--base", type=parameters.BASE, metavar="MODEL",
    help="Start from this base model: tiny, a folder, or a Hub name.",
)  # fmt: skip
preset = click.option(
    "--preset", type=parameters.PRESET, metavar="NAME",
    help="Take the settings of a preset: default, tiny or blog.",
)  # fmt: skip
assignments = click.option(
    "--set", "assignments", type=parameters.ASSIGNMENT, multiple=True, metavar="KEY=VALUE",
    help="Change a setting; cvrecipes settings lists them. May be repeated.",
)  # fmt: skip
split = click.option(
    "--split", type=click.Choice(["official", "strict-all"]),
    help="Train on train.tsv, or on all clips without speakers or sentences of dev and test.",
)  # fmt: skip
limit = click.option(
    "--limit", type=click.IntRange(min=1), metavar="N", help="Use at most N clips of a split."
)
seed = click.option(
    "--seed", type=parameters.SEED, metavar="N", default=42, show_default=True,
    help="Draw random numbers from this seed.",
)  # fmt: skip
device = click.option(
    "--device", type=parameters.DEVICE, metavar="NAME", default="auto", show_default=True,
    help="Compute on auto, cpu, cuda, cuda:N or mps.",
)  # fmt: skip


def _by_key(
    context: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> dict[str, str]:
    changes: dict[str, str] = {}
    for key, _, value in (value.partition("=") for value in values):
        key = key.strip()
        if key in changes:
            what = "letters" if key.startswith("alphabet.") else "values"
            raise UsageError(f"--recipe-set {key} is given twice", remedy=f"give all {what} in one")
        changes[key] = value
    return changes


recipe_set = click.option(
    "--recipe-set", "recipe_changes", type=parameters.RECIPE_CHANGE, multiple=True,
    metavar="KEY=VALUE", callback=_by_key,
    help="Change a key of the recipe, such as text.hyphen, this time only. May be repeated.",
)  # fmt: skip
variant = click.option(
    "--variant", type=parameters.TEXT, metavar="NAME", default=AUTO, show_default=True,
    help="Use the recipe of this way of writing the language; show lists them. auto is the "
    "one that most sentences of the release are in.",
)  # fmt: skip
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def changes(assignments: tuple[str, ...], split: str | None) -> dict[str, str]:
    """The settings that ``--set`` and ``--split`` change.

    Raises:
        UsageError: an assignment has no equals sign.
    """
    from cvrecipes.settings import parse_assignments

    return {**parse_assignments(assignments), **({"split": split} if split else {})}
