"""Scoring a model that exists already, on any release."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from cvrecipes.catalog import open_recipe
from cvrecipes.console import say
from cvrecipes.data.corpus import read_split
from cvrecipes.data.release import find_data, open_release
from cvrecipes.errors import UsageError
from cvrecipes.records import EvaluationReport
from cvrecipes.report.facts import evaluation
from cvrecipes.scoring import score_pairs
from cvrecipes.settings import Settings


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
    encoding: str | None = None,
) -> EvaluationReport:
    """Transcribe and score a split.

    Arguments:
        recipe_changes: value by key of each ``--recipe-set``.
        encoding: of the release's tables; None for UTF-8.

    Raises:
        UsageError: the model's language is unknown, or the release has no such split.
        Failure: the model or the release cannot be read.
    """
    from cvrecipes.decoding.recognizer import Recognizer
    from cvrecipes.decoding.transcribe import check_losses, transcribe
    from cvrecipes.models.saved import model_folder, saved_recipe

    model_folder(model)  # refuse a wrong folder before anything is read
    saved = saved_recipe(model)
    locale = locale or (str(saved["locale"]) if saved else None)
    if locale is None:
        raise UsageError(
            f"{model!r} does not say which language it is for", remedy="add --locale LOCALE"
        )
    recipe, hooks = open_recipe(locale, changes=recipe_changes)
    if saved and saved.get("locale") == locale and saved != recipe.resolved():
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
    if release.builtin and not data:
        say("no release was given: scoring on the built-in sample of synthetic voices")
    recognizer = Recognizer(model, device)
    framing = recognizer.acoustic.framing
    table, left_out, rows = read_split(
        release, recipe, hooks, split, framing, Settings(), limit=limit, seed=seed
    )
    pairs, lost = transcribe(recognizer, table, split=split, what=f"transcribing {split}")
    check_losses(lost, table.num_rows, split)
    score = score_pairs(pairs, recipe, hooks)
    facts = evaluation(
        model=model,
        recipe=recipe,
        release=release,
        split=split,
        table=table,
        rows=rows,
        left_out=left_out,
        lost=lost,
        score=score,
        limit=limit,
        seed=seed,
    )
    return EvaluationReport(score, tuple(pairs), facts)
