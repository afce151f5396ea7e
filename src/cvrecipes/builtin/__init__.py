"""The built-in plugin: the recipes and steps that ship with cvrecipes.

It offers them through the same hooks that any other plugin uses.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cvrecipes.hookspecs import hookimpl
from cvrecipes.text import numbers, script_steps, steps
from cvrecipes.text.steps import Step


def recipes_folder() -> Path:
    """The built-in recipes: inside the package, or beside ``src/`` in a checkout."""
    packed = Path(__file__).parents[1] / "recipes"
    return packed if packed.is_dir() else Path(__file__).parents[3] / "recipes"


@hookimpl
def register_recipes(register: Callable[[Path], None]) -> None:
    """Offer the folders of ``recipes/``."""
    register(recipes_folder())


@hookimpl
def register_steps(register: Callable[[str, Step], None]) -> None:
    """Offer the steps of `cvrecipes.text.steps`, `script_steps` and `numbers`."""
    for name, step in (steps.STEPS | script_steps.STEPS | numbers.STEPS).items():
        register(name, step)
