"""Named steps of scripts, which several languages share, where a table of replacements is not
enough. A step of one language is in that language's folder: ``recipes/<locale>/steps.py``.

Sources are named with each step; "do not use" sequences of Brahmic vowels are from the
Unicode Standard, version 17, chapters 12 and 13.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

import regex

from cvrecipes.text.steps import Step

_CJK = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Bopomofo}ー々〇]"


def _compose(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _table(pairs: Mapping[str, str]) -> Step:
    """Replace sequences, the longest first; keys are compared in NFC."""
    replacements = {_compose(key): _compose(value) for key, value in pairs.items()} | dict(pairs)
    keys = sorted(replacements, key=lambda key: (-len(key), key))
    pattern = regex.compile("|".join(regex.escape(key) for key in keys))
    return lambda text: _compose(pattern.sub(lambda match: replacements[match[0]], text))


# Arabic script -----------------------------------------------------------------------------

_HARAKAT = regex.compile(
    "[\u0610-\u061a\u064b-\u0652\u0656-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8"
    "\u06ea-\u06ed\u08d3-\u08ff\u0640]"
)


def arabic_marks(text: str) -> str:
    """Delete harakat, Koranic marks and tatweel without a space.

    U+0653 to U+0655 (madda and hamza above and below) stay: NFC makes letters of them.
    Source: Unicode names and chapter 9.2.
    """
    return _compose(_HARAKAT.sub("", text))


def sorani_heh(text: str) -> str:
    """Sorani: heh followed by a zero-width non-joiner is the vowel ە.

    Source: the Kurdish encoding practice before U+06D5 was in fonts; KLPT and Nisaba agree.
    """
    return text.replace("\u0647\u200c", "\u06d5")


def persian_heh(text: str) -> str:
    """Persian: heh with hamza above is written ۀ in one code point."""
    return text.replace("\u0647\u0654", "\u06c0").replace("\u06d5\u0654", "\u06c0")


# Brahmic scripts ---------------------------------------------------------------------------

_DO_NOT_USE = {
    # Devanagari, table 12-1
    "अा": "आ", "अॅ": "ॲ", "अॆ": "ऄ", "अै": "ऐ", "अॉ": "ऑ", "अॊ": "ऒ", "अो": "ओ", "अौ": "औ",
    "आॅ": "ऑ", "आे": "ओ", "आै": "औ", "एॅ": "ऍ", "एॆ": "ऎ", "एे": "ऐ", "र्इ": "ई", "उु": "ऊ",
    # Bengali, table 12-5
    "অা": "আ", "ঋৃ": "ৠ", "ঌৢ": "ৡ",
    # Gurmukhi, table 12-8
    "ਅਾ": "ਆ", "ੲਿ": "ਇ", "ੲੀ": "ਈ", "ੳੁ": "ਉ", "ੳੂ": "ਊ", "ੲੇ": "ਏ", "ਅੈ": "ਐ", "ੳੋ": "ਓ",
    "ਅੌ": "ਔ",
    # Gujarati, table 12-11
    "અા": "આ", "અૅ": "ઍ", "અે": "એ", "અૈ": "ઐ", "અૉ": "ઑ", "અો": "ઓ", "અૌ": "ઔ",
    # Oriya, table 12-14
    "ଅା": "ଆ", "ଏୗ": "ଐ", "ଓୗ": "ଔ",
    # Telugu, table 12-20
    "ఒౌ": "ఔ", "ఒౕ": "ఓ",
    # Kannada, table 12-24
    "ಉಾ": "ಊ", "ಒೌ": "ಔ", "ಋಾ": "ೠ",
    # Malayalam, table 12-30
    "ഇൗ": "ഈ", "ഉൗ": "ഊ", "എെ": "ഐ", "ഒാ": "ഓ", "ഒൗ": "ഔ",
    # Sinhala, table 13-1
    "අා": "ආ", "අැ": "ඇ", "අෑ": "ඈ", "උෟ": "ඌ", "ඍෘ": "ඎ", "එ්": "ඒ", "එෙ": "ඓ", "ඔෟ": "ඖ",
}  # fmt: skip
_brahmic = _table(_DO_NOT_USE)


def brahmic_vowels(text: str) -> str:
    """Independent vowels spelled with a vowel sign become the one code point they are."""
    return _brahmic(text)


# The zero and the anusvara of Telugu and Malayalam are both a circle.
_CIRCLES = {"\u0c66": "\u0c02", "\u0d66": "\u0d02"}
_CIRCLE_IN_WORD = regex.compile(
    r"(?<=[\p{Telu}--\p{Nd}])\u0c66(?!\p{Nd})|(?<=[\p{Mlym}--\p{Nd}])\u0d66(?!\p{Nd})", regex.V1
)


def anusvara_zero(text: str) -> str:
    """A digit zero typed for an anusvara, behind a letter or sign, becomes the anusvara.

    A zero beside another digit is a number. Source: Unicode's confusables.txt, where U+0C02,
    U+0C66, U+0D02 and U+0D66 all look like the letter o.
    """
    written: str = _CIRCLE_IN_WORD.sub(lambda match: _CIRCLES[match[0]], text)
    return written


def bengali_khanda_ta(text: str) -> str:
    """ta, virama, ZWJ is khanda ta. Source: Unicode 12.2."""
    return text.replace("ত্\u200d", "ৎ")


# East Asia ---------------------------------------------------------------------------------

_BETWEEN_CJK = regex.compile(rf"(?<={_CJK})[\p{{P}}\p{{S}}]+(?={_CJK})")


def join_han(text: str) -> str:
    """Punctuation between Han characters or kana goes without a space."""
    return str(_BETWEEN_CJK.sub("", text))


# Cyrillic ----------------------------------------------------------------------------------

# Ukrainian І and і, which these languages do not have, and the capital palochka.
_PALOCHKA_ALWAYS = str.maketrans("\u0406\u0456\u04c0", "\u04cf\u04cf\u04cf")
# Signs that are a palochka beside a Cyrillic letter only. No look-behind is longer than one
# character, so that a long run of them takes time by its length and not by its square.
_PALOCHKA = regex.compile(
    r"(?<=\p{Cyrillic})[Il1|]++(?=\p{Cyrillic})"
    r"|(?<=\p{Cyrillic})[Il1|](?![\p{L}\p{N}])"
    r"|(?<![\p{L}\p{N}])[Il1|](?=\p{Cyrillic})"
)


def palochka(text: str) -> str:
    """Everything typed for the palochka beside Cyrillic letters becomes U+04CF.

    Latin I and l, the digit 1, the bar, and Ukrainian і, which these languages do not
    have. Sources: Unicode UnicodeData.txt (U+04C0 lower-cases to U+04CF); the orthographies
    of Kabardian, Adyghe, Dargwa, Avar, Lezgian.
    """
    text = text.translate(_PALOCHKA_ALWAYS)
    return str(_PALOCHKA.sub(lambda match: "\u04cf" * len(match[0]), text))


def slavic_stress(text: str) -> str:
    """Delete the acute and grave that mark stress in dictionaries and primers.

    After NFC, so that ќ, ѓ, й and ї, which are letters, survive; ѐ and ѝ stay too.
    """
    return _compose(_STRESS.sub("", _compose(text)))


_STRESS = regex.compile("(?<=[\\p{Cyrillic}\\p{Latin}])[\u0301\u0300\u0341\u0340]")

# Latin -------------------------------------------------------------------------------------

_APOSTROPHE = "['’‘ʼ`´‛]"
_NO_SHORT_FORM = regex.compile(
    rf"(?<![\p{{L}}\p{{M}}]){_APOSTROPHE}(?!(?:[ekmnrst]|ie|er)(?![\p{{L}}\p{{M}}]))(?=\p{{L}})"
)


def dutch_short_forms(text: str) -> str:
    """Dutch, West Frisian, Afrikaans: an apostrophe starts short forms only, as 's 't 'n 'k 'e.

    Before other words it is a quotation mark. Sources: Nederlandse Taalunie, Leidraad;
    Afrikaanse Woordelys en Spelreëls.
    """
    return str(_NO_SHORT_FORM.sub(" ", text))


_WORD = regex.compile(r"\p{L}[\p{L}\p{M}]*")
# E as Latin, Greek or Cyrillic keyboards have it.
_INNER_E = regex.compile("(?<!^)[E\u0395\u0415]")


# From the end of a word, or of nothing, to the next word, if that starts with C.
_WORD_WITH_C = regex.compile(
    r"(?:^|(?<=[\p{L}\p{M}\p{N}]))([^\p{L}\p{M}\p{N}]*+)C(\p{L}[\p{L}\p{M}]*+)"
)
_SENTENCE_END = regex.compile("[.!?…]")


def albanian_sentence_start(text: str) -> str:
    """Varieties of Albanian: the first letter of a sentence is c where C is typed.

    C stands for ç, but any letter is a capital there, so it cannot be told from c. Before an
    apostrophe (C'bën) it is ç, as no word is c'. Words in capitals alone stay.
    Source: guidelines for transcribers in Common Voice's datasheets of aat and aln.
    """

    def lower(match: regex.Match[str]) -> str:
        gap, rest = str(match[1]), str(match[2])
        starts = match.start() == 0 or _SENTENCE_END.search(gap) is not None
        return gap + ("c" if starts and rest != rest.upper() else "C") + rest

    return str(_WORD_WITH_C.sub(lower, text))


def albanian_capitals(text: str) -> str:
    """Varieties of Albanian: E behind a letter is ë, C is ç. Words in capitals alone stay.

    Source: guidelines for transcribers in Common Voice's datasheets of aat and aln.
    """
    return str(_WORD.sub(_albanian_word, text))


def _albanian_word(match: regex.Match[str]) -> str:
    word: str = match[0]
    if len(word) > 1 and word == word.upper():
        return word
    return str(_INNER_E.sub("ë", word.replace("C", "ç")))


STEPS: dict[str, Step] = {
    "arabic_marks": arabic_marks,
    "sorani_heh": sorani_heh,
    "persian_heh": persian_heh,
    "brahmic_vowels": brahmic_vowels,
    "anusvara_zero": anusvara_zero,
    "bengali_khanda_ta": bengali_khanda_ta,
    "join_han": join_han,
    "palochka": palochka,
    "slavic_stress": slavic_stress,
    "dutch_short_forms": dutch_short_forms,
    "albanian_sentence_start": albanian_sentence_start,
    "albanian_capitals": albanian_capitals,
}
