"""Chinese and Cantonese for cvrecipes: character variants folded, and WER in words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from cvrecipes import hookimpl
from cvrecipes_zh.folding import STEPS
from cvrecipes_zh.words import SPLITTERS

if TYPE_CHECKING:
    from cvrecipes.recipe import Recipe


@hookimpl
def register_recipes(register: Callable[[Path], None]) -> None:
    """Offer ``zh-CN``, ``zh-TW``, ``zh-HK`` and ``yue``."""
    register(Path(__file__).parent / "recipes")


@hookimpl
def register_steps(register: Callable[[str, Callable[[str], str]], None]) -> None:
    """Offer ``zh.simplified``, ``zh.taiwan`` and ``zh.hong_kong``."""
    for name, step in STEPS.items():
        register(name, step)


@hookimpl
def split_words(text: str, recipe: Recipe) -> list[str] | None:
    """The words of jieba or, for ``yue``, of PyCantonese; None for other languages."""
    splitter = SPLITTERS.get(recipe.locale)
    return None if splitter is None else splitter(text)
