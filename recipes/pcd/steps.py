"""Steps of Picard."""

from __future__ import annotations

import regex

_NASAL = regex.compile(
    r"(?<=\p{L}([nm]))[-\u2010\u2011](?=\1(?:e(?:s|mint)?|['’])(?![\p{L}\p{M}]))"
)


def nasal_hyphen(text: str) -> str:
    """The hyphen between a nasal vowel and -ne, -nes, -nemint, or -n' for -ne goes.

    A hyphen elsewhere joins two words. Source: Principes d'écriture of Dauby and Vasseur, after
    Ches Vints d'Artois: sémain-ne, dain-ne, épin-ne.
    """
    return str(_NASAL.sub("", text))
