"""Steps of Michoacán Mazahua."""

from __future__ import annotations

import unicodedata

import regex

# A tone (acute, grave, circumflex, caron) before what makes another vowel (diaeresis, macron).
_TONE_FIRST = regex.compile("([\u0300-\u0302\u030c])([\u0308\u0304]+)")


def mazahua_tone_last(text: str) -> str:
    """The marks of a vowel in one order: diaeresis or macron, then the tone.

    Both orders look alike and are different text to Unicode, as marks above do not sort.
    Source: the datasheet of mmc gives ü and ǖ as vowels, and tones as marks on them.
    """
    decomposed = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFC", _TONE_FIRST.sub(r"\2\1", decomposed))
