"""Steps of Shimaore."""

from __future__ import annotations

import regex

_NASAL = regex.compile(
    r"(?<![\p{L}\p{M}])([mn])['’‘ʼ`´](?=[\p{L}--[aeiouyhàâéèêëîïôûùœæãẽĩõũ]])", regex.V1
)


def nasal_apostrophe(text: str) -> str:
    """The apostrophe between an m or n that starts a word and a consonant goes.

    Before a vowel or h it is the elision of French (m'appelle, n'est). Source: the alphabet of
    2006, which has no apostrophe.
    """
    return str(_NASAL.sub(r"\1", text))
