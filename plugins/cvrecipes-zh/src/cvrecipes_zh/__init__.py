"""Chinese and Cantonese for cvrecipes: character variants folded, and WER in words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cvrecipes import hookimpl
from cvrecipes_zh.folding import STEPS


@hookimpl
def register_recipes(register: Callable[[Path], None]) -> None:
    """Offer ``zh-CN``, ``zh-TW``, ``zh-HK`` and ``yue``."""
    register(Path(__file__).parent / "recipes")


@hookimpl
def register_steps(register: Callable[[str, Callable[[str], str]], None]) -> None:
    """Offer ``zh.simplified``, ``zh.taiwan`` and ``zh.hong_kong``."""
    for name, step in STEPS.items():
        register(name, step)
