"""Steps of Michoacán Mazahua."""

from __future__ import annotations

import unicodedata

import regex

_TONES = "\u0300-\u0302\u030c"  # acute, grave, circumflex, caron
_VOWEL_MARKS = "\u0308\u0304"  # diaeresis, macron
_TONE_FIRST = regex.compile(f"([{_TONES}]+)([{_VOWEL_MARKS}]+)")
_TWICE = regex.compile(rf"([{_TONES}{_VOWEL_MARKS}])\1+")


def mazahua_marks(text: str) -> str:
    """The marks of a vowel in one order, what makes the vowel before its tone, and each once.

    Other orders look alike and are different text to Unicode, as marks above do not sort.
    Source: the datasheet of mmc has ü and ǖ as vowels, tones as marks on them, and in a
    sample a tone typed twice.
    """
    decomposed = unicodedata.normalize("NFD", text)
    ordered = _TONE_FIRST.sub(r"\2\1", decomposed)
    return unicodedata.normalize("NFC", _TWICE.sub(r"\1", ordered))
