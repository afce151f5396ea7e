"""Named steps that spell out numbers with num2words: ``numbers_tr``, ``numbers_de``.

No built-in recipe uses such a step, because digits do not show how a speaker read them (1984 in
German, 5 in Russian). A user's recipe may use one. num2words is installed by the extra
``[numbers]``. Reading a recipe with such a step checks that num2words is installed; the first
number imports it.

The table holds only languages in which num2words 0.5.14 counts correctly: 0 to 9999 and a million
raise no error, are all different, differ from its English and Spanish, and use only letters of
the built-in recipe's alphabet. The words were compared with the spell-out rules of CLDR 42, which
has none for Bengali and Tajik. These languages failed:

- ``am`` raises from 1100; ``sr`` is written in Latin letters, the recipe in Cyrillic;
  ``ce kn tet`` have no recipe;
- wrong words: ``da`` treds instead of tres, ``hu`` százkét instead of százkettő, ``it``
  centodicotto instead of centodiciotto, ``no`` en tusen instead of ett tusen, ``sv`` förtio instead
  of fyrtio, ``te`` "one hundreds one" for 101, ``lv`` simtu instead of simts, ``vi`` lẻ before
  tens;
- ``cy`` counts in twenties only, but few people read larger numbers so;
- ``fr_BE`` and ``fr_CH`` write deux cents un; ``en_* es_* fr_DZ`` count as en, es and fr do.

Estonian (``et``) is missing, because num2words answers in Spanish for ``est``.
"""

from __future__ import annotations

import importlib
import importlib.util
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import regex

PACKAGE = "num2words"
# Above this number num2words makes mistakes: Turkish 41 000 becomes 40 000.
LARGEST = 9_999
# Replaces punctuation beside digits that were not spelled out. If later steps deleted the full
# stop of 3.5, the second round would spell out the rest as "three five". Unicode counts U+A78F as a
# letter, so no later step deletes it; no alphabet has it, so the clip is left out.
KEPT = "\ua78f"

_OPENING = regex.escape("([{«„“‚‘”»¿¡\"'「『")
_CLOSING = regex.escape(")]}»“”’‘«\"'!?,;:…」』。、，！？；：।؟،؛۔")
_BETWEEN = r"\p{P}\p{S}"


@dataclass(frozen=True)
class Language:
    """One language that num2words can count in.

    Attributes:
        converter: its key in ``num2words.CONVERTER_CLASSES``.
        zeros: the zero of each further set of digits, besides ASCII.
        letters: the letters of a script without spaces, in which numbers stand.
        stop: whether a full stop after a number may make it an ordinal.
        suffix: whether a suffix may follow the number after an apostrophe.
        repair: turns the spelling of num2words into that of running text.
    """

    converter: str
    zeros: str = ""
    letters: str = ""
    stop: bool = False
    suffix: bool = False
    repair: Callable[[str], str] | None = None


class _Apart:
    """Puts spaces between the number words that num2words joins."""

    def __init__(self, words: str) -> None:
        alternatives = sorted(words.split(), key=lambda word: (-len(word), word))
        self._pattern = regex.compile("(" + "|".join(alternatives) + r")(?=\p{L})")

    def __call__(self, text: str) -> str:
        return str(self._pattern.sub(r"\1 ", text))


def _joined_waw(text: str) -> str:
    """Arabic writes "and" together with the next word."""
    return text.replace(" و ", " و")


# Internetová jazyková příručka: dvě stě, tři sta, pět set.
_HUNDREDS = regex.compile(r"(?<=dvě|tři|čtyři|pět|šest|sedm|osm|devět)(stě|sta|set)\b")


def _czech_hundreds(text: str) -> str:
    """Czech writes the hundreds apart from their number."""
    return str(_HUNDREDS.sub(r" \1", text))


# tr: Türk Dil Kurumu, Yazım Kılavuzu: number words are written apart except in cheques.
_TURKISH = (
    "sıfır bir iki üç dört beş altı yedi sekiz dokuz on yirmi otuz kırk elli altmış yetmiş "
    "seksen doksan yüz bin"
)

