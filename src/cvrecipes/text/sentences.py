"""The engine's step that needs the whole sentence, before it is cut into words.

Such steps run once, before all others. What they search for never remains after the other
steps, so a normalized text passes them unchanged.
"""

from __future__ import annotations

import regex

from cvrecipes.text.alphabet import Alphabet
from cvrecipes.text.steps import Step

_SINGLE = "'‘’‛"


def direct_speech(edges: tuple[str, ...], alphabet: Alphabet) -> Step | None:
    """A step that deletes the quotation marks around several words: ‘Kom hier,’ sê sy.

    It is for languages that write an apostrophe at one edge of words; one word in quotation
    marks is seen without it. The opening mark stands at the start of the text or after
    punctuation, in front of a word of two letters or more, since 'n may begin a clause, too.
    The closing mark touches punctuation or the end of the text.

    Returns:
        None if no step is needed, or none would be safe: where an apostrophe may stand at both
        edges of a word, a pair of quotation marks looks the same.
    """
    spelling_signs = {*alphabet.code_points, *alphabet.marks} - {"'"}
    opening, closing = (
        "".join(c for c in signs if c not in spelling_signs) for signs in ("'‘‛", "'’")
    )
    if len(edges) != 1 or "'" in alphabet.letters:
        return None
    letter = r"[\p{L}\p{M}]"
    other = rf"[[\p{{P}}\p{{S}}]--[-{_SINGLE}\u2010\u2011]]"
    word = rf"[^\s{_SINGLE}]++[{closing}](?!{letter})"
    mark = regex.compile(
        rf"(?<!{letter})[{opening}]{word}"  # one word in quotation marks: not ours
        rf"|(?:\A|{other})\s*+(?P<open>[{opening}])(?={letter}{{2}})(?!{word})"
        rf"|(?P<close>(?<={letter})[{closing}](?={other}|\s*+\Z)|(?<={other})[{closing}](?!{letter}))",
        regex.VERSION1,
    )
    seen = regex.compile(f"[{opening}]")

    def strip(text: str) -> str:
        if not seen.search(text):
            return text
        drop: list[int] = []
        starts: dict[bool, int] = {}  # of straight and of curved marks
        for match in mark.finditer(text):
            if match["open"]:
                starts.setdefault(match["open"] == "'", match.start("open"))
            elif match["close"] and (straight := match["close"] == "'") in starts:
                drop += (starts[straight], match.start("close"))
                starts.clear()
        ends = zip([-1, *drop], [*drop, len(text)], strict=True)
        return " ".join(text[before + 1 : after] for before, after in ends)

    return strip
