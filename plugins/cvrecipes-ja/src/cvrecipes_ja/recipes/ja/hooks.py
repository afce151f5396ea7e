"""WER in words; loaded for ``ja`` alone."""

from __future__ import annotations

from cvrecipes_ja.analysis import words

from cvrecipes import hookimpl


@hookimpl
def split_words(text: str) -> list[str]:
    """The short units of Sudachi."""
    return words(text)
