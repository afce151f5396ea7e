"""Steps of Khmer."""

from __future__ import annotations

import re

# A consonant or an independent vowel, then all its signs.
_SYLLABLE = re.compile("[\u1780-\u17b3]((?:\u17d2[\u1780-\u17b3]|[\u17b6-\u17d1\u17dd])+)")
_SIGN = re.compile("\u17d2[\u1780-\u17b3]|[\u17b6-\u17d1\u17dd]")
_RO = "\u17d2\u179a"
_DA, _TA = "\u17d2\u178a", "\u17d2\u178f"
_VOWELS = re.compile("[\u17b6-\u17c5]")


def khmer_order(text: str) -> str:
    """The signs of a syllable in one order, and subscript da as the subscript ta it looks like.

    Source: Unicode Technical Note 61: base, robat, subscripts (ro last), shifter, vowel, signs.
    """
    return _SYLLABLE.sub(_ordered, text)


def _ordered(syllable: re.Match[str]) -> str:
    signs = [_TA if sign == _DA else sign for sign in _SIGN.findall(syllable[1])]
    return syllable[0][0] + "".join(sorted(signs, key=_place))


def _place(sign: str) -> int:
    if sign == "\u17cc":
        return 0
    if len(sign) == 2:
        return 2 if sign == _RO else 1
    if sign in "\u17c9\u17ca":
        return 3
    return 4 if _VOWELS.match(sign) else 5
