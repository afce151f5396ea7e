"""The kit every recipe must pass, in the box and from plugins alike."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Iterator, Sequence

from cvrecipes.ctc import Vocabulary
from cvrecipes.errors import CvrecipesError
from cvrecipes.recipe import Golden, Recipe
from cvrecipes.settings import Settings
from cvrecipes.text.blame import blame
from cvrecipes.text.normalizer import Change
from cvrecipes.writing_systems import OPEN_SCRIPTS

LEAST_PAIRS = {"reviewed": 10, "drafted": 5, "generic": 0}
_FUZZ_TEXTS = 300


def check_recipe(recipe: Recipe, *, seed: int = 0, each_pair: bool = True) -> list[str]:
    """Check a recipe's normalization.

    Arguments:
        seed: of the random texts.
        each_pair: whether the golden pairs are compared, too.

    Returns:
        A text for each problem: golden pairs that fail, too few of them, a normalizer that
        is not idempotent or lets punctuation through, text that the vocabulary cannot hold.
    """
    problems: list[str] = []
    try:
        pairs = recipe.golden()
        Settings().changed(recipe.training)
    except CvrecipesError as error:
        return [error.message]
    least = LEAST_PAIRS[recipe.status]
    if len(pairs) < least:
        problems.append(f"a {recipe.status} recipe needs {least} golden pairs, it has {len(pairs)}")
    closed = recipe.script not in OPEN_SCRIPTS
    if recipe.status != "generic" and closed and not recipe.alphabet:
        problems.append(f"a {recipe.status} recipe needs an alphabet")
    if recipe.status != "generic" and not recipe.sources:
        problems.append(f"a {recipe.status} recipe names its sources")
    problems += [
        f"letter {letter!r} of the alphabet normalizes to {recipe.normalizer(letter)!r}"
        for letter in recipe.alphabet.letters
        if recipe.normalizer(letter) != letter and letter != recipe.rules.apostrophe
    ]
    for pair in pairs if each_pair else ():
        problem = check_pair(recipe, pair)
        if problem:
            problems.append(problem)
    texts = [*(pair.raw for pair in pairs), *fuzz(recipe, random.Random(seed))]
    for text in texts:
        problem = check_text(recipe, text)
        if problem:
            problems.append(problem)
            break
    return problems


def check_pair(recipe: Recipe, pair: Golden) -> str | None:
    """What is wrong with a golden pair, with the step that made the difference; or None."""
    got = recipe.normalizer(pair.raw)
    reason = recipe.normalizer.reason(got)
    changes = recipe.normalizer.explain(pair.raw)
    lines = [
        f"{recipe.folder / 'golden.tsv'}:{pair.line}",
        f"  raw       {pair.raw}  {_points(pair.raw)}",
        f"  got       {got}" + (f" ({reason})" if reason else ""),
    ]
    if pair.expected.startswith("!"):
        wanted = pair.expected[1:]
        named = reason is not None and f"{reason} ".startswith((f"{wanted} ", f"{wanted}: "))
        return None if named else "\n".join([*lines, f"  expected  !{wanted}", *_steps(changes)])
    if got != pair.expected:
        lines += [
            f"  expected  {pair.expected}",
            f"  differs   {_difference(got, pair.expected)}",
            f"  made by   {_maker(changes, got, pair.expected)}",
        ]
        return "\n".join([*lines, *_steps(changes)])
    if reason is not None:
        lines.append(f"  expected  {pair.expected}, but it cannot be used: {reason}")
        return "\n".join([*lines, *_steps(changes)])
    return None


def _maker(changes: Sequence[Change], got: str, expected: str) -> str:
    found = blame(changes, got, expected)
    if found is None:
        return "no step: it stands so in the raw text"
    old, new = (
        f"{text} {_points(text)}" if text else "nothing" for text in (found.before, found.after)
    )
    return f"{found.step}: {old} -> {new}"


def _steps(changes: Sequence[Change]) -> list[str]:
    return [f"  {change.step:14} {change.before} -> {change.after}" for change in changes]


def check_text(recipe: Recipe, raw: str) -> str | None:
    """What any text must satisfy: never raise, NFC, no stray signs, idempotent, encodable."""
    try:
        text = recipe.normalizer(raw)
    except Exception as error:  # the claim under test is that none is raised
        return f"{raw!r} raises {type(error).__name__}: {error}"
    shown = f"{raw!r} ({_points(raw)}) gives {text!r}"
    if unicodedata.normalize("NFC", text) != text:
        return f"{shown}, which is not NFC"
    if text != " ".join(text.split()):
        return f"{shown}, which has stray spaces"
    kept = recipe.rules.keep + recipe.rules.apostrophe + recipe.rules.hyphen
    kept += "".join(recipe.alphabet.marks)
    stray = [c for c in text if unicodedata.category(c)[0] in "PS" and c not in kept]
    if stray:
        return f"{shown}, which still holds {' '.join(stray)}"
    hidden = [c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs") and c not in kept]
    if hidden:
        return f"{shown}, which still holds {_points(''.join(hidden))}"
    again = recipe.normalizer(text)
    if again != text:
        return f"{shown}, and normalizing that gives {again!r}"
    if recipe.alphabet and recipe.normalizer.reason(text) is None:
        return _round_trip(recipe, text)
    return None


def _round_trip(recipe: Recipe, text: str) -> str | None:
    tokens = sorted({*recipe.alphabet.code_points, *recipe.extras})
    vocabulary = Vocabulary(("|", *tokens, "[UNK]", "[PAD]"))
    try:
        labels = vocabulary.encode(text)
    except KeyError as error:
        return f"{text!r} holds {error}, which the vocabulary does not have"
    back = vocabulary.decode(labels, collapsed=True)
    return None if back == text else f"{text!r} comes back from the vocabulary as {back!r}"


def fuzz(recipe: Recipe, rng: random.Random) -> Iterator[str]:
    """Texts of letters, marks and signs of the recipe, mixed with any Unicode."""
    own = "".join(recipe.alphabet.code_points) or "abc"
    signs = "'’ʼʻ`´-‐.,!?«»“”\u0301\u0307\u200c\u200d\u00ad\u064e\u0640 \t"
    replaced = (
        "".join((*recipe.rules.repair, *recipe.rules.lookalikes, *recipe.rules.replace)) or " "
    )
    for _ in range(_FUZZ_TEXTS):
        text = []
        for _ in range(rng.randint(0, 14)):
            kind = rng.random()
            if kind < 0.45:
                letter = rng.choice(own)
                text.append(letter.upper() if rng.random() < 0.4 else letter)
            elif kind < 0.65:
                text.append(rng.choice(signs))
            elif kind < 0.75:
                text.append(rng.choice(replaced))
            elif kind < 0.95:
                text.append(chr(rng.randint(0x20, 0x2FFF)))
            else:
                text.append(chr(rng.randint(0, 0x10FFFF)))
        yield "".join(text)


def _points(text: str) -> str:
    return " ".join(f"U+{ord(c):04X}" for c in text[:40])


def _difference(got: str, expected: str) -> str:
    for index, (left, right) in enumerate(zip(got, expected, strict=False)):
        if left != right:
            return f"at {index}: U+{ord(left):04X} {left} instead of U+{ord(right):04X} {right}"
    rest = got[len(expected) :] or expected[len(got) :]
    return f"at the end: {'too much' if len(got) > len(expected) else 'missing'} {_points(rest)}"
