"""WER in words; loaded for ``th`` alone."""

from __future__ import annotations

from cvrecipes_th import words

from cvrecipes import hookimpl


@hookimpl
def split_words(text: str) -> list[str]:
    """The words of PyThaiNLP's newmm."""
    return words(text)
