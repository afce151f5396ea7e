"""The kit: the checks that every recipe must pass, a built-in one and a plugin's alike."""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Iterator, Sequence

from cvrecipes.errors import CvrecipesError, did_you_mean
from cvrecipes.models.ctc import Vocabulary
from cvrecipes.recipe import CONFIRMED, Golden, Recipe, read_text
from cvrecipes.recipe.reviews import LEAST_RIGHT, REVIEWS_FILE
from cvrecipes.settings import Settings
from cvrecipes.text.blame import blame
from cvrecipes.text.normalizer import Change
from cvrecipes.text.steps import LOWER
from cvrecipes.text.writing_systems import OPEN_SCRIPTS, SCRIPTS

LEAST_PAIRS = {CONFIRMED: LEAST_RIGHT, "reviewed": 10, "drafted": 5, "generic": 0}
_FUZZ_TEXTS = 300
# The longest letter of a built-in recipe has two and marks (ייַ); a digraph is no letter here.
_LONGEST_LETTER = 4
_SPACES = "separate letters by spaces, and by nothing else"
_LONGEST_SHOWN = 200
_STEPS_SHOWN = 30


def check_recipe(recipe: Recipe, *, seed: int = 0, each_pair: bool = True) -> list[str]:
    """Check a recipe's normalization.

    Arguments:
        seed: of the random texts.
        each_pair: whether the golden pairs are compared, too.

    Returns:
        A text for each problem: golden pairs that fail, too few of them, a normalizer that
        is not idempotent or lets punctuation through, text that the vocabulary cannot hold.
    """
    try:
        Settings().changed(recipe.training)
        return list(_problems(recipe, recipe.golden(), seed, each_pair))
    except CvrecipesError as error:
        return [error.message]


def _problems(recipe: Recipe, pairs: Sequence[Golden], seed: int, each_pair: bool) -> Iterator[str]:
    least = LEAST_PAIRS[recipe.status]
    if len(pairs) < least:
        place = recipe.folder / "golden.tsv"
        yield f"{place}: a {recipe.status} recipe needs {least} golden pairs, it has {len(pairs)}"
    closed = recipe.script not in OPEN_SCRIPTS
    if recipe.status != "generic" and closed and not recipe.alphabet:
        yield f"{_place(recipe, 'letters')}: a {recipe.status} recipe needs an alphabet"
    if recipe.status != "generic" and not recipe.sources:
        yield f"{_place(recipe, 'sources')}: a {recipe.status} recipe names its sources"
    most = max((review.right - review.open for review in recipe.reviews), default=0)
    if most > len(pairs):
        yield (
            f"{recipe.folder / REVIEWS_FILE}: a review confirmed {most} sentences, and there are "
            f"{len(pairs)} golden pairs; cvrecipes review --apply writes both"
        )
    yield from check_rules(recipe)
    for pair in pairs if each_pair else ():
        problem = check_pair(recipe, pair)
        if problem:
            yield problem
    for text in (*(pair.raw for pair in pairs), *fuzz(recipe, random.Random(seed))):
        problem = check_text(recipe, text)
        if problem:
            yield problem
            break


def open_corrections(recipe: Recipe) -> Iterator[str]:
    """Each correction of a reviewer that the recipe does not write, with its place.

    They are no problems: a person decides whether the recipe or the correction is right.

    Raises:
        Failure: a corrections.tsv or a step is wrong.
    """
    for pair in recipe.corrections():
        if (written := recipe.golden_text(pair.raw)) != pair.expected:
            yield (
                f"{pair.path}:{pair.line}: {_short(pair.raw)}: the recipe writes "
                f"{_short(written)}, a reviewer {_short(pair.expected)}"
            )


def check_rules(recipe: Recipe) -> Iterator[str]:
    """Problems of the script, the alphabet and the rules, each with its file and line."""
    for key, problem in _check_rules(recipe):
        yield f"{_place(recipe, key)}: {problem}"


