"""Apostrophes: one code point inside words, none or a letter at their edges."""

from __future__ import annotations

import unicodedata

import regex

from cvrecipes.text.alphabet import Alphabet
from cvrecipes.text.steps import Step
from cvrecipes.text.tables import APOSTROPHES, QUOTES

# Signs that may follow a closing quotation mark.
_BEHIND = ("Po", "Pe", "Pf")


def apostrophes(replacement: str, edges: tuple[str, ...], alphabet: Alphabet) -> Step:
    """A step that replaces apostrophe-like signs inside words, and deletes them elsewhere.

    Arguments:
        replacement: the language's apostrophe, or another text.
        edges: the edges of a word where an apostrophe may also stand: ``start``, ``end``.
        alphabet: a sign that is another letter or mark of it is kept (Uzbek has ʻ and ʼ).
    """
    mark = replacement.strip()
    spelling_signs = (frozenset(alphabet.code_points) | set(alphabet.marks)) - {mark}
    signs = "".join(sign for sign in dict.fromkeys(APOSTROPHES) if sign not in spelling_signs)
    apostrophe = f"[{regex.escape(signs)}]"
    # Unicode counts ʼ and ʻ as letters. Here they are apostrophes, so they count as none.
    letter = rf"[[\p{{L}}\p{{M}}]--{apostrophe}]"
    version = regex.VERSION1
    anything = regex.compile(apostrophe, version)
    # In French l'«homme» and Italian dell'"arte", quotation marks follow the apostrophe.
    inside = regex.compile(f"(?<={letter}){apostrophe}+[{QUOTES}]*(?={letter})", version)
    loose = [f"(?<!{letter}){apostrophe}+(?!{letter})"]
    loose += [f"(?<!{letter}){apostrophe}+(?={letter})"] if "start" not in edges or not mark else []
    loose += [f"(?<={letter}){apostrophe}+(?!{letter})"] if "end" not in edges or not mark else []
    stray = regex.compile("|".join(loose), version)
    rest = regex.compile(f"{apostrophe}+", version)
    unquote = _unquoting(mark)

    def unify(text: str) -> str:
        if not anything.search(text):
            return text
        if mark and edges:
            text = unquote(text)
        text = stray.sub(" ", inside.sub(lambda _: replacement, text))
        return str(rest.sub(lambda _: mark or " ", text))

    return unify


def _unquoting(mark: str) -> Step:
    """A step that drops a pair of quotation marks around one word.

    Arguments:
        mark: the language's own letter or sign, which is no quotation mark unless it is U+0027.
    """
    opening, closing = (
        "".join(sign for sign in signs if sign == "'" or sign != mark)
        for signs in ("'‘ʻ‛`", "'’ʼ´")
    )
    quoted = regex.compile(rf"(?<!\S)[{regex.escape(opening)}]\S++")

    def unquote(match: regex.Match[str]) -> str:
        word: str = match[0]
        behind = len(word)
        while unicodedata.category(word[behind - 1]) in _BEHIND and behind > 2:
            behind -= 1
        # The first closing mark that has nothing but punctuation behind it.
        for place in range(max(2, behind - 1), len(word)):
            if word[place] in closing:
                return f" {word[1:place]} {word[place + 1 :]}"
        return word

    return lambda text: str(quoted.sub(unquote, text))
