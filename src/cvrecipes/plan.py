"""The plan of a run: every choice is made and checked before the run begins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cvrecipes.models import base as bases
from cvrecipes.recipe import AUTO, Recipe
from cvrecipes.records import Release
from cvrecipes.settings import Settings, preset


@dataclass(frozen=True, slots=True)
class Request:
    """The user's request, as on the command line; None leaves the choice to the plan.

    Attributes:
        variant: of the language's writing; in a plan the name of the one chosen, never ``auto``.
    """

    locale: str
    data: str | None = None
    out: Path | None = None
    base: str | None = None
    preset: str | None = None
    changes: Mapping[str, Any] | None = None
    recipe_changes: Mapping[str, str] | None = None
    variant: str = AUTO
    limit: int | None = None
    seed: int = 42
    device: str = "auto"
    resume: bool = False
    encoding: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A request with every choice made."""

    request: Request
    preset: str
    settings: Settings
    base_name: str


def make_plan(request: Request, recipe: Recipe, *, builtin_sample: bool) -> Plan:
    """Choose base and preset, and check every setting.

    The preset ``tiny`` and the base ``tiny`` belong together: the one that is not named is chosen
    with the other. The built-in sample has both.

    The order of precedence is: preset, then the recipe's ``[training]``, then ``--set``.
    The recipe's settings do not apply to the presets ``blog`` and ``tiny``, which stand
    for exact configurations.

    Raises:
        UsageError: unknown preset or setting, or a value out of range.
    """
    tiny = builtin_sample or request.preset == "tiny"
    base_name = request.base or (bases.TINY if tiny else bases.DEFAULT)
    name = request.preset or ("tiny" if base_name == bases.TINY else "default")
    settings = preset(name)
    if name == "default":
        settings = settings.changed(recipe.training)
    request = replace(request, variant=recipe.variant)
    return Plan(request, name, settings.changed(request.changes or {}), base_name)


def fingerprint(
    plan: Plan, recipe: Recipe, release: Release, tables: Mapping[str, str]
) -> dict[str, Any]:
    """The values that must be equal for an interrupted run to continue.

    Arguments:
        tables: hashes of the files that rows are read from, by name.
    """
    return {
        "locale": recipe.locale,
        "recipe": recipe.digest,
        "release": release.version,
        "data": str(release.folder.resolve()),
        "tables": dict(tables),
        "encoding": release.encoding,
        "base": plan.base_name,
        "preset": plan.preset,
        "settings": plan.settings.as_dict(),
        "limit": plan.request.limit,
        "seed": plan.request.seed,
    }
