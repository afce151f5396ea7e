"""The plugin in the box: the recipes and steps that ship with cvrecipes.

They arrive through the same hooks as everybody's.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cvrecipes.hookspecs import hookimpl
from cvrecipes.text import numbers, scripts, steps
from cvrecipes.text.steps import Step


def recipes_folder() -> Path:
    """The recipes of the box: inside the package, or beside ``src/`` in a checkout."""
    packed = Path(__file__).parent / "recipes"
    return packed if packed.is_dir() else Path(__file__).parents[2] / "recipes"


@hookimpl
def register_recipes(register: Callable[[Path], None]) -> None:
    """Offer the folders of ``recipes/``."""
    register(recipes_folder())


@hookimpl
def register_steps(register: Callable[[str, Step], None]) -> None:
    """Offer the steps of `cvrecipes.text.steps`, `scripts` and `numbers`."""
    for name, step in (steps.STEPS | scripts.STEPS | numbers.STEPS).items():
        register(name, step)
