"""Scripts, look-alikes and apostrophes as they are counted when a recipe is drafted."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache

import regex

from cvrecipes.text.tables import APOSTROPHES, HYPHENS

# ISO 15924 codes of scripts in use today; Common and Inherited name none.
CODES = (
    "Latn Cyrl Arab Deva Grek Hani Hira Kana Hang Bopo Hebr Armn Geor Ethi Thai Laoo Mymr Khmr "
    "Beng Guru Gujr Orya Taml Telu Knda Mlym Sinh Thaa Tibt Mong Olck Tfng Nkoo Adlm Syrc Cher "
    "Cans Yiii Lisu Vaii Bamu Java Sund Bali Bugi Batk Cham Kali Lana Lepc Limb Mtei Cakm Rohg "
    "Hmng Hmnp Plrd Osge Wara Sora Gong Gonm Saur Sylo Tale Talu Tavt Rjng Nagm Wcho Toto Mroo "
    "Newa Tirh Sind Khoj Takr Dogr Modi Copt Mand Samr Glag Goth Tglg Hano Buhd Tagb Medf Yezi"
)
SCRIPTS = tuple(CODES.split())
# Scripts of thousands of signs: the alphabet is learned from the training text there.
OPEN_SCRIPTS = ("Hans", "Hant", "Hani", "Jpan", "Kore")
BRAHMIC = ("Deva", "Beng", "Guru", "Gujr", "Orya", "Taml", "Telu", "Knda", "Mlym", "Sinh")
PARENTS = {
    "Latn": "_latin",
    "Cyrl": "_cyrillic",
    "Arab": "_arabic",
    **dict.fromkeys(BRAHMIC, "_brahmic"),
    "Mymr": "_myanmar",
    **dict.fromkeys(("Hans", "Hant", "Jpan"), "_han"),
}
# Named steps that languages of a script often need; a person decides.
STEPS = {
    "Arab": "sorani_heh, persian_heh",
    "Armn": "see steps.py of hy-AM",
    "Beng": "bengali_khanda_ta (in first)",
    "Deva": "see steps.py of mr",
    "Hebr": "see steps.py of he",
    "Khmr": "see steps.py of km",
    "Laoo": "see steps.py of lo",
    "Mlym": "anusvara_zero; see steps.py of ml",
    "Telu": "anusvara_zero",
    "Thai": "see steps.py of th",
}
SIMPLIFIED = frozenset("们个这来说时国会对学样没为还话爱见东车长门问间马鸟鱼语书")
TRADITIONAL = frozenset("們個這來說時國會對學樣沒為還話愛見東車長門問間馬鳥魚語書")

# Letters of Latin, Cyrillic and Greek that share a prototype in Unicode's confusables.txt
# (Unicode Technical Standard 39, Unicode Security Mechanisms); phonetic letters and small
# capitals without an orthography are left out. Small letters first, then capitals.
CONFUSABLES = (
    "aɑαа", "cс", "dԁ", "eеҽ", "hһ", "iɩιіӏ", "jϳј", "oοσо", "pрρ", "qԛ", "rг", "sѕ", "uʋυ",
    "vνѵ", "wѡԝ", "xх", "yɣγуү", "əǝә", "ɛεєԑ", "ɔͻ", "ßβ", "ʒȝӡ", "ƅь", "ʙв", "ɸφф", "þϸ",
    "τт", "κк", "πп",
    "AΑА", "BΒВ", "CС", "EΕЕ", "GԌ", "HΗН", "IΙІӀ", "JЈ", "KΚК", "MΜМ", "NΝ", "OΟО", "PΡР",
    "SЅ", "TΤТ", "VѴ", "WԜ", "XΧХ", "YΥУҮ", "ZΖ", "ƏӘ", "ƐԐ", "ƎƏӘ", "ƷЗӠ", "ƩΣ", "ГΓ", "ПΠ",
    "ФΦ", "ЛΛ",
)  # fmt: skip
CONFUSABLE_SCRIPTS = ("Latn", "Cyrl", "Grek")

MARK = "[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff]"
UNIT = regex.compile(rf"\p{{L}}{MARK}+|[\p{{L}}\p{{M}}]")
SIGNS = "".join(dict.fromkeys(APOSTROPHES))
LETTER = rf"[[\p{{L}}\p{{M}}]--[{regex.escape(SIGNS)}]]"
INSIDE = regex.compile(
    f"(?<={LETTER})[{regex.escape(SIGNS)}](?={LETTER})", regex.VERSION1
)  # fmt: skip
AT_START = regex.compile(f"(?<!\\S)[{regex.escape(SIGNS)}](?={LETTER})", regex.VERSION1)
AT_END = regex.compile(f"(?<={LETTER})[{regex.escape(SIGNS)}](?!\\S)", regex.VERSION1)
HYPHEN = regex.compile(rf"(?<=[\p{{L}}\p{{M}}])[{regex.escape(HYPHENS)}](?=[\p{{L}}\p{{M}}])")
MODIFIERS = "ʻʼꞌ"
# What is typed for a palochka right after a Cyrillic letter.
PALOCHKA = regex.compile(r"(?<=\p{Cyrillic})[ӀӏIl|]")


@lru_cache(maxsize=8192)
def script_of(letter: str) -> str:
    """ISO 15924 code of a letter's script, by Unicode's Script property; empty for others."""
    for script, pattern in patterns().items():
        if pattern.match(letter):
            return script
    return ""


@cache
def patterns() -> dict[str, regex.Pattern[str]]:
    return {script: regex.compile(rf"\p{{Script={script}}}") for script in SCRIPTS}


def script_shares(words: Mapping[str, int]) -> list[tuple[str, float]]:
    """Share of each script in the letters, the largest first."""
    letters: Counter[str] = Counter()
    for word, times in words.items():
        for character in word:
            letters[character] += times
    scripts: Counter[str] = Counter()
    for character, times in letters.items():
        if unicodedata.category(character)[0] == "L" and script_of(character):
            scripts[script_of(character)] += times
    total = sum(scripts.values())
    return [(script, times / total) for script, times in scripts.most_common()]


def writing_of(shares: list[tuple[str, float]], words: Mapping[str, int]) -> str:
    """The code of the whole writing: kana with Han characters are Jpan, Hangul is Kore."""
    share = dict(shares)
    kana = share.get("Hira", 0.0) + share.get("Kana", 0.0)
    main = shares[0][0]
    if kana > 0.05 and main in ("Hira", "Kana", "Hani"):
        return "Jpan"
    if main == "Hang":
        return "Kore"
    if main == "Hani":
        letters = Counter(character for word in words for character in word)
        simple = sum(letters[c] for c in SIMPLIFIED - TRADITIONAL)
        return "Hans" if simple > sum(letters[c] for c in TRADITIONAL - SIMPLIFIED) else "Hant"
    return main


def loose_edges(sentences: Iterable[str]) -> tuple[int, int]:
    """How often an apostrophe starts or ends a word without a partner in its sentence."""
    starts = ends = 0
    for sentence in sentences:
        first, last = len(AT_START.findall(sentence)), len(AT_END.findall(sentence))
        if not (first and last):
            starts += first
            ends += last
    return starts, ends
