"""Why a normalized text cannot be used: for nothing at all, or only not for training.

Digits and words of another script do not show what was spoken: a speaker reads ``1990`` or
``добрый`` in words that the text does not hold. A clip with such a text can neither be learned
from nor scored. A letter that the alphabet lacks is another matter: the text is what was spoken,
and a model without that letter writes the word wrong. So such a clip stays in dev and test.
"""

from __future__ import annotations

from functools import cached_property

from cvrecipes.text.alphabet import Alphabet
from cvrecipes.text.writing_systems import script_of

EMPTY = "empty"
DIGITS = "digits"
ANOTHER_SCRIPT = "another script"
OUTSIDE_ALPHABET = "outside alphabet"

# Codes of writing that mixes scripts, and the scripts that it mixes (ISO 15924).
_MIXED = {
    "Hanb": ("Hani", "Bopo"),
    "Hans": ("Hani",),
    "Hant": ("Hani",),
    "Hrkt": ("Hira", "Kana"),
    "Jpan": ("Hani", "Hira", "Kana"),
    "Kore": ("Hang", "Hani"),
}


class Reasons:
    """Finds the reason why a normalized text cannot be used.

    Arguments:
        alphabet: the recipe's alphabet; empty when none is known.
        script: ISO 15924 code of the language's script; empty when it is not known.
    """

    def __init__(self, alphabet: Alphabet, script: str) -> None:
        self._alphabet, self._script = alphabet, script
        self._covered = frozenset(alphabet.code_points)

    @cached_property
    def _own_scripts(self) -> frozenset[str]:
        """The scripts of the language: its own, and those of the alphabet's letters.

        The empty name stands for characters that several scripts share (Unicode's Common and
        Inherited), such as combining accents.
        """
        own = _MIXED.get(self._script, (self._script,))
        return frozenset({"", *own, *map(script_of, self._covered)})

    def __call__(self, text: str) -> str | None:
        """The reason, or None if the text can be used.

        Returns:
            ``empty``; ``digits`` (see `Alphabet.has_digits`); ``another script: д ж``, with the
            characters of scripts that are not the language's; ``outside alphabet: q w``, with
            all other characters that the alphabet does not have: letters of the language's
            script, and marks and signs that no script owns. The last two need an alphabet.
        """
        if not text:
            return EMPTY
        if self._alphabet.has_digits(text):
            return DIGITS
        strange = self._alphabet.outside(text) if self._alphabet else []
        if not strange:
            return None
        others = [sign for sign in strange if script_of(sign) not in self._own_scripts]
        if others:
            return f"{ANOTHER_SCRIPT}: {' '.join(others)}"
        return f"{OUTSIDE_ALPHABET}: {' '.join(strange)}"
