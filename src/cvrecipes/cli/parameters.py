"""Types of arguments and options: what is refused at once, and what a shell completes."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from typing import Any

import click
from click.shell_completion import CompletionItem

_EMPTY = "it is empty; is a shell variable not set?"


class Text(click.types.StringParamType):
    """Text that is not empty: an empty value is nearly always an unset shell variable."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The value as it is."""
        if value == "":
            self.fail(_EMPTY, param, ctx)
        return super().convert(value, param, ctx)


class Locale(Text):
    """A code that has a recipe; a shell completes it."""

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """The locales of all recipe folders; none of them is read."""
        from cvrecipes.catalog import find_recipes
        from cvrecipes.plugins import new_manager

        return _items(list(find_recipes(new_manager()).recipes), incomplete)


class Place(Text):
    """A folder, or a name that a plugin or the Hub knows; a shell completes folders."""

    def __init__(self, *names: str) -> None:
        self.names = names

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Folders, as the shell knows them, and names that are no folders."""
        # In this order: bash forgets what came before a folder.
        return [CompletionItem(incomplete, type="dir"), *_items(self.names, incomplete)]


class Preset(Text):
    """A preset; a shell completes it."""

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """The presets, each with what it is for."""
        from cvrecipes.settings import PRESETS

        return _items(list(PRESETS), incomplete, [what for what, _ in PRESETS.values()])


class Assignment(Text):
    """``key=value``; a shell completes the key, and the value where few are allowed."""

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """``name=`` of each setting, or ``name=value`` once the name is typed."""
        from dataclasses import fields

        from cvrecipes.settings import Settings

        settings = {field.name: field for field in fields(Settings)}
        name, sign, _ = incomplete.partition("=")
        if not sign:
            helps = [field.metadata["help"] for field in settings.values()]
            return _items([f"{key}=" for key in settings], incomplete, helps)
        if name not in settings:
            return []
        field = settings[name]
        values = field.metadata["choices"] or (
            ("true", "false") if isinstance(field.default, bool) else ()
        )
        return _items([f"{name}={value}" for value in values], incomplete)


class RecipeChange(Text):
    """``key=value`` of a recipe; a shell completes the key."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The value as it is, once it has an equals sign."""
        text = super().convert(value, param, ctx)
        key, sign, _ = text.partition("=")
        if not sign or not key.strip():
            self.fail(f"{text!r} is not of the form KEY=VALUE", param, ctx)
        return text

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """``table.key=`` of each key that one run may change."""
        from cvrecipes.recipe import TABLES

        keys = [f"{table}.{key}=" for table, keys in TABLES.items() for key in keys]
        return _items(["headline=", "script=", *keys], incomplete)


class Device(Text):
    """``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``."""

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Every kind of device, even one this machine lacks: a check would import torch."""
        return _items(("auto", "cpu", "cuda", "mps"), incomplete)


class Path(click.Path):
    """A path that is not empty."""

    def convert(
        self,
        value: str | os.PathLike[str],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> Any:
        """The path; an empty one would mean the working directory."""
        if value == "":
            self.fail(_EMPTY, param, ctx)
        return super().convert(value, param, ctx)


class Hours(click.types.FloatParamType):
    """A number of hours, neither infinite nor nan, above zero."""

    name = "hours"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """The number."""
        try:
            hours = float(value)
        except ValueError:
            hours = math.nan
        if not (math.isfinite(hours) and hours > 0):
            self.fail(f"{str(value)!r} is not a number of hours above 0", param, ctx)
        return hours


def _items(
    words: Sequence[str], incomplete: str, helps: Sequence[str] | None = None
) -> list[CompletionItem]:
    return [
        CompletionItem(word, help=help or None)
        for word, help in zip(words, helps or [""] * len(words), strict=True)
        if word.startswith(incomplete)
    ]


TEXT, LOCALE, FOLDER, BASE = Text(), Locale(), Place(), Place("tiny")
PRESET, ASSIGNMENT, DEVICE, HOURS = Preset(), Assignment(), Device(), Hours()
RECIPE_CHANGE = RecipeChange()
# numpy takes no seed above.
SEED = click.IntRange(0, 2**32 - 1)
