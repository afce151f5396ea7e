"""Every normalizer takes time by the length of a text, whatever sign the text repeats."""

from __future__ import annotations

import time
from collections.abc import Iterator

from cvrecipes.catalog import find_recipes
from cvrecipes.plugins import new_manager
from cvrecipes.recipe import Recipe
from cvrecipes.text.normalizer import Normalizer

LENGTH = 2_000
# Linear normalizers need about 0.3 microseconds a character. A slower text is measured again.
SUSPECT = 0.8e-6
# A text four times as long takes four times as long, and sixteen times where time is quadratic.
MOST = 9.0
# Signs that steps of several languages look at: apostrophes, hyphens, quotation marks, digits,
# punctuation, combining marks, joiners, what is typed for the palochka, tatweel, virama, sigma.
SIGNS = "'’ʻʼ´-\u2011«\"1\u0663.(·\u0301\u0307\u200c\u200dIlІ|Ӏ\u0640\u094dσc"


def shapes(sign: str, letter: str, length: int) -> list[str]:
    """Long words of a sign: alone, inside a word, at its edges, and between all its letters."""
    run = sign * length
    return [
        run, f"{letter}{run}{letter}", f"{run}{letter}", f"{letter}{run}",
        f"{letter}{sign}" * (length // 2), f"{sign}{letter * length}{sign}",
    ]  # fmt: skip


def own_signs(recipe: Recipe) -> str:
    """The signs that a recipe's own rules name."""
    rules = recipe.rules
    tables = (rules.repair, rules.lookalikes, rules.replace)
    written = "".join(text for table in tables for pair in table.items() for text in pair)
    return "".join(dict.fromkeys(f"{written}{rules.delete}{rules.keep}"))


def cases() -> Iterator[tuple[Recipe, str]]:
    """Every sign of every recipe and variant; a sign once for all recipes that treat it alike."""
    catalog = find_recipes(new_manager())
    known: set[tuple[object, str]] = set()
    folders = [
        (entry, name) for entry in catalog.recipes.values() for name in catalog.folders(entry)
    ]
    for entry, name in folders:
        recipe = catalog.read(entry, variant=name)
        rules, marks = recipe.rules, recipe.alphabet.marks
        # Replacing takes the same time whatever the table says.
        steps = (
            rules.named_steps, rules.case, rules.fold and bool(recipe.alphabet), bool(rules.repair),
            bool(rules.lookalikes) and recipe.script, any(len(key) > 1 for key in rules.replace),
        )  # fmt: skip
        signs = rules.apostrophe, rules.apostrophe_edges, rules.hyphen, rules.keep, marks
        for kind, own in ((steps, own_signs(recipe)), ((*steps, *signs), SIGNS)):
            for sign in own:
                if (kind, sign) not in known:
                    known.add((kind, sign))
                    yield recipe, sign


def seconds(normalizer: Normalizer, text: str, tries: int = 1) -> float:
    """The shortest of several times of this thread; words of this length are not remembered."""
    times = []
    for _ in range(tries):
        started = time.thread_time()
        normalizer(text)
        times.append(time.thread_time() - started)
    return min(times)


def test_no_recipe_takes_more_than_linear_time_on_runs_of_its_special_signs() -> None:
    wrong = []
    for recipe, sign in cases():
        letter = (recipe.alphabet.letters or ("a",))[0]
        text = " ".join(shapes(sign, letter, LENGTH))
        if seconds(recipe.normalizer, text) < SUSPECT * len(text):
            continue
        for short, long in zip(
            shapes(sign, letter, LENGTH), shapes(sign, letter, 4 * LENGTH), strict=True
        ):
            times = [seconds(recipe.normalizer, text, tries=2) for text in (short, long)]
            if times[1] > MOST * times[0]:
                wrong.append((recipe.locale, f"U+{ord(sign):04X}", short[:4], times))
    assert wrong == []
