"""Steps of Taiwanese Southern Min."""

from __future__ import annotations

import regex

_READING = regex.compile(
    r"(?<=\p{Han})\s?[(（](?=[^()（）\p{Han}]*\p{Latin})[^()（）\p{Han}]*[)）](?:\s?(?=\p{Han}))?"
)


def han_readings(text: str) -> str:
    """Readings in Latin letters, in parentheses after Han characters, are left out: 我的 (góa-ê).

    They show which of several readings is meant, and are not read out themselves.
    Source: Common Voice datasheet of nan-tw, on reference readings in parentheses.
    """
    return str(_READING.sub("", text))