def _place(recipe: Recipe, key: str) -> str:
    path = recipe.folder / "recipe.toml"
    text = read_text(path)
    # Not there when it is the parent's.
    match = re.search(rf"^[ \t]*(\[text\.)?{key}[ \t]*[=\].]", text, re.MULTILINE)
    return f"{path}:{text.count(chr(10), 0, match.start()) + 1}" if match else str(path)


def _check_rules(recipe: Recipe) -> Iterator[tuple[str, str]]:
    scripts = {*SCRIPTS, *OPEN_SCRIPTS}
    if recipe.script not in scripts:
        remedy = did_you_mean(recipe.script, scripts, "give its ISO 15924 code, such as Latn")
        yield "script", f"unknown script {recipe.script!r}; {remedy}"
    for key in ("letters", "loans"):
        for letter in getattr(recipe.alphabet, key):
            problem = _check_letter(recipe, letter)
            if problem:
                yield key, problem
    lower = LOWER[recipe.rules.case]
    for key in recipe.rules.replace:
        if lower(key) != key:
            yield (
                "replace",
                f"replace has {key!r}, which it never meets: it comes after lower-casing; "
                f"write {lower(key)!r}",
            )
    for name in ("apostrophe", "hyphen"):
        sign = getattr(recipe.rules, name).strip()
        if sign and recipe.alphabet and sign not in recipe.alphabet.code_points:
            yield (
                name,
                f"{name} is {sign!r}, which is outside the alphabet, so each word with it is "
                "left out; add it to marks of [alphabet]",
            )


def _check_letter(recipe: Recipe, letter: str) -> str | None:
    bases = [c for c in letter if unicodedata.category(c)[0] != "M"]
    if len(bases) > _LONGEST_LETTER:
        return f"letter {_short(letter)} of the alphabet is {len(bases)} letters; {_SPACES}"
    text = recipe.normalizer(letter)
    if text == letter:
        reason = recipe.normalizer.reason(text)
        wrong = f"letter {letter!r} of the alphabet is always left out ({reason})"
        return f"{wrong}; remove it" if reason else None
    if letter == recipe.rules.apostrophe:
        return None
    what = f"letter {letter!r} of the alphabet normalizes to {_short(text)}"
    if letter.lower() == text:
        return f"{what}; the alphabet holds small letters"
    if letter.strip(",;") == text:
        return f"{what}; {_SPACES}"
    if not text and unicodedata.category(letter[0])[0] in "PS":
        return f"{what}; it is a sign: a word's own sign belongs into marks, or into keep of [text]"
    steps = dict.fromkeys(change.step for change in recipe.normalizer.explain(letter))
    return f"{what}; see: {', '.join(steps)}"


def check_pair(recipe: Recipe, pair: Golden) -> str | None:
    """The problem with a golden pair, with the step that made the difference; None if it passes."""
    try:
        got = recipe.normalizer(pair.raw)
    except CvrecipesError as error:
        return f"{pair.path}:{pair.line}\n  raw       {pair.raw}\n  failed    {error.message}"
    golden = recipe.folder / "golden.tsv"
    reason = recipe.normalizer.reason(got)
    changes = recipe.normalizer.explain(pair.raw)
    lines = [
        f"{pair.path}:{pair.line}" + (" (inherited)" if pair.path != golden else ""),
        f"  raw       {pair.raw}  {_points(pair.raw)}",
        f"  got       {_cut(got)}" + (f" ({reason})" if reason else ""),
    ]
    if pair.expected.startswith("!"):
        reason_expected = pair.expected[1:]
        named = reason is not None and f"{reason} ".startswith(
            (f"{reason_expected} ", f"{reason_expected}: ")
        )
        return (
            None
            if named
            else "\n".join([*lines, f"  expected  !{reason_expected}", *_steps(changes)])
        )
    if got != pair.expected:
        lines += [
            f"  expected  {pair.expected}",
            f"  differs   {_difference(got, pair.expected)}",
            f"  made by   {_maker(changes, got, pair.expected)}",
        ]
        lines += [f"  hint      {hint}" for hint in [_hint(got, pair.expected)] if hint]
        return "\n".join([*lines, *_steps(changes)])
    if reason is not None:
        lines.append(f"  expected  {pair.expected}, but it cannot be used: {reason}")
        return "\n".join([*lines, *_steps(changes)])
    return None


