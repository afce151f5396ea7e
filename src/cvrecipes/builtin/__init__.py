"""The built-in plugin: it registers the recipes and steps that ship with cvrecipes.

It uses the same hooks as every other plugin.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cvrecipes.hookspecs import hookimpl
from cvrecipes.text import numbers, script_steps, steps
from cvrecipes.text.steps import Step


def recipes_folder() -> Path:
    """The folder of the built-in recipes: in the package, or beside ``src/`` in a clone."""
    packed = Path(__file__).parents[1] / "recipes"
    return packed if packed.is_dir() else Path(__file__).parents[3] / "recipes"


@hookimpl
def register_recipes(register: Callable[[Path], None]) -> None:
    """Register the folders of ``recipes/``."""
    register(recipes_folder())


@hookimpl
def register_steps(register: Callable[[str, Step], None]) -> None:
    """Register the steps of `cvrecipes.text.steps`, `script_steps` and `numbers`."""
    for name, step in (steps.STEPS | script_steps.STEPS | numbers.STEPS).items():
        register(name, step)
