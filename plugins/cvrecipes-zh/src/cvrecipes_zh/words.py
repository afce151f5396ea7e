"""The words that WER counts: jieba's algorithm for Chinese, PyCantonese for Cantonese."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

import regex

from cvrecipes_zh.folding import convert

if TYPE_CHECKING:
    from rjieba import Jieba

_PRIVATE_USE = regex.compile(r"(\p{Co}+)")


@lru_cache(maxsize=1)
def _jieba() -> Jieba:
    import rjieba

    # One of our own: words that somebody adds to the shared one would change a WER.
    return rjieba.Jieba()


def simplified(text: str) -> list[str]:
    """Words of a text in Simplified characters; joined, the text without its spaces."""
    return [word for part in text.split() for word in _cut(part)]


def traditional(text: str) -> list[str]:
    """The same for Traditional ones; jieba's dictionary is asked in Simplified."""
    words: list[str] = []
    for part in text.split():
        start = 0
        for word in _cut(convert("t2s", part)):
            words.append(part[start : start + len(word)])
            start += len(word)
    return words


def _cut(part: str) -> list[str]:
    # Without jieba's guesses at unknown words: they change with the neighbors, so that one
    # wrong character would count as several wrong words.
    return list(_jieba().cut(part, False))


def cantonese(text: str) -> list[str]:
    """Words of a text in Cantonese; joined, the text without its spaces."""
    import pycantonese

    # PyCantonese puts private-use characters in the place of Latin words while it works, and
    # would take one that is in the text for such a word.
    return [
        word
        for part in text.split()
        for piece in _PRIVATE_USE.split(part)
        if piece
        for word in ([piece] if _PRIVATE_USE.match(piece) else pycantonese.segment(piece))
    ]


SPLITTERS: dict[str, Callable[[str], list[str]]] = {
    "zh-CN": simplified,
    "zh-TW": traditional,
    "zh-HK": traditional,
    "yue": cantonese,
}
