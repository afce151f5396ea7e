"""Corrections as a recipe can write them: without capitals, punctuation and invisible signs.

No rule of a recipe keeps these, so a correction that asks for them could never be followed.
``review.js`` does the same on the page, before a file is saved.
"""

from __future__ import annotations

import unicodedata
from dataclasses import replace

import regex

from cvrecipes.recipe import Recipe
from cvrecipes.review.answers import RIGHT, WRONG, Answer
from cvrecipes.review.rules import JOINERS, kept_signs
from cvrecipes.text.steps import LOWER
from cvrecipes.text.tables import INVISIBLE

_LETTER = r"[\p{L}\p{M}]"
_JOINED = regex.compile(rf"(?<={_LETTER})[{regex.escape(JOINERS)}](?={_LETTER})")


def spelling(recipe: Recipe) -> str:
    """The signs and letters of the recipe's spelling, which a correction may hold."""
    alphabet = recipe.alphabet
    signs = "".join((*kept_signs(recipe), *alphabet.letters, *alphabet.loans))
    return "".join(dict.fromkeys(signs))


def settled(recipe: Recipe, text: str) -> str:
    """The text without what no recipe writes; signs of the recipe's own spelling stay."""
    kept = spelling(recipe)
    text = LOWER[recipe.rules.case](text)
    joined = {match.start() for match in _JOINED.finditer(text)}
    parts = []
    for place, character in enumerate(text):
        kind = unicodedata.category(character)
        if character in kept or place in joined:
            parts.append(character)
        elif kind[0] in "PS":
            parts.append(" ")
        elif kind != "Cf" and character.translate(INVISIBLE):
            parts.append(character)
    return " ".join("".join(parts).split())


def settled_answer(answer: Answer, recipe: Recipe) -> Answer:
    """The answer with its correction `settled`; right if nothing is left to correct.

    A correction of nothing but punctuation stays as it is.
    """
    correction = settled(recipe, answer.correction) if answer.verdict == WRONG else ""
    if not correction or correction == answer.correction:
        return answer
    if correction == answer.text and answer.reason is None:
        return replace(answer, verdict=RIGHT, correction="")
    return replace(answer, correction=correction)
