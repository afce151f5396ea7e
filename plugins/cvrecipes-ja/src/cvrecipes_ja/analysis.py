"""Words and readings by Sudachi with its small dictionary, in short units (mode A).

Mode A is the short unit of UniDic, which has one definition for all of the language; the
longer modes follow the entries that a dictionary happens to have. The small dictionary is
UniDic's vocabulary, which is all that mode A splits into.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

import regex

if TYPE_CHECKING:
    from sudachipy import Morpheme, Tokenizer  # type: ignore[import-untyped, unused-ignore]

# Sudachi refuses more than 49,149 bytes at once; no letter has more than four.
_LONGEST = 12_000
_HAN = regex.compile(r"[\p{Han}ゝゞヽヾ]")
_KATAKANA = regex.compile(r"[ァ-ヺー]+")
_TO_KATAKANA = {code: code + 0x60 for code in (*range(0x3041, 0x3097), 0x309D, 0x309E)}


@lru_cache(maxsize=1)
def _tokenizer() -> Tokenizer:
    # A tenth of a second and 70 MB: not for every command of cvrecipes.
    from sudachipy import Dictionary, SplitMode

    return Dictionary(dict="small").tokenizer(mode=SplitMode.A)


def _morphemes(text: str) -> Iterator[Morpheme]:
    for start in range(0, len(text), _LONGEST):
        yield from _tokenizer().tokenize(text[start : start + _LONGEST])


def words(text: str) -> list[str]:
    """The words of a normalized text; joined, they are the text without its spaces."""
    return [morpheme.surface() for part in text.split() for morpheme in _morphemes(part)]


def to_kana(text: str) -> str:
    """Write a text in katakana; a word whose reading Sudachi does not know stays.

    Words in kana keep their spelling (は stays ハ), and so do Latin letters and digits.
    """
    # What stays in Han characters can become readable beside what has become kana.
    for _ in range(8):
        before, text = text, _read(text)
        if text == before:
            break
    return text


def _read(text: str) -> str:
    if not _HAN.search(text):
        return text.translate(_TO_KATAKANA)
    try:
        found = [(m.surface(), m.reading_form()) for m in _morphemes(text)]
    except UnicodeEncodeError:  # half a surrogate pair; steps never raise
        return text
    return "".join(
        reading if _HAN.search(surface) and _KATAKANA.fullmatch(reading) else surface
        for surface, reading in found
    ).translate(_TO_KATAKANA)