def _hint(got: str, expected: str) -> str | None:
    """A probable mistake in the expected text itself."""
    if not expected.strip():
        return "the expected text is empty: one tab is between the columns; !empty is for no text"
    if got == " ".join(expected.split()):
        return "the expected text has spaces at an end, or two in a row"
    if got == unicodedata.normalize("NFC", expected):
        return "the expected text is decomposed: save it in composed form (NFC)"
    if got == unicodedata.normalize("NFC", expected).lower():
        return "the expected text has capitals: it is written as the model learns it"
    return None


def _maker(changes: Sequence[Change], got: str, expected: str) -> str:
    change = blame(changes, got, expected)
    if change is None:
        return "no step: it stands so in the raw text"
    old, new = (
        f"{_cut(text)} {_points(text)}" if text else "nothing"
        for text in (change.before, change.after)
    )
    return f"{change.step}: {old} -> {new}"


def _steps(changes: Sequence[Change]) -> list[str]:
    shown = changes[:_STEPS_SHOWN]
    lines = [
        f"  {change.step:14} {_cut(change.before)} -> {_cut(change.after)}" for change in shown
    ]
    return [*lines, *([f"  ... {len(changes) - len(shown)} more"] if changes[len(shown) :] else [])]


def _restless(recipe: Recipe, raw: str) -> str:
    """The steps that change a text again when all of them are done."""
    again = recipe.normalizer(raw)
    names = [change.step for change in recipe.normalizer.explain(again)]
    telling = [name for name in names if name not in ("lower", "spaces", "punctuation")]
    return ", ".join(dict.fromkeys(telling or names))


def check_text(recipe: Recipe, raw: str) -> str | None:
    """Problems of any text: an error, no NFC, stray signs, no fixed point, no way to encode it."""
    try:
        text = recipe.normalizer(raw)
    except CvrecipesError as error:
        return error.message
    except Exception as error:  # the test is that nothing is raised
        return f"{raw!r} raises {type(error).__name__}: {error}"
    shown = f"{raw!r} ({_points(raw)}) gives {_short(text)}"
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
        return (
            f"{shown}, and normalizing that gives {_short(again)}; a rule must leave alone what "
            f"it wrote: see {_restless(recipe, raw)}"
        )
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
    letters = "".join(recipe.alphabet.code_points) or "abc"
    signs = "'’ʼʻ`´-‐.,!?«»“”\u0301\u0307\u200c\u200d\u00ad\u064e\u0640 \t"
    replaced = (
        "".join((*recipe.rules.repair, *recipe.rules.lookalikes, *recipe.rules.replace)) or " "
    )
    for _ in range(_FUZZ_TEXTS):
        text = []
        for _ in range(rng.randint(0, 14)):
            kind = rng.random()
            if kind < 0.45:
                letter = rng.choice(letters)
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


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…"


def _short(text: str) -> str:
    return repr(_cut(text))


def _points(text: str) -> str:
    return " ".join(f"U+{ord(c):04X}" for c in text[:40])


def _difference(got: str, expected: str) -> str:
    for index, (left, right) in enumerate(zip(got, expected, strict=False)):
        if left != right:
            return f"at {index}: U+{ord(left):04X} {left} instead of U+{ord(right):04X} {right}"
    rest = got[len(expected) :] or expected[len(got) :]
    return f"at the end: {'too much' if len(got) > len(expected) else 'missing'} {_points(rest)}"
