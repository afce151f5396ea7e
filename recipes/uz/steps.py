"""Steps of Uzbek."""

from __future__ import annotations

import re

_LETTER = re.compile("(?<=[oOgG])['’‘ʻʼ`´‛ʽ]")


def uzbek_letters(text: str) -> str:
    """The letters oʻ and gʻ have U+02BB, whatever apostrophe was typed.

    Source: the Uzbek Latin alphabet of 1995; CLDR 48 exemplar characters of uz.
    """
    return _LETTER.sub("ʻ", text)
