"""WER in words; loaded for ``yue`` alone."""

from __future__ import annotations

from cvrecipes_zh.words import cantonese

from cvrecipes import hookimpl


@hookimpl
def split_words(text: str) -> list[str]:
    """The words of PyCantonese."""
    return cantonese(text)