LANGUAGES: dict[str, Language] = {
    "ar": Language("ar", zeros="٠۰", repair=_joined_waw),
    "az": Language("az"),
    "be": Language("be"),
    "bn": Language("bn", zeros="০"),
    "ca": Language("ca"),
    "cs": Language("cs", stop=True, repair=_czech_hundreds),
    "de": Language("de", stop=True),
    "en": Language("en"),
    "eo": Language("eo", repair=_Apart("mil")),
    "es": Language("es"),
    "fa": Language("fa", zeros="۰٠"),
    "fi": Language("fi", stop=True),
    "fr": Language("fr"),
    "he": Language("he"),
    "id": Language("id"),
    "is": Language("is", stop=True),
    "ja": Language("ja", letters=r"\p{Han}\p{Hiragana}\p{Katakana}ー"),
    "kk": Language("kz"),
    "ko": Language("ko"),
    "lt": Language("lt"),
    "nl": Language("nl"),
    "pl": Language("pl", stop=True),
    "pt": Language("pt"),
    "pt_br": Language("pt_BR"),
    "ro": Language("ro"),
    "ru": Language("ru"),
    "sk": Language("sk", stop=True),
    "sl": Language("sl", stop=True),
    "tg": Language("tg"),
    "th": Language("th", zeros="๐", letters=r"\p{Thai}"),
    "tr": Language("tr", stop=True, suffix=True, repair=_Apart(_TURKISH)),
    "uk": Language("uk"),
}  # fmt: skip


class SpellNumbers:
    """The step of one language, which spells out whole numbers up to `LARGEST`.

    Some numbers stay digits, because they can be read in more than one way: numbers that letters or
    signs touch (3.5, %5, 20th, -5, 10:30), larger numbers, and numbers with a leading zero.
    Quotation marks, brackets and punctuation at the end of a clause may touch a number.
    """

    def __init__(self, language: Language) -> None:
        self._language = language
        runs = ["0-9"] + [f"{zero}-{chr(ord(zero) + 9)}" for zero in language.zeros]
        digits = "".join(runs)
        run = "|".join(f"[{digits_of_script}]++" for digits_of_script in runs)
        # A digit does not count as a letter; otherwise half of a number could be spelled out.
        letters = rf"[{language.letters}]--\p{{N}}" if language.letters else ""
        inner = f"||[{letters}]" if letters else ""
        # In a script without spaces, the end of the last clause may stand right before a number.
        opening = _OPENING + ("、。！？" if letters else "")
        leading = rf"(?<![^[\s{opening}]{inner}][{opening}]{{0,3}})"
        closing = _CLOSING + ("" if language.stop else r"\.")
        after = rf"(?![{closing}]{{0,3}}[^[\s{closing}]{inner}])"
        if language.suffix:
            after = rf"(?:(?=['’ʼ]\p{{L}})|{after})"
        self._number = regex.compile(f"{leading}(?:{run}){after}", regex.VERSION1)
        self._digit = regex.compile(f"[{digits}]")
        self._touching = regex.compile(
            f"(?<=[{digits}])[{_BETWEEN}]++|[{_BETWEEN}]++(?=[{digits}])"
        )

    def __reduce__(self) -> tuple[object, ...]:
        return SpellNumbers, (self._language,)  # the converter of num2words is not pickled

    def __call__(self, text: str) -> str:
        """Spell out the numbers of a text; never raises."""
        if not self._digit.search(text):
            return text
        text = self._number.sub(lambda match: self._spell(match[0]), text)
        return str(self._touching.sub(KEPT, text))

    def missing(self) -> str | None:
        """How to install num2words; None if it is installed."""
        try:
            installed = importlib.util.find_spec(PACKAGE) is not None
        except (ImportError, ValueError):
            installed = False
        return None if installed else "pip install 'cvrecipes[numbers]'"

    def _spell(self, run: str) -> str:
        digits = "".join(str(unicodedata.digit(character)) for character in run)
        if len(digits) > len(str(LARGEST)) or (digits[0] == "0" and len(digits) > 1):
            return run
        try:
            words = str(self._converter.to_cardinal(int(digits))).lower()
        except Exception:  # a step never raises; the digits leave the clip out
            return run
        if self._language.repair is not None:
            words = self._language.repair(words)
        return unicodedata.normalize("NFC", words)

    @cached_property
    def _converter(self) -> Any:
        # Not through num2words(), which falls back to the first two letters of an unknown code.
        return importlib.import_module(PACKAGE).CONVERTER_CLASSES[self._language.converter]


STEPS: dict[str, SpellNumbers] = {
    f"numbers_{code}": SpellNumbers(language) for code, language in LANGUAGES.items()
}
