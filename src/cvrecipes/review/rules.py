"""The rules of a recipe as a reader can judge them, and those that a sentence shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import NamedTuple

import regex

from cvrecipes.recipe import Recipe
from cvrecipes.text.normalizer import Change
from cvrecipes.text.reasons import OUTSIDE_ALPHABET
from cvrecipes.text.tables import APOSTROPHES, HYPHENS, INVISIBLE
from cvrecipes.text.writing_systems import OPEN_SCRIPTS

TABLES = ("repair", "lookalikes", "replace")
DIGITS, OUTSIDE = "digits", OUTSIDE_ALPHABET
_LETTER = rf"[[\p{{L}}\p{{M}}]--[{regex.escape(APOSTROPHES)}]]"
_INSIDE = regex.compile(
    rf"(?<={_LETTER})[{regex.escape(APOSTROPHES)}]+(?={_LETTER})", regex.VERSION1
)
_ANY = regex.compile(f"[{regex.escape(APOSTROPHES)}]")
_PAIRS = 6
# What joins two letters: a recipe decides whether it stays.
JOINERS = APOSTROPHES + HYPHENS


class Rule(NamedTuple):
    """One rule.

    Attributes:
        kind: a slot of the normalizer, or ``step``, ``edge``, ``kept``, ``reason``, ``letter``,
            ``loan`` or ``foreign``.
        entry: which entry of the slot: a key of a table, a sign, the name of a step.
    """

    kind: str
    entry: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """What one sentence shows of a recipe.

    Attributes:
        text: the normalized sentence.
        reason: why a run leaves it out; None if it does not.
        changes: what each rule changed, as pairs of before and after, in order.
        rules: every rule that it shows, those that change nothing included.
        letters: letters of the alphabet, of loan words, and foreign letters, that it holds.
    """

    text: str
    reason: str | None
    changes: Mapping[Rule, tuple[tuple[str, str], ...]]
    rules: frozenset[Rule]
    letters: frozenset[Rule]


def rules_of(recipe: Recipe) -> list[Rule]:
    """Every rule of a recipe, in the order in which they apply."""
    rules = recipe.rules
    names = [name for name, _ in (*recipe.normalizer.sentence, *recipe.normalizer.steps)]
    listed: list[Rule] = []
    for name in names:
        if name in rules.named_steps:
            listed.append(Rule("step", name))
        elif name in TABLES:
            table: Mapping[str, str] = getattr(rules, name)
            listed += [Rule(name, key) for key in table if _accepted(recipe, table[key])]
        elif name == "delete":
            # What is invisible in every language is gone before.
            signs = (sign for sign in rules.delete if sign.translate(INVISIBLE))
            listed += [Rule(name, sign) for sign in dict.fromkeys(signs)]
        elif name == "apostrophe":
            listed += [Rule(name, "inside"), Rule(name, "loose")]
            listed += [Rule("edge", edge) for edge in rules.apostrophe_edges if rules.apostrophe]
        elif name.startswith("lower"):
            listed += [Rule("lower", entry) for entry in _capitals(recipe)]
        else:
            listed.append(Rule(name))
    listed += [Rule("kept", sign) for sign in kept_signs(recipe)]
    listed.append(Rule("reason", DIGITS))
    if recipe.alphabet:
        listed.append(Rule("reason", OUTSIDE))
    return list(dict.fromkeys(listed))


def _accepted(recipe: Recipe, value: str) -> bool:
    """Whether what an entry writes can be in a text.

    A parent has entries for every script that shares it; those of another script only ever act
    on sentences that are left out.
    """
    return not recipe.alphabet or not recipe.alphabet.outside(recipe.normalizer(value))


def letters_of(recipe: Recipe) -> list[Rule]:
    """The letters of the alphabet and of loan words; a page shows them if there is room."""
    letters = [Rule("letter", letter) for letter in recipe.alphabet.letters]
    return letters + [Rule("loan", letter) for letter in recipe.alphabet.loans]


def _capitals(recipe: Recipe) -> tuple[str, ...]:
    if recipe.rules.case == "turkic":
        return "", "I", "İ"
    cased = any(letter.upper() != letter for letter in recipe.alphabet.letters)
    learned = not recipe.alphabet and recipe.script not in OPEN_SCRIPTS
    return ("",) if recipe.rules.case != "none" and (cased or learned) else ()


def kept_signs(recipe: Recipe) -> tuple[str, ...]:
    """Signs that belong to the spelling."""
    signs = (*recipe.alphabet.marks, *recipe.rules.keep)
    return tuple(dict.fromkeys((*signs, *recipe.rules.apostrophe.strip())))


def shown_by(recipe: Recipe, raw: str) -> Shown:
    """What a sentence shows of a recipe.

    Raises:
        Failure: a step raises.
    """
    text = recipe.normalizer(raw)
    changes: dict[Rule, dict[tuple[str, str], None]] = {}
    for change in recipe.normalizer.explain(raw):
        for rule, pair in _seen(recipe, change):
            changes.setdefault(rule, {})[pair] = None
    reason = recipe.normalizer.reason(text)
    rules = {*changes, *_unchanging(recipe, raw, text)}
    letters = {letter for letter in letters_of(recipe) if letter.entry in text}
    if reason is not None:
        kind, _, signs = reason.partition(": ")
        rules.add(Rule("reason", kind))
        letters = {Rule("foreign", sign) for sign in signs.split()}
    listed = {rule: tuple(pairs)[:_PAIRS] for rule, pairs in changes.items()}
    return Shown(text, reason, listed, frozenset(rules), frozenset(letters))


def _unchanging(recipe: Recipe, raw: str, text: str) -> Iterator[Rule]:
    """Rules that a sentence shows because something stays."""
    for sign in kept_signs(recipe):
        if sign in text:
            yield Rule("kept", sign)
    mark = recipe.rules.apostrophe.strip()
    if mark and _INSIDE.search(raw):
        yield Rule("apostrophe", "inside")
    for word in text.split() if mark else ():
        if "start" in recipe.rules.apostrophe_edges and word.startswith(mark):
            yield Rule("edge", "start")
        if "end" in recipe.rules.apostrophe_edges and word.endswith(mark):
            yield Rule("edge", "end")


def _seen(recipe: Recipe, change: Change) -> Iterator[tuple[Rule, tuple[str, str]]]:
    """The rules behind one step's change, each with what it changed."""
    name = change.step
    if name in recipe.rules.named_steps:
        yield from ((Rule("step", name), pair) for pair in differences(change))
    elif name in TABLES:
        yield from _entries(recipe, change)
    elif name == "delete":
        gone = set(change.before) - set(change.after)
        yield from ((Rule(name, sign), (sign, "")) for sign in recipe.rules.delete if sign in gone)
    elif name.startswith("lower"):
        for old, new in differences(change):
            yield Rule("lower", old if name == "lower_turkic" and old in "Iİ" else ""), (old, new)
    elif name == "apostrophe":
        inside = {match[0][0] for match in _INSIDE.finditer(change.before)}
        loose = {*_ANY.findall(_INSIDE.sub("", change.before))}
        value = recipe.rules.apostrophe
        yield from ((Rule(name, "inside"), (sign, value)) for sign in sorted(inside))
        yield from ((Rule(name, "loose"), (sign, "")) for sign in sorted(loose))
    else:
        yield from ((Rule(name), pair) for pair in differences(change))


