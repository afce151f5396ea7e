"""Rules in the words of a reader who knows the language and not the program."""

from __future__ import annotations

import inspect
import re
import unicodedata
from collections.abc import Callable, Sequence

from cvrecipes.recipe import Recipe
from cvrecipes.review.rules import DIGITS, Rule
from cvrecipes.text import numbers
from cvrecipes.text.reasons import ANOTHER_SCRIPT
from cvrecipes.text.tables import INVISIBLE

# Signs are shown by their code point where they have no shape, or the shape of another.
_SHAPELESS = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
_NAMES = {
    "\u200c": "zero-width non-joiner",
    "\u200d": "zero-width joiner",
    "\u00ad": "soft hyphen",
    "\u00a0": "no-break space",
    "\ufeff": "byte order mark",
    "\u200b": "zero-width space",
}

_SLOTS = {
    "spaces": "Words stand one space apart.",
    "quotations": "Quotation marks around speech are left out.",
    "compose": "A letter that can be typed in several ways gets the usual one. It looks the same.",
    "invisible": "Signs that nobody sees are left out.",
    "compatibility": "A special form of a letter or sign becomes the ordinary one.",
    "punctuation": "Punctuation and symbols are left out.",
    "fold": "A letter outside the alphabet of this recipe is written as the nearest one in it.",
}
_STEPS = {
    "latin_in_cyrillic": "Latin letters inside a Cyrillic word become the Cyrillic letters that "
    "look like them.",
    "latin_in_cyrillic_shha": "Latin letters inside a Cyrillic word become the Cyrillic letters "
    "that look like them; h becomes һ.",
    "cyrillic_in_latin": "Cyrillic letters inside a Latin word become the Latin letters that look "
    "like them.",
    "arabic_marks": "Vowel marks, marks of the Koran, and the stretching line are left out.",
    "sorani_heh": "ه with an invisible separator becomes ە.",
    "persian_heh": "ه with a hamza above becomes ۀ.",
    "brahmic_vowels": "A vowel that was typed in parts becomes one letter. It looks the same.",
    "anusvara_zero": "A zero that was typed for the anusvara becomes the anusvara.",
    "bengali_khanda_ta": "Khanda ta that was typed in parts becomes one letter.",
    "join_han": "Punctuation between characters is left out, without a space.",
    "palochka": "Whatever was typed for the palochka becomes ӏ.",
    "slavic_stress": "Accents that mark the stress are left out.",
    "dutch_short_forms": "An apostrophe before a word stays in short forms only.",
}
_SENTENCE = re.compile(r".+?[.:](?=\s|$)", re.DOTALL)


def shown(text: str) -> str:
    """A sign as a reader sees it: marks on a circle, what is invisible by its name."""
    if not text:
        return "nothing"
    if text.isspace() and set(text) == {" "}:
        return "space"
    parts = [f"[{_name(c)}]" if _shapeless(c) else c for c in text]
    mark = unicodedata.category(text[0])[0] == "M" and not _shapeless(text[0])
    circle = "\u25cc" if mark else ""
    return circle + "".join(parts)


def _shapeless(character: str) -> bool:
    if character.isspace():
        return character != " "
    return unicodedata.category(character) in _SHAPELESS or not character.translate(INVISIBLE)


def _name(character: str) -> str:
    return _NAMES.get(character) or f"U+{ord(character):04X}"


def pointed(text: str) -> str:
    """A sign with its code points, where another sign may look the same."""
    points = " ".join(f"U+{ord(c):04X}" for c in text)
    return shown(text) if text.isascii() else f"{shown(text)} ({points})"


def named(text: str) -> str:
    """A text with what nobody sees in it by its name."""
    return "".join(f"[{_name(c)}]" if _shapeless(c) else c for c in text)


def change_words(rule: Rule, pairs: Sequence[tuple[str, str]]) -> str:
    """What a rule changed in a sentence, as pairs of before and after; empty for no pair."""
    if not pairs:
        return ""
    old, new = (sorted("".join(side)) for side in zip(*pairs, strict=True))
    if old == new:
        signs = " ".join(shown(sign) for sign in dict.fromkeys(old))
        return f"The order of signs was changed: {signs}"
    if rule.kind == "fold":
        return ", ".join(f"{shown(one)} is written as {shown(other)} here" for one, other in pairs)
    return ", ".join(f"{one} → {other}" for one, other in (_told_apart(*pair) for pair in pairs))


