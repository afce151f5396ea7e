"""Steps of Hebrew."""

from __future__ import annotations

import unicodedata

import regex

_NIQQUD = regex.compile("[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7]")
_GERSHAYIM = regex.compile("(?<=\\p{Hebrew})[\"״”“''’׳](?=\\p{Hebrew})")


def hebrew_points(text: str) -> str:
    """Vowel points and marks of chanting are left out; the letters stay together.

    Not for Yiddish.

    Source: Unicode 9.1; the combining marks of the block Hebrew.
    """
    return unicodedata.normalize("NFC", _NIQQUD.sub("", text))


def hebrew_acronyms(text: str) -> str:
    """Geresh and gershayim inside a word are left out, and the word is joined: צה״ל, ג׳ירפה.

    Source: Unicode 9.1, on U+05F3 and U+05F4.
    """
    return str(_GERSHAYIM.sub("", text))
