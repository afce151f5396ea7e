"""Scoring a model that exists already, on any release."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from cvrecipes.catalog import find_recipes, open_recipe
from cvrecipes.console import say
from cvrecipes.data.corpus import read_split
from cvrecipes.data.release import find_data, open_release
from cvrecipes.data.variants import settle_variant
from cvrecipes.errors import UsageError
from cvrecipes.plugins import new_manager
from cvrecipes.recipe import AUTO
from cvrecipes.records import EvaluationReport
from cvrecipes.report.facts import evaluation, no_class_words
from cvrecipes.scoring import score_pairs, without_class
from cvrecipes.settings import Settings

# So many locales of a model are named in a message.
_LISTED = 6


def evaluate_model(
    model: str,
    *,
    data: str | None,
    locale: str | None,
    split: str,
    limit: int | None,
    seed: int,
    device: str,
    recipe_changes: Mapping[str, str] | None = None,
    variant: str = AUTO,
    other_locale: bool = False,
    encoding: str | None = None,
) -> EvaluationReport:
    """Transcribe and score a split.

    Arguments:
        locale: the release's; None for the model's own.
        recipe_changes: value by key of each ``--recipe-set``.
        variant: of the language's writing; ``auto`` is the one the model was trained on.
        other_locale: score a model of another locale or variant, too.
        encoding: of the release's tables; None for UTF-8.

    Raises:
        UsageError: the model's locale is unknown, or another one than `locale`, or its variant
            another one than `variant`; or the release has no such split.
        Failure: the model or the release cannot be read.
    """
    from cvrecipes.decoding.recognizer import Recognizer
    from cvrecipes.decoding.transcribe import check_losses, transcribe
    from cvrecipes.models.saved import model_folder, saved_recipe

    model_folder(model)  # refuse a wrong folder before anything is read
    saved = saved_recipe(model)
    own = _own_locales(model, saved)
    locale = locale or _only(own, model)
    if own and locale not in own:
        _refuse_other(model, _listed(own), "for", locale, "--locale", scored=other_locale)
    trained_variant = str(saved.get("variant", AUTO)) if saved and locale in own else AUTO
    variant = trained_variant if variant == AUTO else variant
    recipe, hooks = open_recipe(locale, changes=recipe_changes, variant=variant)
    if variant != trained_variant != AUTO:
        trained_for = f"{locale} in the variant {trained_variant}"
        _refuse_other(
            model, trained_for, "in the variant", variant, "--variant", scored=other_locale
        )
    elif saved and saved.get("locale") == locale and saved != recipe.resolved():
        trained = "".join(
            f" --recipe-set {shlex.quote(f'{key}={value}')}"
            for key, value in (saved.get("changed") or {}).items()
        )
        say(
            f"warning: the recipe of {locale} differs from the one this model was trained with"
            + (f" (that of{trained})" if trained else "")
            + "; the WER is by the recipe as it is now"
        )
    release = open_release(find_data(locale, data), locale, hooks, encoding=encoding)
    recipe, hooks = settle_variant(recipe, hooks, release, variant=variant, changes=recipe_changes)
    if release.builtin and not data:
        say("no release was given: scoring on the built-in sample of synthetic voices")
    recognizer = Recognizer(model, device)
    framing = recognizer.acoustic.framing
    table, left_out, rows = read_split(
        release, recipe, hooks, split, framing, Settings(), limit=limit, seed=seed
    )
    vocabulary = recognizer.vocabulary
    missing = without_class(table["text"].to_pylist(), vocabulary)
    if missing.clips and locale not in own:
        say(f"warning: {no_class_words(missing, table.num_rows)}")
    pairs, lost = transcribe(recognizer, table, split=split, what=f"transcribing {split}")
    check_losses(lost, table.num_rows, split)
    score = score_pairs(pairs, recipe, hooks)
    facts = evaluation(
        model=model,
        model_locales=own,
        recipe=recipe,
        release=release,
        split=split,
        table=table,
        rows=rows,
        left_out=left_out,
        lost=lost,
        score=score,
        no_class=without_class((pair.reference for pair in pairs), vocabulary),
        limit=limit,
        seed=seed,
    )
    return EvaluationReport(score, tuple(pairs), facts)


def _refuse_other(
    model: str, own: str, relation: str, asked: str, option: str, *, scored: bool
) -> None:
    """Refuse a model of another locale or variant, or warn where it is scored all the same.

    Arguments:
        own: what the model is for.
        relation: stands between ``not`` and `asked`.
        asked: the locale or variant of the clips, as `option` gives it.

    Raises:
        UsageError: the model is not to be scored.
    """
    if not scored:
        raise UsageError(
            f"the model is for {own}, not {relation} {asked}",
            where=model,
            remedy=f"leave out {option}, or add --other-locale to score it on {asked}",
        )
    say(f"warning: the model is for {own}, and is scored on {asked}")


def _own_locales(model: str, saved: Mapping[str, Any] | None) -> tuple[str, ...]:
    """The locales that a model says it is for; empty if it does not say.

    Its recipe.json names one. A card names languages, of which one may have several recipes:
    ``zh`` is zh-CN as well as zh-TW. Languages without a recipe say nothing.
    """
    from cvrecipes.models.saved import card_languages

    if saved and saved.get("locale"):
        return (str(saved["locale"]),)
    codes = {code.lower() for code in card_languages(model)}
    if not codes:
        return ()
    names = find_recipes(new_manager()).recipes
    exact = [name for name in names if name.lower() in codes]
    whole = codes - {name.lower() for name in exact}
    return (*exact, *(name for name in names if name.split("-")[0] in whole))


def _only(own: Sequence[str], model: str) -> str:
    """The one locale of a model, where none was given."""
    if len(own) == 1:
        return own[0]
    why = f"is for several locales ({_listed(own)})" if own else "does not say its locale"
    raise UsageError(f"{model!r} {why}", remedy="add --locale LOCALE")


def _listed(locales: Sequence[str]) -> str:
    more = len(locales) - _LISTED
    return ", ".join(locales[:_LISTED]) + (f" and {more} more" if more > 0 else "")
