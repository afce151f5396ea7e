"""Numbers in words for cvrecipes: built-in recipes with their ``numbers_`` step switched on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cvrecipes import hookimpl


@hookimpl
def register_recipes(register: Callable[[Path], None]) -> None:
    """Offer the languages that num2words spells right and that have one way to."""
    register(Path(__file__).parent / "recipes")
