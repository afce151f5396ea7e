"""A Latin alphabet, and normalizers of any rules."""

from __future__ import annotations

from cvrecipes.text.alphabet import Alphabet
from cvrecipes.text.normalizer import Normalizer, Rules
from cvrecipes.text.steps import STEPS

LATIN = Alphabet(tuple("abcdefghijklmnopqrstuvwxyz"))
NOTHING = Alphabet(())


def with_rules(rules: Rules, alphabet: Alphabet = LATIN) -> Normalizer:
    return Normalizer(rules, alphabet, STEPS)
