"""Which parts of a sentence changed, for the eye: raw above, normalized below."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from itertools import groupby
from typing import NamedTuple

import regex

from cvrecipes.review.wording import shown
from cvrecipes.text.steps import LOWER
from cvrecipes.text.tables import INVISIBLE

SAME, SMALL, CHANGED = "", "small", "changed"
# A letter with its marks is one sign for the eye, and no mark is torn from its letter.
_SIGN = regex.compile(r"\X")


class Piece(NamedTuple):
    """A part of a sentence.

    Attributes:
        kind: `SAME`, `SMALL` for what nobody needs to look at (a capital, a comma), or `CHANGED`.
    """

    text: str
    kind: str


def marked(raw: str, text: str, case: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """The pieces of a sentence as released, and of the normalized one.

    Arguments:
        case: the recipe's rule for small letters, a key of `LOWER`.
    """
    lines = [(raw, text)]
    if len(raw.split(" ")) == len(text.split(" ")):
        # Word by word, so that a word is not taken for a like one beside it.
        lines = [*zip(_words(raw), _words(text), strict=True)]
    sides = [_line(*line, case) for line in lines]
    above, below = (tuple(_joined(p for side in sides for p in side[at])) for at in (0, 1))
    return above, below


def _words(text: str) -> list[str]:
    """The words of a text, each with the space behind it."""
    *words, last = text.split(" ")
    return [*(f"{word} " for word in words), last]


def _line(raw: str, text: str, case: str) -> tuple[list[Piece], list[Piece]]:
    old, new = (_SIGN.findall(side) for side in (raw, text))
    lower = LOWER[case]
    matcher = SequenceMatcher(None, [*map(lower, old)], new, autojunk=False)
    above: list[Piece] = []
    below: list[Piece] = []
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            kinds = [_of_letter(one, other) for one, other in zip(old[a:b], new[c:d], strict=True)]
            above += map(Piece, old[a:b], kinds)
            below += map(Piece, new[c:d], kinds)
        else:
            kinds = [SMALL if _is_loose(old, place) else CHANGED for place in range(a, b)]
            above += map(Piece, old[a:b], kinds)
            below += (Piece(sign, CHANGED if CHANGED in kinds else SMALL) for sign in new[c:d])
    return above, below


def _of_letter(old: str, new: str) -> str:
    if old == new:
        return SAME
    # I and İ are no pair of one capital and one small letter everywhere.
    return CHANGED if old.lower() != new else SMALL


def _is_loose(signs: Sequence[str], place: int) -> bool:
    """Whether this is punctuation or a space that stands between no two letters."""
    if any(unicodedata.category(c)[0] not in "PSZC" for c in signs[place]):
        return False
    around = (*signs[max(place - 1, 0) : place], *signs[place + 1 : place + 2])
    return len(around) < 2 or not all(sign[0].isalpha() for sign in around)


def _joined(pieces: Iterable[Piece]) -> Iterable[Piece]:
    for kind, group in groupby(pieces, key=lambda piece: piece.kind):
        text = "".join(piece.text for piece in group)
        invisible = not text.translate(INVISIBLE)
        yield Piece(shown(text) if invisible else text, kind)
