"""Steps of Thai."""

from __future__ import annotations

import re

_SARA_AM = re.compile("\u0e4d([\u0e48-\u0e4b]?)\u0e32")
_SARA_AM_TONE_LAST = re.compile("\u0e33([\u0e48-\u0e4b])")
_TONE_FIRST = re.compile("([\u0e48-\u0e4b])([\u0e31\u0e34-\u0e3a\u0e47])")


def thai_order(text: str) -> str:
    """Nikhahit and sara aa are ำ, two เ are แ, tone marks follow vowel signs.

    Source: Unicode 16.1; the order of the Thai Industrial Standard WTT 2.0.
    """
    text = text.replace("\u0e40\u0e40", "\u0e41")
    text = _TONE_FIRST.sub(r"\2\1", text)
    text = _SARA_AM.sub("\\1\u0e33", text)
    return _SARA_AM_TONE_LAST.sub("\\1\u0e33", text)
