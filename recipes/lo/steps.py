"""Steps of Lao."""

from __future__ import annotations

import re

_AM = re.compile("\u0ecd([\u0ec8-\u0ecb]?)\u0eb2")
_AM_TONE_LAST = re.compile("\u0eb3([\u0ec8-\u0ecb])")
_TONE_FIRST = re.compile("([\u0ec8-\u0ecb])([\u0eb1\u0eb4-\u0ebc])")


def lao_order(text: str) -> str:
    """Niggahita and aa are ຳ, two ເ are ແ, tone marks follow vowel signs.

    Source: Unicode 16.2.
    """
    text = text.replace("\u0ec0\u0ec0", "\u0ec1")
    text = _TONE_FIRST.sub(r"\2\1", text)
    text = _AM.sub("\\1\u0eb3", text)
    return _AM_TONE_LAST.sub("\\1\u0eb3", text)
