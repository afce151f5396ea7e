"""The code points that the engine treats alike in every language.

Sources: the Unicode Character Database (names, general categories, decompositions), and
SpecialCasing.txt. Each table is small enough to read; nothing is folded by NFKC as a
whole, because that would also change letters (և ำ ຳ ⵯ).
"""

from __future__ import annotations

import unicodedata

# Everything that people type where an apostrophe-like letter or mark belongs.
APOSTROPHES = "'’‘‛ʼʻʽˈ`´ʹʾʿ′＇ꞌ\u02b9\u055a"
QUOTES = '«»“”„‟‹›"'
HYPHENS = "-\u2010\u2011\u2043\ufe63\uff0d"

# Signs that are no letters and show nothing of their own.
_INVISIBLE_MARKS = ["\u034f", "\u115f", "\u1160", "\u17b4", "\u17b5", "\u3164", "\uffa0"] + [
    chr(point)
    for point in (
        *range(0xFE00, 0xFE10),
        *range(0x180B, 0x180E),
        0x180F,
        *range(0xE0100, 0xE01F0),  # ideographic variation selectors
    )
]


class Invisible(dict[int, str | None]):
    """A `str.translate` table that deletes control, format and surrogate code points.

    White space among the controls becomes a space. The table fills itself as it meets
    characters, so it never lists the whole of Unicode.
    """

    def __missing__(self, point: int) -> str | None:
        character = chr(point)
        value: str | None = character
        if character.isspace():
            value = " "
        elif unicodedata.category(character) in ("Cc", "Cf", "Cs"):
            value = None
        self[point] = value
        return value


INVISIBLE = Invisible({ord(mark): None for mark in _INVISIBLE_MARKS})


# CJK Radicals Supplement and the unified ideographs they look like. Source: Unicode
# EquivalentUnifiedIdeograph.txt; U+2E80 and U+2E9A have none and go as symbols.
_RADICALS = (
    "⺁⺂⺃⺄⺅⺆⺇⺈⺉⺊⺋⺌⺍⺎⺏⺐⺑⺒⺓⺔⺕⺖⺗⺘⺙⺛⺜⺝⺞⺟⺠⺡⺢⺣⺤⺥⺦⺧"
    "⺨⺩⺪⺫⺬⺭⺮⺯⺰⺱⺲⺳⺴⺵⺶⺷⺸⺹⺺⺻⺼⺽⺾⺿⻀⻁⻂⻃⻄⻅⻆⻇⻈⻉⻊⻋⻌⻍"
    "⻎⻏⻐⻑⻒⻓⻔⻕⻖⻗⻘⻙⻚⻛⻜⻝⻞⻟⻠⻡⻢⻣⻤⻥⻦⻧⻨⻩⻪⻫⻬⻭⻮⻯⻰⻱⻲⻳"
)
_IDEOGRAPHS = (
    "厂乛乚乙亻冂𠘨刀刂卜㔾小小兀尣尢𡯂巳幺彑𫜹忄心扌攵旡日月歺母民氵氺灬爫爫丬牛"
    "犭王𤴔目示礻𥫗糹纟罓罒㓁冗𦉫羊𦍌𦍋耂肀聿肉𦥑艹艹艹虎衤覀西见角𧢲讠贝𧾷车辶辶"
    "辶邑钅長镸长门𨸏阝雨青韦页风飞食𩙿飠饣𩠐马骨鬼鱼鸟卤麦黄黾斉齐歯齿竜龙龜亀龟"
)


def _compatibility() -> dict[int, str]:
    """Presentation forms, full-width ASCII, half-width kana and ligatures, by block.

    Within these blocks every code point is a typographic variant of ordinary letters,
    so the compatibility decomposition of Unicode is the letter meant.
    """
    blocks = (
        (0x2F00, 0x2FD5),  # Kangxi radicals
        (0xFB00, 0xFB06),  # Latin ligatures ﬀ to ﬆ
        (0xFB13, 0xFB17),  # Armenian ligatures
        (0xFB1D, 0xFB4F),  # Hebrew presentation forms
        (0xFB50, 0xFDFF),  # Arabic presentation forms A
        (0xFE70, 0xFEFC),  # Arabic presentation forms B
        (0xFF01, 0xFFDC),  # full-width ASCII, half-width kana and Hangul
        (0x1D400, 0x1D7FF),  # mathematical alphabets
    )
    table: dict[int, str] = {}
    for first, last in blocks:
        for point in range(first, last + 1):
            character = chr(point)
            folded = unicodedata.normalize("NFKC", character)
            if 0xFFA1 <= point <= 0xFFDC and unicodedata.decomposition(character):
                # Half-width Hangul stands for the letter ㄱ, not for a conjoining jamo.
                folded = chr(int(unicodedata.decomposition(character).split()[-1], 16))
            # Isolated harakat decompose to a space with a mark; the mark is what is meant.
            if folded.startswith(" ") and len(folded) > 1:
                folded = folded[1:]
            if folded != character:
                table[point] = folded
    table.update(zip(map(ord, _RADICALS), _IDEOGRAPHS, strict=True))
    table.update(
        {
            0x0132: "IJ", 0x0133: "ij",  # Ĳ ĳ
            0x013F: "L·", 0x0140: "l·",  # Ŀ ŀ (Catalan)
            0x0149: "ʼn",  # ŉ
            0x017F: "s",  # ſ
            0x01C4: "DŽ", 0x01C5: "Dž", 0x01C6: "dž",
            0x01C7: "LJ", 0x01C8: "Lj", 0x01C9: "lj",
            0x01CA: "NJ", 0x01CB: "Nj", 0x01CC: "nj",
            0x00B5: "μ",  # micro sign
            0x2126: "Ω",  # ohm sign
            0x212A: "K", 0x212B: "Å",  # kelvin and angstrom signs
            0x0340: "\u0300", 0x0341: "\u0301", 0x0343: "\u0313", 0x0344: "\u0308\u0301",
            0x0374: "ʹ", 0x037E: ";", 0x0387: "·",  # Greek question mark and ano teleia
            0x2010: "-", 0x2011: "-",
        }
    )  # fmt: skip
    return table


COMPATIBILITY = _compatibility()


class Punctuation(dict[int, str]):
    """A `str.translate` table that turns punctuation and symbols (P*, S*) into spaces.

    Arguments:
        keep: the signs that are part of the orthography and stay.
    """

    def __init__(self, keep: str = "") -> None:
        super().__init__({ord(sign): sign for sign in keep})

    def __missing__(self, point: int) -> str:
        character = chr(point)
        value = " " if unicodedata.category(character)[0] in "PSZ" else character
        self[point] = value
        return value
