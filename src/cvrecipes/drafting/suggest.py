"""A first draft of a recipe, made from the sentences of a release, for a person to review.

Comments in the draft show the counts. The reader decides what text alone cannot settle.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from cvrecipes.catalog import Catalog
from cvrecipes.data.characters import Sentences
from cvrecipes.drafting.gather import Gatherer
from cvrecipes.drafting.write import Findings, golden_text, read_draft, recipe_text
from cvrecipes.errors import UsageError
from cvrecipes.recipe import Recipe


@dataclass(frozen=True, slots=True)
class Draft:
    """A drafted recipe: the contents of its two files."""

    locale: str
    recipe: str
    golden: str


def suggest(locale: str, sentences: Sentences, catalog: Catalog, release: str) -> Draft:
    """Draft a recipe.

    Arguments:
        locale: its name, a Common Voice code.
        sentences: what the release holds.
        catalog: the parents and steps there are; a recipe of `locale` lends its names.
        release: the release's name, for comments.

    Raises:
        UsageError: `locale` cannot be a folder's name.
        Failure: the sentences hold no letters.
    """
    if not re.fullmatch(r"[A-Za-z0-9]+(-[A-Za-z0-9]+)*", locale):
        raise UsageError(f"{locale!r} is no Common Voice code")
    gatherer = Gatherer(sentences, catalog, release)
    findings = gatherer.first(locale)
    # Repairs, then the alphabet of the repaired text, then pairs.
    findings = replace(findings, repairs=tuple(gatherer.find_repairs(_read(findings, catalog))))
    letters = gatherer.count_letters(_read(findings, catalog), findings.apostrophe.sign)
    findings = replace(findings, letters=letters)
    recipe = _read(findings, catalog)
    wrong = {letter for letter in recipe.alphabet.letters if recipe.normalizer(letter) != letter}
    if wrong:
        kept = tuple(letter for letter in letters.chosen if letter not in wrong)
        findings = replace(findings, letters=replace(letters, chosen=kept))
        recipe = _read(findings, catalog)
    return Draft(locale, recipe_text(findings), golden_text(findings, recipe, sentences.clips))


def _read(findings: Findings, catalog: Catalog) -> Recipe:
    """The draft so far, read as any other recipe is."""
    return read_draft(findings.locale, recipe_text(findings), catalog)


def write_draft(draft: Draft, folder: Path) -> Path:
    """Write ``<folder>/<locale>/recipe.toml`` and ``golden.tsv``.

    Raises:
        UsageError: one of them is there already.
    """
    place = folder / draft.locale
    contents = {place / "recipe.toml": draft.recipe, place / "golden.tsv": draft.golden}
    for path in contents:
        if path.exists():
            raise UsageError(
                "is there already and is not overwritten", where=path, remedy="name another --out"
            )
    place.mkdir(parents=True, exist_ok=True)
    for path, text in contents.items():
        path.write_text(text, encoding="utf-8", newline="\n")
    return place
