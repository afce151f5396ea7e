"""The words that WER counts: jieba's algorithm for Chinese, PyCantonese for Cantonese."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

from cvrecipes_zh.folding import convert

if TYPE_CHECKING:
    from rjieba import Jieba


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

    return [word for part in text.split() for word in pycantonese.segment(part)]


SPLITTERS: dict[str, Callable[[str], list[str]]] = {
    "zh-CN": simplified,
    "zh-TW": traditional,
    "zh-HK": traditional,
    "yue": cantonese,
}
