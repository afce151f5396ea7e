"""Write docs/languages.md from the built-in recipes.

    python tools/generate_languages.py          write the page
    python tools/generate_languages.py --check  change nothing; exit 1 when it differs

The hours are facts of a release, kept in cv25_hours.json. Which locale is in which release of
Scripted and of Spontaneous Speech is in cv_releases.json. The page lists every locale of both
files. Nothing here imports torch.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from cvrecipes.builtin import register_steps
from cvrecipes.recipe import MAIN, STATUSES, Recipe, read_recipe
from cvrecipes.recipe.recipe import of_one_locale
from cvrecipes.recipe.variants import variant_folders
from cvrecipes.text.failing import Steps

ROOT = Path(__file__).parents[1]
RECIPES = ROOT / "recipes"
HOURS = ROOT / "tools" / "cv25_hours.json"
RELEASES = ROOT / "tools" / "cv_releases.json"
PAGE = ROOT / "docs" / "languages.md"
_MADE = "<!-- Made by tools/generate_languages.py; change the recipes, not this file. -->"
_LONGEST_SOURCE = 70
_SOURCES = 2


def read_hours() -> tuple[str, dict[str, float]]:
    """Where the hours are from, and the validated hours of each locale."""
    facts = json.loads(HOURS.read_text(encoding="utf-8"))
    return facts["source"], facts["hours"]


class Releases(NamedTuple):
    """Which locale is in which release of Common Voice.

    Attributes:
        source: where these facts are from.
        latest: the last release of each kind that they cover.
        scripted: the first release that has each locale of Scripted Speech; empty for those
            of Scripted Speech 25.0, whose first one is not told.
        spontaneous: the first release that has each locale of Spontaneous Speech.
        recorded: locales that Common Voice records and has not released, with the kind.
    """

    source: str
    latest: Mapping[str, str]
    scripted: Mapping[str, str]
    spontaneous: Mapping[str, str]
    recorded: Mapping[str, str]

    @property
    def locales(self) -> set[str]:
        """Every locale that Common Voice records."""
        return {*self.scripted, *self.spontaneous, *self.recorded}

    def of(self, locale: str) -> str:
        """The releases of a locale, in words."""
        known = [
            f"{kind} (since {since})" if since else kind
            for kind, first in (("scripted", self.scripted), ("spontaneous", self.spontaneous))
            for since in (first.get(locale),)
            if since is not None
        ]
        if locale in self.recorded:
            known.append(f"{self.recorded[locale]} (no release yet)")
        return ", ".join(known)


def read_releases() -> Releases:
    """The facts of cv_releases.json, and the locales of the hours."""
    facts = json.loads(RELEASES.read_text(encoding="utf-8"))
    _, hours = read_hours()

    def by_locale(kind: str) -> dict[str, str]:
        return {locale: name for name, locales in facts[kind].items() for locale in locales}

    return Releases(
        facts["source"],
        facts["latest"],
        {**dict.fromkeys(hours, ""), **by_locale("scripted")},
        by_locale("spontaneous"),
        by_locale("recorded"),
    )


def read_recipes() -> dict[str, Recipe]:
    """Every recipe of the folder ``recipes``, whatever plugins are installed."""
    return {
        locale: recipe for (locale, variant), recipe in read_variants().items() if variant == MAIN
    }


def read_variants() -> dict[tuple[str, str], Recipe]:
    """Every recipe by locale and variant, the main one of each locale first."""
    steps = Steps()
    register_steps(steps.__setitem__)
    folders = sorted(path.parent for path in RECIPES.glob("*/recipe.toml"))
    parents = {folder.name: folder for folder in folders if folder.name.startswith("_")}
    recipes: dict[tuple[str, str], Recipe] = {}
    for folder in folders:
        if folder.name in parents:
            continue
        places = {MAIN: folder, **variant_folders(folder)}
        variants = {
            variant: read_recipe(
                place, origin="built-in", steps=steps, parents=parents, below=[folder]
            )
            for variant, place in places.items()
        }
        for variant, recipe in of_one_locale(variants).items():
            recipes[folder.name, variant] = recipe
    return recipes


def _cell(text: str) -> str:
    """Text inside a table: what Markdown would read as its own is escaped."""
    return "".join(f"\\{sign}" if sign in "\\|`*_<[]" else sign for sign in text)


def _letters(recipe: Recipe) -> str:
    if not recipe.alphabet.letters:
        return "learned from the text"
    marks, loans = " ".join(recipe.alphabet.marks), " ".join(recipe.alphabet.loans)
    parts = [" ".join(recipe.alphabet.letters)]
    parts += [f"marks: {marks}"] if marks else []
    parts += [f"in loan words and names: {loans}"] if loans else []
    return "; ".join(parts)


def _short(source: str) -> str:
    """The beginning of a source: what it is, without what was read in it."""
    short = source.split(": ")[0].strip().rstrip(".")
    if len(short) <= _LONGEST_SOURCE:
        return short
    return short[:_LONGEST_SOURCE].rsplit(" ", 1)[0].rstrip(",;") + " …"


def _sources(recipe: Recipe) -> str:
    short = list(dict.fromkeys(map(_short, recipe.sources)))
    more = len(short) - _SOURCES
    return "; ".join(short[:_SOURCES]) + (f"; {more} more" if more > 0 else "")


def _row(locale: str, recipe: Recipe | None, hours: float | None, releases: str) -> str:
    shown = "" if hours is None else f"{hours:,.2f}"
    if recipe is None:
        cells = [f"`{locale}`", "no recipe", "", "", "", releases, "", "", "", shown]
    else:
        number = len(recipe.alphabet.letters)
        cells = [
            f"`{locale}`",
            _cell(recipe.name),
            _cell(recipe.native),
            recipe.script,
            recipe.status,
            releases,
            str(number or ""),
            _cell(_letters(recipe)),
            _cell(_sources(recipe)),
            shown,
        ]
    return f"| {' | '.join(cells)} |"


def _variant_rows() -> list[str]:
    rows = [
        "| locale | variant | name | script | grade | letters | column `variant` | sources |",
        "|---|---|---|---|---|--:|---|---|",
    ]
    for (locale, variant), recipe in read_variants().items():
        if variant != MAIN:
            cells = [
                f"`{locale}`", f"`{variant}`", _cell(recipe.name), recipe.script, recipe.status,
                str(len(recipe.alphabet.letters)),
                ", ".join(f"`{pattern}`" for pattern in recipe.patterns), _cell(_sources(recipe)),
            ]  # fmt: skip
            rows.append(f"| {' | '.join(cells)} |")
    return rows


def page() -> str:
    """docs/languages.md."""
    source, hours = read_hours()
    recipes = read_recipes()
    releases = read_releases()
    missing = sorted(releases.locales - set(recipes))
    grades = Counter(recipe.status for recipe in recipes.values())
    spoken = dict.fromkeys(STATUSES, 0.0)
    for locale, recipe in recipes.items():
        spoken[recipe.status] += hours.get(locale, 0.0)
    lacking = ", ".join(f"`{locale}`" for locale in missing) or "none"
    count = ["| grade | recipes | validated hours | what it means |", "|---|--:|--:|---|"]
    meaning = {
        "confirmed": "judged by native speakers, see [Review](review.md)",
        "reviewed": "alphabet, sources, at least 10 golden pairs",
        "drafted": "alphabet, sources, at least 5 golden pairs",
        "generic": "the rules of its script; nothing more is demanded",
    }
    count += [
        f"| {grade} | {grades[grade]} | {spoken[grade]:,.0f} | {meaning[grade]} |"
        for grade in STATUSES
    ]
    rows = [
        "| locale | name | own name | script | grade | releases | letters | alphabet | sources "
        "| hours |",
        "|---|---|---|---|---|---|--:|---|---|--:|",
    ]
    rows += [
        _row(locale, recipes.get(locale), hours.get(locale), releases.of(locale))
        for locale in sorted({*releases.locales, *recipes})
    ]
    reviews = [
        f"- `{locale}`{'' if variant == MAIN else f' (`{variant}`)'}: "
        f"{_cell(review.sentence(recipe.digest))}"
        for (locale, variant), recipe in read_variants().items()
        for review in recipe.reviews
    ]
    both = len(set(releases.scripted) & set(releases.spontaneous))
    parts = [
        "# Languages",
        _MADE,
        f"{len(recipes)} recipes for the {len(releases.locales)} locales that Common Voice "
        f"records. Locales without a recipe: {lacking}.",
        f"Scripted Speech (sentences read aloud) has {len(releases.scripted)} locales up to "
        f"release {releases.latest['scripted']}, Spontaneous Speech (answers to questions) "
        f"{len(releases.spontaneous)} up to release {releases.latest['spontaneous']}; {both} are "
        f"in both, and {len(releases.recorded)} are recorded and in no release yet. The column "
        "`releases` says which, and since when; read speech without a number is in release 25.0 "
        f"and those after it. Source: {releases.source}.",
        "\n".join(count),
        *(["Reviews by people who know the language:", "\n".join(reviews)] if reviews else []),
        f"Hours are the validated hours of scripted speech ({source}).\n"
        "Sources are shortened; `cvrecipes show LOCALE` prints them in full. Alphabets of Han,\n"
        "kana and Hangul are learned from the training text, and so are those of `generic`\n"
        "recipes without letters.",
        "\n".join(rows),
        "## Variants",
        "Releases of these locales are written in more than one way. Each way has a recipe of its\n"
        "own; [which one is taken](recipes.md#variants) depends on the sentences.",
        "\n".join(_variant_rows()),
    ]
    return "\n\n".join(parts) + "\n"


def main() -> int:
    """Write the page, or with ``--check`` compare it."""
    text = page()
    if PAGE.is_file() and PAGE.read_text(encoding="utf-8") == text:
        return 0
    if "--check" in sys.argv[1:]:
        print(f"{PAGE} differs from the recipes; run: python tools/generate_languages.py")
        return 1
    PAGE.write_text(text, encoding="utf-8", newline="\n")
    print(f"{PAGE} written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
