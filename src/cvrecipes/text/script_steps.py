"""Named steps of single scripts and languages, where a table of replacements does not do.

Sources are named with each step; "do not use" sequences of Brahmic vowels are from the
Unicode Standard, version 17, chapters 12 and 13.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

import regex

from cvrecipes.text.sentences import han_readings
from cvrecipes.text.steps import Step

_CJK = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Bopomofo}ー々〇]"


def _compose(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _table(pairs: Mapping[str, str]) -> Step:
    """Replace sequences, the longest first; keys are compared in NFC."""
    known = {_compose(key): _compose(value) for key, value in pairs.items()} | dict(pairs)
    keys = sorted(known, key=lambda key: (-len(key), key))
    pattern = regex.compile("|".join(regex.escape(key) for key in keys))
    return lambda text: _compose(pattern.sub(lambda match: known[match[0]], text))


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
    made: str = _CIRCLE_IN_WORD.sub(lambda found: _CIRCLES[found[0]], text)
    return made


_CHILLU = _table(
    {
        "ണ്\u200d": "ൺ", "ന്\u200d": "ൻ", "ര്\u200d": "ർ", "ല്\u200d": "ൽ", "ള്\u200d": "ൾ",
        "ക്\u200d": "ൿ", "മ്\u200d": "ൔ", "യ്\u200d": "ൕ", "ഴ്\u200d": "ൖ",
    }
)  # fmt: skip


def malayalam_chillu(text: str) -> str:
    """Legacy chillus (consonant, virama, ZWJ) become atomic. Source: Unicode 12.9, table 12-35."""
    return _CHILLU(text)


def bengali_khanda_ta(text: str) -> str:
    """ta, virama, ZWJ is khanda ta. Source: Unicode 12.2."""
    return text.replace("ত্\u200d", "ৎ")


# Thai and Lao ------------------------------------------------------------------------------

_SARA_AM = regex.compile("\u0e4d([\u0e48-\u0e4b]?)\u0e32")
_SARA_AM_TONE_LAST = regex.compile("\u0e33([\u0e48-\u0e4b])")
_THAI_TONE_FIRST = regex.compile("([\u0e48-\u0e4b])([\u0e31\u0e34-\u0e3a\u0e47])")
_LAO_AM = regex.compile("\u0ecd([\u0ec8-\u0ecb]?)\u0eb2")
_LAO_AM_TONE_LAST = regex.compile("\u0eb3([\u0ec8-\u0ecb])")
_LAO_TONE_FIRST = regex.compile("([\u0ec8-\u0ecb])([\u0eb1\u0eb4-\u0ebc])")


def thai_order(text: str) -> str:
    """Thai: nikhahit and sara aa are ำ, two เ are แ, tone marks follow vowel signs.

    Source: Unicode 16.1; the order of the Thai Industrial Standard WTT 2.0.
    """
    text = text.replace("\u0e40\u0e40", "\u0e41")
    text = _THAI_TONE_FIRST.sub(r"\2\1", text)
    text = _SARA_AM.sub("\\1\u0e33", text)
    return str(_SARA_AM_TONE_LAST.sub("\\1\u0e33", text))


def lao_order(text: str) -> str:
    """Lao: niggahita and aa are ຳ, two ເ are ແ, tone marks follow vowel signs.

    Source: Unicode 16.2.
    """
    text = text.replace("\u0ec0\u0ec0", "\u0ec1")
    text = _LAO_TONE_FIRST.sub(r"\2\1", text)
    text = _LAO_AM.sub("\\1\u0eb3", text)
    return str(_LAO_AM_TONE_LAST.sub("\\1\u0eb3", text))


# East Asia ---------------------------------------------------------------------------------

_BETWEEN_CJK = regex.compile(rf"(?<={_CJK})[\p{{P}}\p{{S}}]+(?={_CJK})")


def join_han(text: str) -> str:
    """Punctuation between Han characters or kana goes without a space."""
    return str(_BETWEEN_CJK.sub("", text))


# Hebrew ------------------------------------------------------------------------------------

_NIQQUD = regex.compile("[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7]")
_GERSHAYIM = regex.compile("(?<=\\p{Hebrew})[\"״”“''’׳](?=\\p{Hebrew})")


def hebrew_points(text: str) -> str:
    """Delete niqqud and cantillation marks without a space. Not for Yiddish."""
    return _compose(_NIQQUD.sub("", text))


def hebrew_acronyms(text: str) -> str:
    """Geresh and gershayim inside a word go and the word is joined: צה״ל, ג׳ירפה."""
    return str(_GERSHAYIM.sub("", text))


# Cyrillic ----------------------------------------------------------------------------------

_PALOCHKA = regex.compile(
    r"(?<=\p{Cyrillic}[\u0406\u0456Il1|\u04c0\u04cf]*)[\u0406\u0456Il1|\u04c0](?=\p{Cyrillic})"
    r"|(?<=\p{Cyrillic})[\u0406\u0456Il1|\u04c0](?![\p{L}\p{N}])"
    r"|(?<![\p{L}\p{N}])[\u0406\u0456Il1|\u04c0](?=\p{Cyrillic})"
)
_PALOCHKA_ALONE = regex.compile(r"[\u0406\u0456\u04c0]")


def palochka(text: str) -> str:
    """Everything typed for the palochka beside Cyrillic letters becomes U+04CF.

    Latin I and l, the digit 1, the bar, and Ukrainian і, which these languages do not
    have. Sources: Unicode UnicodeData.txt (U+04C0 lower-cases to U+04CF); the orthographies
    of Kabardian, Adyghe, Dargwa, Avar, Lezgian.
    """
    text = _PALOCHKA.sub("\u04cf", text)
    return str(_PALOCHKA_ALONE.sub("\u04cf", text))


def slavic_stress(text: str) -> str:
    """Delete the acute and grave that mark stress in dictionaries and primers.

    After NFC, so that ќ, ѓ, й and ї, which are letters, survive; ѐ and ѝ stay too.
    """
    return _compose(_STRESS.sub("", _compose(text)))


_STRESS = regex.compile("(?<=[\\p{Cyrillic}\\p{Latin}])[\u0301\u0300\u0341\u0340]")

# Latin -------------------------------------------------------------------------------------

_UZBEK_LETTER = regex.compile("(?<=[oOgG])['’‘ʻʼ`´‛ʽ]")


def uzbek_letters(text: str) -> str:
    """Uzbek oʻ and gʻ with U+02BB, whatever apostrophe was typed.

    Source: the Uzbek Latin alphabet of 1995; CLDR 48 exemplar characters of uz.
    """
    return str(_UZBEK_LETTER.sub("ʻ", text))


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


# Armenian ----------------------------------------------------------------------------------

_ARMENIAN_MARKS = regex.compile("[\u055a-\u055c\u055e\u055f]")


def armenian_marks(text: str) -> str:
    """Delete the marks that stand on a vowel inside the word: ՞ ՜ ՛ ՚ ՟.

    Source: Unicode 7.6; Armenian orthography writes question and exclamation there.
    """
    return str(_ARMENIAN_MARKS.sub("", text))


_ARMENIAN_EV = regex.compile(r"(?<![\p{L}\p{M}])եվ(?![\p{L}\p{M}])")


def armenian_ev(text: str) -> str:
    """The word "and", in capitals Եվ or ԵՎ, is և in small letters.

    Source: Reformed Armenian orthography, where և has no capital of its own.
    """
    return str(_ARMENIAN_EV.sub("և", text))


def marathi_eyelash_ra(text: str) -> str:
    """Legacy eyelash ra (ra, virama, ZWJ) is ऱ, virama. Source: Unicode 12.1, rule R5a."""
    return text.replace("र्\u200d", "ऱ्")


STEPS: dict[str, Step] = {
    "arabic_marks": arabic_marks,
    "sorani_heh": sorani_heh,
    "persian_heh": persian_heh,
    "brahmic_vowels": brahmic_vowels,
    "anusvara_zero": anusvara_zero,
    "malayalam_chillu": malayalam_chillu,
    "bengali_khanda_ta": bengali_khanda_ta,
    "thai_order": thai_order,
    "lao_order": lao_order,
    "join_han": join_han,
    "han_readings": han_readings,
    "hebrew_points": hebrew_points,
    "hebrew_acronyms": hebrew_acronyms,
    "palochka": palochka,
    "slavic_stress": slavic_stress,
    "uzbek_letters": uzbek_letters,
    "dutch_short_forms": dutch_short_forms,
    "armenian_marks": armenian_marks,
    "armenian_ev": armenian_ev,
    "marathi_eyelash_ra": marathi_eyelash_ra,
}