def _told_apart(old: str, new: str) -> tuple[str, str]:
    """Both signs as `shown`; with their script or name where they may look the same."""
    if len(old) != 1 or len(new) != 1 or _shapeless(old) or _shapeless(new):
        return shown(old), shown(new)
    names = [unicodedata.name(sign, f"U+{ord(sign):04X}") for sign in (old, new)]
    if not (old.isalpha() or new.isalpha()):
        added = [name.lower() for name in names]
    else:
        added = [name.split()[0].capitalize() for name in names]
        if added[0] == added[1]:
            return shown(old), shown(new)
        added = [
            f"{name} letter" if sign.isalpha() else whole.lower()
            for sign, name, whole in zip((old, new), added, names, strict=True)
        ]
    return f"{shown(old)} ({added[0]})", f"{shown(new)} ({added[1]})"


def unused_words(reason: str) -> str:
    """Why a sentence is not used: the reason of a normalizer, in words."""
    kind, _, signs = reason.partition(": ")
    if not signs:
        return "it has digits"
    letters = " ".join(map(shown, signs.split()))
    if kind == ANOTHER_SCRIPT:
        return f"it has letters of another script, {letters}"
    return f"it has letters outside the alphabet, {letters}"


def words(recipe: Recipe, rule: Rule) -> str:
    """What a rule does, as one or two short sentences."""
    if rule.kind in _SLOTS:
        return _SLOTS[rule.kind]
    if rule.kind == "step":
        return _step(recipe, rule.entry)
    return _WORDS[rule.kind](recipe, rule.entry)


def _repair(recipe: Recipe, key: str) -> str:
    value = recipe.rules.repair[key]
    return f"{pointed(key)} is typed for {pointed(value)} and becomes it."


def _lookalike(recipe: Recipe, key: str) -> str:
    value = recipe.rules.lookalikes[key]
    return f"{pointed(key)} only looks like {pointed(value)} and becomes it."


def _replace(recipe: Recipe, key: str) -> str:
    value = recipe.rules.replace[key]
    return f"{shown(key)} becomes {shown(value)}." if value else f"{shown(key)} is left out."


def _lower(recipe: Recipe, capital: str) -> str:
    if capital:
        return f"{capital} is the capital of {'ı' if capital == 'I' else 'i'}."
    return "Capital letters become small letters."


def _between(sign: str, value: str) -> str:
    if not value:
        return f"{sign} inside a word is left out; the parts are joined."
    if not value.strip():
        return f"{sign} inside a word becomes a space."
    return f"{sign} inside a word stays, and is always written {value}"


def _apostrophe(recipe: Recipe, place: str) -> str:
    if place == "inside":
        return _between("An apostrophe", recipe.rules.apostrophe)
    return "Single quotation marks, and apostrophes that belong to no word, are left out."


def _reason(recipe: Recipe, kind: str) -> str:
    if kind == DIGITS:
        return "Sentences with digits are not used: digits do not show what the speaker said."
    return "Sentences with letters that the language does not have are not used."


_WORDS: dict[str, Callable[[Recipe, str], str]] = {
    "repair": _repair,
    "lookalikes": _lookalike,
    "replace": _replace,
    "lower": _lower,
    "delete": lambda recipe, sign: f"{pointed(sign)} is left out, without a space.",
    "apostrophe": _apostrophe,
    "edge": lambda recipe, edge: f"An apostrophe may stand at the {edge} of a word.",
    "hyphen": lambda recipe, _: _between("A hyphen", recipe.rules.hyphen),
    "kept": lambda recipe, sign: f"{shown(sign)} belongs to the spelling and stays.",
    "reason": _reason,
    "letter": lambda recipe, letter: f"{letter} is a letter of the language.",
    "loan": lambda recipe, letter: f"{letter} occurs in loan words and names, and is accepted.",
    "foreign": lambda recipe, letter: f"{pointed(letter)} is no letter of the language.",
}


def _step(recipe: Recipe, name: str) -> str:
    """What a named step does; of a recipe's own step, the first sentence that describes it."""
    if name in _STEPS:
        return _STEPS[name]
    if name in numbers.STEPS:
        return "A number in digits is written in words."
    steps = dict((*recipe.normalizer.sentence, *recipe.normalizer.steps))
    match = _SENTENCE.match(inspect.getdoc(steps[name]) or "")
    if match is None:
        return f"A rule of its own, {name}."
    return " ".join(match[0].split()).removesuffix(":").removesuffix(".").replace("`", "") + "."
