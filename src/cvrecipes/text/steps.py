"""Named steps: pure functions from string to string that recipes put in order by name.

Every step works on any part of a sentence that was cut at white space, never raises, and does not
change any other text.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

import regex

from cvrecipes.text.tables import COMPATIBILITY, INVISIBLE

Step = Callable[[str], str]


def compose(text: str) -> str:
    """NFC: one code point where Unicode has one."""
    return unicodedata.normalize("NFC", text)


def drop_invisible(text: str) -> str:
    """Delete control, format (zero width, bidi, soft hyphen) and surrogate code points.

    Runs of more than thirty combining marks are cut (the limit of Unicode's Stream-Safe
    Text Format, UAX 15 section 13): composing them would take time by their square.
    """
    if len(text) > _MARKS_AT_MOST:
        text = _MARK_RUN.sub(r"\1", text)
    return text.translate(INVISIBLE)


_MARKS_AT_MOST = 30
_MARK_RUN = regex.compile(rf"(\p{{M}}{{{_MARKS_AT_MOST}}})\p{{M}}++")


def fold_compatibility(text: str) -> str:
    """Fold presentation forms, full-width letters and ligatures to ordinary letters."""
    return unicodedata.normalize("NFC", text.translate(COMPATIBILITY))


def lower(text: str) -> str:
    """Lower-case by the Unicode default, with the final sigma of Greek words."""
    return unicodedata.normalize("NFC", text.lower())


_TURKIC = str.maketrans({"İ": "i", "I": "ı"})


def lower_turkic(text: str) -> str:
    """Lower-case with dotted and dotless i: İ to i, I to ı.

    Source: Unicode SpecialCasing.txt, the conditions ``tr`` and ``az``. A decomposed
    İ (I, U+0307) is the dotted letter; a U+0307 after i says nothing and goes.
    """
    composed = unicodedata.normalize("NFC", text.replace("I\u0307", "İ"))
    return unicodedata.normalize("NFC", composed.translate(_TURKIC).lower()).replace("i\u0307", "i")


def lower_lithuanian(text: str) -> str:
    """Lower-case; the dot that i keeps under an accent in Lithuanian goes.

    Source: Unicode SpecialCasing.txt, condition ``lt``. ė is one code point in NFC and stays.
    """
    composed = lower(text)
    return unicodedata.normalize("NFC", _DOTTED.sub(r"\1", composed))


_DOTTED = regex.compile("([ijį])\u0307")


def lower_greek(text: str) -> str:
    """Lower-case with ς at the end of a word and σ elsewhere, however it was typed.

    Source: Unicode SpecialCasing.txt, condition Final_Sigma.
    """
    # Python's own rule sees one word in Ο.Ε.Σ.; here a full stop ends a word.
    text = lower(text.replace("Σ", "σ"))
    text = _FINAL_INSIDE.sub("σ", text)
    return str(_SIGMA_AT_END.sub("ς", text))


_FINAL_INSIDE = regex.compile(r"ς(?=[\p{L}\p{M}])")
_SIGMA_AT_END = regex.compile(r"(?<=\p{L}\p{M}*)σ(?![\p{L}\p{M}])")


def lower_irish(text: str) -> str:
    """Lower-case; the prefixes t and n before a capital vowel get their hyphen: tÉ to t-é.

    Source: An Caighdeán Oifigiúil (2017), on prefixed t and n: a hyphen before a small
    vowel, none before a capital.
    """
    return lower(str(_IRISH_PREFIX.sub(r"\1-\2", unicodedata.normalize("NFC", text))))


_IRISH_PREFIX = regex.compile(r"\b([tn])([AEIOUÁÉÍÓÚ])")


# Letters with apostrophes between them; a hyphen ends a run, so "PC-игра" is two.
_RUN = regex.compile(r"[\p{L}\p{M}]++(?:['’ʼ‘`´][\p{L}\p{M}]++)*+")


def each_run(step: Step) -> Step:
    """A step applied to each run of letters by itself; everything between stays."""
    return lambda text: str(_RUN.sub(lambda match: step(match[0]), text))


def collapse_spaces(text: str) -> str:
    """One space between words, none at the ends."""
    return " ".join(text.split())


# Latin letters that look like Cyrillic ones; sources: Unicode confusables.txt.
_LATIN_TO_CYRILLIC = str.maketrans(
    "aceopxyABCEHKMOPTXyıʙ", "асеорхуАВСЕНКМОРТХуıв"
)  # fmt: skip
_LATIN_TO_CYRILLIC_SHHA = _LATIN_TO_CYRILLIC | str.maketrans("Hh", "Һһ")
_CYRILLIC_TO_LATIN = str.maketrans("аеорсухАВЕКМНОРСТХіІјЈѕЅ", "aeopcyxABEKMHOPCTXiIjJsS")
_CYRILLIC, _LATIN = regex.compile(r"\p{Cyrillic}"), regex.compile(r"\p{Latin}")
_VOWELS = "aeoyаеоуі"


def _lookalikes(table: dict[int, int], own: regex.Pattern[str], other: regex.Pattern[str]) -> Step:
    """Translate look-alikes of the `other` script in words that hold a letter of the `own`.

    A word of look-alikes alone is translated when it is one letter, or two with a vowel: a
    conjunction or pronoun typed on the wrong keyboard (A, He, Ac). Longer ones may be what they
    look like (Ace, Max, OPEC), two consonants are an abbreviation (PC, XP), and X is ten; a wrong
    text would be learned where now the clip is left out. Capitals decide nothing: they are gone
    when a text is normalized again.
    """
    signs = "".join(chr(point) for point in table if chr(point) not in "xX")
    short = regex.compile(rf"[{signs}]|(?=.?[{_VOWELS}])[{signs}xX]{{2}}", regex.IGNORECASE)
    only = regex.compile(rf"[{signs}xX]++")

    def repair(word: str) -> str:
        if own.search(word) and other.search(word):
            return word.translate(table)
        return word.translate(table) if only.fullmatch(word) and short.fullmatch(word) else word

    by_run = each_run(repair)
    return lambda text: by_run(text) if other.search(text) else text


_in_cyrillic = _lookalikes(_LATIN_TO_CYRILLIC, _CYRILLIC, _LATIN)
_in_cyrillic_shha = _lookalikes(_LATIN_TO_CYRILLIC_SHHA, _CYRILLIC, _LATIN)
_in_latin = _lookalikes(_CYRILLIC_TO_LATIN, _LATIN, _CYRILLIC)


def latin_in_cyrillic(text: str) -> str:
    """Latin look-alikes become Cyrillic in a word that holds Cyrillic letters, or a short one."""
    return _in_cyrillic(text)


def latin_in_cyrillic_shha(text: str) -> str:
    """The same for languages with the letter һ: Latin H and h are Һ and һ, not Н."""
    return _in_cyrillic_shha(text)


def cyrillic_in_latin(text: str) -> str:
    """Cyrillic look-alikes become Latin in a word that holds Latin letters, or a short one."""
    return _in_latin(text)


LOWER: dict[str, Step] = {
    "default": lower,
    "turkic": lower_turkic,
    "lithuanian": lower_lithuanian,
    "greek": lower_greek,
    "irish": lower_irish,
    "none": compose,
}

STEPS: dict[str, Step] = {
    "latin_in_cyrillic": latin_in_cyrillic,
    "latin_in_cyrillic_shha": latin_in_cyrillic_shha,
    "cyrillic_in_latin": cyrillic_in_latin,
}
