"""Which variant of a language a release is written in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import pluggy

from cvrecipes.catalog import open_recipe
from cvrecipes.console import say
from cvrecipes.data.characters import Sentences
from cvrecipes.data.tables import read_table, variant_column
from cvrecipes.recipe import AUTO, Recipe
from cvrecipes.recipe.variants import variant_of
from cvrecipes.records import SPLITS, Release
from cvrecipes.words import plural


def settle_variant(
    recipe: Recipe,
    hooks: pluggy.PluginManager,
    release: Release,
    *,
    variant: str = AUTO,
    changes: Mapping[str, str] | None = None,
) -> tuple[Recipe, pluggy.PluginManager]:
    """The recipe of the variant that most sentences of a release are written in.

    Arguments:
        recipe, hooks: as opened before the release was known.
        variant: as asked for; only ``auto`` is settled here.
        changes: value by key of each ``--recipe-set``.

    Raises:
        UsageError, Failure: of `open_recipe` and `read_table`.
    """
    if variant != AUTO or not recipe.variants:
        return recipe, hooks
    counts = count_variants(recipe, release)
    if not counts:
        return recipe, hooks
    # Python's max takes the first of equals, and the main variant is the first.
    name = max((known.name for known in recipe.variants), key=lambda name: counts[name])
    total = sum(counts.values())
    shares = ", ".join(f"{known.name} {counts[known.name]}" for known in recipe.variants)
    others = "; the others are left out, choose with --variant" if counts[name] < total else ""
    say(
        f"variant {name}: {100 * counts[name] / total:.0f} % of {plural(total, 'sentence')} "
        f"({shares}){others}"
    )
    if name == recipe.variant:
        return recipe, hooks
    return open_recipe(recipe.locale, changes=changes, variant=name)


def of_one_variant(
    sentences: Sentences,
    recipe: Recipe,
    hooks: pluggy.PluginManager,
    release: Release,
    *,
    variant: str = AUTO,
) -> Sentences:
    """The sentences of a release that are written in the variant asked for.

    Arguments: as those of `settle_variant`.
    """
    recipe, _ = settle_variant(recipe, hooks, release, variant=variant)
    if not recipe.variants:
        return sentences
    kept = {
        sentence: clips
        for sentence, clips in sentences.clips.items()
        if recipe.another_variant(sentence, "") is None
    }
    return replace(sentences, clips=kept)


def count_variants(recipe: Recipe, release: Release) -> Counter[str]:
    """Different sentences of train, dev and test in each variant of the recipe, by its name."""
    sentences: dict[str, str] = {}
    for name in SPLITS:
        if name in release.tables:
            rows = read_table(release, name).rows
            for sentence, tag in zip(
                rows["sentence"].to_pylist(), variant_column(rows).to_pylist(), strict=True
            ):
                sentences.setdefault(sentence or "", tag or "")
    return Counter(
        variant_of(sentence, tag, recipe.variants) for sentence, tag in sentences.items()
    )
