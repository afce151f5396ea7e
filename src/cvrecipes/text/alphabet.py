"""The alphabet of a recipe: it is used by the check, the CTC vocabulary and the decoder."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cached_property

import regex


@dataclass(frozen=True)
class Alphabet:
    """The letters of a language, in lower case and NFC, and the signs inside its words.

    Arguments:
        letters: letters in the language's order; one may hold several code points (g̃).
        marks: signs that words hold besides letters, such as an apostrophe.
        loans: further letters, of loan words and names. They are accepted and learned as the
            others are, and only shown apart.

    Raises:
        ValueError: a letter is repeated, not NFC, or holds white space.
    """

    letters: tuple[str, ...]
    marks: tuple[str, ...] = ()
    loans: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        seen: set[str] = set()
        for letter in self.signs:
            if not letter or any(character.isspace() for character in letter):
                raise ValueError(f"{letter!r} is no letter")
            if unicodedata.normalize("NFC", letter) != letter:
                raise ValueError(f"{letter!r} is not in composed form (NFC)")
            if letter in seen:
                raise ValueError(f"{letter!r} is there twice")
            seen.add(letter)

    def __bool__(self) -> bool:
        return bool(self.letters)

    @property
    def signs(self) -> tuple[str, ...]:
        """Letters, marks and letters of loan words."""
        return (*self.letters, *self.marks, *self.loans)

    @cached_property
    def single(self) -> frozenset[str]:
        """Signs of one code point."""
        return frozenset(sign for sign in self.signs if len(sign) == 1)

    @cached_property
    def code_points(self) -> tuple[str, ...]:
        """Every code point of the signs, sorted: the CTC units."""
        return tuple(sorted({point for sign in self.signs for point in sign}))

    @cached_property
    def _clusters(self) -> regex.Pattern[str] | None:
        clusters = sorted((sign for sign in self.signs if len(sign) > 1), key=len)
        if not clusters:
            return None
        return regex.compile("|".join(regex.escape(sign) for sign in reversed(clusters)))

    def outside(self, text: str) -> list[str]:
        """The characters of `text` that no sign covers, sorted, each once."""
        strange = set(text) - self.single
        strange.discard(" ")
        if not strange:
            return []
        if self._clusters is not None:
            rest = self._clusters.sub("", text)
            strange = set(rest) - self.single - {" "}
        return sorted(strange)

    def has_digits(self, text: str) -> bool:
        """Whether `text` has a digit, or a numeral of a script such as Ethiopic ፲.

        The numbers that Unicode decomposes are signs as often: the ¼ of a broken encoding, the ²
        of m². An alphabet leaves them outside; without letters, only this check finds them.
        """
        return any(
            (category := unicodedata.category(character)) == "Nd"
            or (category == "No" and not (self.letters and unicodedata.decomposition(character)))
            for character in text
        )
