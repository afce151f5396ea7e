"""Foreign letters to the nearest letter that the alphabet has: é to e in Turkish."""

from __future__ import annotations

import unicodedata
import warnings
from itertools import combinations

from cvrecipes.text.alphabet import Alphabet

# European letters with no canonical base letter. Others (ɔ, ŋ, ɓ) are letters of their own
# in the languages that have them, and no spelling variant of o, n, b.
_RESPELLED = frozenset("æœøłđðþßıħŧĸſƒ")


def _script(character: str) -> str:
    """First word of the Unicode name, which is the script for letters."""
    return unicodedata.name(character, "").split(" ")[0]


class ForeignLetters(dict[int, str | None]):
    """A `str.translate` table that folds letters outside `alphabet` into it.

    A letter is folded to the nearest one of the alphabet: it loses as few marks as that takes,
    and of two letters at the same distance, the one whose lost mark stands further out in
    canonical order (NFD) is taken. So ǻ is å in Danish and á where only that is a letter. The
    European letters without a canonical base get the ASCII spelling of unidecode (ø to o, ł to l,
    æ to ae).
    Letters of another script than the alphabet's stay: a Cyrillic й in Turkish is a
    reason to leave the clip out, not a y. Combining marks that the alphabet does not
    use go where the alphabet's script writes with base letters.
    """

    def __init__(self, alphabet: Alphabet) -> None:
        super().__init__()
        self._inside = frozenset(alphabet.code_points) | {" "}
        self._letters = frozenset(alphabet.signs) | self._inside
        self._scripts = {_script(c) for c in self._inside if c.isalpha()}
        self.update({ord(character): character for character in self._inside})

    def __missing__(self, point: int) -> str | None:
        value = self._fold(chr(point))
        self[point] = value
        return value

    def _fold(self, character: str) -> str | None:
        category = unicodedata.category(character)
        if category == "Mn" and _script(character) == "COMBINING":
            return None
        if category[0] != "L" or _script(character) not in self._scripts:
            return character
        candidates = _with_fewer_marks(character)
        for candidate in candidates:
            if candidate in self._letters:
                return candidate
        base = candidates[-1]
        if base in _RESPELLED:
            ascii_letters = _unidecode(base).lower()
            if ascii_letters.isalpha() and set(ascii_letters) <= self._inside:
                return ascii_letters
        return character


def _with_fewer_marks(letter: str) -> list[str]:
    """`letter` with ever fewer of its marks, in NFC, down to its base.

    Marks stand in canonical order, those below before those above and inner before outer. The
    last is dropped first: ộ, ọ, ô, o.
    """
    parts = unicodedata.normalize("NFD", letter)
    base = "".join(part for part in parts if unicodedata.category(part) != "Mn")
    marks = [part for part in parts if unicodedata.category(part) == "Mn"]
    return [
        unicodedata.normalize("NFC", base + "".join(kept))
        for count in range(len(marks), -1, -1)
        for kept in combinations(marks, count)
    ]


def _unidecode(character: str) -> str:
    from unidecode import unidecode

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return str(unidecode(character))