def _entries(recipe: Recipe, change: Change) -> Iterator[tuple[Rule, tuple[str, str]]]:
    """The entries of a table that a step used: the longest that fits, in either case."""
    table: Mapping[str, str] = getattr(recipe.rules, change.step)
    forms = {form: key for key in table for form in capitals(recipe, key)}
    pattern = regex.compile("|".join(map(regex.escape, sorted(forms, key=len, reverse=True))))
    for form in dict.fromkeys(pattern.findall(change.before)):
        if change.before.count(form) > change.after.count(form):
            key = forms[form]
            value = table[key] if form == key else capitals(recipe, table[key])[-1]
            yield Rule(change.step, key), (form, value)


def capitals(recipe: Recipe, text: str) -> tuple[str, ...]:
    """The text, and the text in capitals if it has any and the language has a case."""
    if recipe.rules.case == "none":
        return (text,)
    upper = (text.replace("i", "İ") if recipe.rules.case == "turkic" else text).upper()
    return (text, upper) if upper != text and len(upper) == len(text) else (text,)


def differences(change: Change) -> Iterator[tuple[str, str]]:
    """The parts of a text that a step replaced, letter by letter where their number is the same."""
    matcher = SequenceMatcher(None, change.before, change.after, autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        old, new = change.before[a:b], change.after[c:d]
        if kind == "replace" and len(old) == len(new):
            yield from ((one, other) for one, other in zip(old, new, strict=True) if one != other)
        elif kind != "equal":
            yield old, new
