"""Every hook of cvrecipes. A plugin implements the ones it needs with `cvrecipes.hookimpl`.

An implementation may take fewer arguments than the specification. One run works on one
language with one fresh plugin manager, so no hook has to ask which language it is for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from cvrecipes.recipe import Recipe
    from cvrecipes.records import Clip, Corpus, Release, RunReport

PROJECT = "cvrecipes"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def register_recipes(register: Callable[[Path], None]) -> None:
    """Offer recipe folders.

    Called once when the recipes are looked for. Call ``register(path)`` with a folder
    that holds ``<locale>/recipe.toml`` for each locale, and ``_name/recipe.toml`` for
    parents.
    """


@hookspec
def register_steps(register: Callable[[str, Callable[[str], str]], None]) -> None:
    """Offer text steps that recipes may name in ``[text] first`` and ``steps``.

    Call ``register("ga.lower", lower)``. A step is a pure function from string to
    string, never raises, and works on any part of a sentence cut at white space. One that
    raises, or gives no text, stops the command that normalizes; it is named.
    """


@hookspec
def register_sources(register: Callable[[str, Callable[[str, str], Release | None]], None]) -> None:
    """Offer ways to open what the user gives as ``--data WHERE``.

    Call ``register("folder", opener)``. ``opener(where, locale)`` gives a `Release`, or
    None when WHERE is not of its kind. The first opener that answers wins. An opener that can
    read tables in another encoding than UTF-8 takes a third argument, ``encoding``: what the user
    gave as ``--encoding``, by Python's name of it, or None.
    """


@hookspec
def register_commands(cli: Any) -> None:
    """Add commands to the command line: `cli` is the top click group."""


@hookspec
def vocabulary_extras(recipe: Recipe) -> Sequence[str]:
    """Tokens to add to the CTC vocabulary, beside the alphabet and the recipe's extras."""
    raise NotImplementedError


@hookspec
def reason_to_leave_out(clip: Clip, text: str, recipe: Recipe) -> str | None:
    """Why a clip should not be used, or None.

    Called for each clip that passed every check of the engine. `text` is its normalized
    sentence. All reasons of all plugins are written down.
    """


@hookspec(firstresult=True)
def split_words(text: str, recipe: Recipe) -> list[str] | None:
    """The units WER counts, for scripts that write no spaces; None to split at spaces."""


@hookspec
def prepare_training(arguments: dict[str, Any], corpus: Corpus, recipe: Recipe) -> None:
    """Change the keyword arguments of ``transformers.TrainingArguments`` in place.

    Called once, after the settings were turned into arguments.
    """


@hookspec
def run_finished(report: RunReport, recipe: Recipe) -> None:
    """Called when a run has succeeded and all its files are in place."""
