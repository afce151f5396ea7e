"""Steps of Armenian."""

from __future__ import annotations

import regex

_MARKS = regex.compile("[\u055a-\u055c\u055e\u055f]")


def armenian_marks(text: str) -> str:
    """The marks that stand on a vowel inside the word are left out: ՞ ՜ ՛ ՚ ՟.

    Source: Unicode 7.6; Armenian orthography writes question and exclamation there.
    """
    return str(_MARKS.sub("", text))


_AND = regex.compile(r"(?<![\p{L}\p{M}])եվ(?![\p{L}\p{M}])")


def armenian_ev(text: str) -> str:
    """The word "and", in capitals Եվ or ԵՎ, is և in small letters.

    Source: Reformed Armenian orthography, where և has no capital of its own.
    """
    return str(_AND.sub("և", text))
