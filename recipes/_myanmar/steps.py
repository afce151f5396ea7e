"""Steps of the Myanmar script."""

from __future__ import annotations

import regex

# The place of each sign behind its consonant: medials ya, ra, wa, ha; vowel sign e; vowel
# signs above; vowel signs below; vowel signs aa; anusvara; dot below; visarga.
_PLACES = (
    "\u103b", "\u103c", "\u103d", "\u103e", "\u1031", "\u102d\u102e\u1033\u1034\u1035",
    "\u102f\u1030", "\u102b\u102c", "\u1036", "\u1037", "\u1038",
)  # fmt: skip
_PLACE = {sign: place for place, signs in enumerate(_PLACES) for sign in signs}
_SIGNS = regex.compile(f"[{''.join(_PLACE)}]{{2,}}")
_ZERO_FOR_WA = regex.compile(
    r"(?<=[\p{Mymr}--\p{Nd}])\u1040(?!\p{Nd})|(?<!\p{Nd})\u1040(?=[\u102b-\u103e\u105e-\u1060])",
    regex.V1,
)


def myanmar_order(text: str) -> str:
    """Signs behind a consonant come in one order, and each once.

    Most of them look the same in any order (ကို, ကုိ). The asat, the virama, the vowel sign ai
    and the medials of Mon keep their place: Mon writes some of them where Burmese does not.
    Source: Unicode Technical Note 11, Representing Myanmar in Unicode, order of diacritics.
    """
    return str(_SIGNS.sub(lambda match: _ordered(match[0]), text))


def _ordered(signs: str) -> str:
    return "".join(sorted(dict.fromkeys(signs), key=_PLACE.__getitem__))


def myanmar_wa(text: str) -> str:
    """A digit zero typed for the letter wa, behind a letter or before a sign, becomes wa.

    A zero beside another digit is a number. Source: Unicode's confusables.txt, U+101D, U+1040.
    """
    return str(_ZERO_FOR_WA.sub("\u101d", text))
