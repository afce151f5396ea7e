"""The content of run.json."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from cvrecipes import plan as plans
from cvrecipes.ctc import Vocabulary
from cvrecipes.plan import Plan
from cvrecipes.recipe import Recipe
from cvrecipes.records import Corpus, Release, Score, Trained
from cvrecipes.settings import preset

FORMAT = 1
_PACKAGES = (
    "cvrecipes", "torch", "transformers", "accelerate", "datasets", "jiwer", "pyarrow",
    "soundfile", "soxr", "numpy",
)  # fmt: skip


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that decide a result."""
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def collect(
    *,
    plan: Plan,
    recipe: Recipe,
    release: Release,
    corpus: Corpus,
    vocabulary: Vocabulary,
    trained: Trained,
    score: Score,
    seconds: Mapping[str, float],
    compared: int,
) -> dict[str, Any]:
    """Everything a reader needs to believe, repeat and compare a WER. Rates are fractions."""
    settings = plan.settings.as_dict()
    usual = preset(plan.preset).as_dict()
    rows = sum(corpus.rows.values())
    return {
        "format": FORMAT,
        "locale": recipe.locale,
        "split": "official",
        "scored_on": "test",
        **score.facts(),
        "language": recipe.name,
        "recipe": {
            "hash": recipe.digest,
            "status": recipe.status,
            "origin": recipe.origin,
        },
        "release": release.version,
        "builtin_sample": release.builtin,
        "splits": plans.split_counts(corpus),
        "left_out": {
            "clips": len(corpus.left_out),
            "share": len(corpus.left_out) / rows if rows else 0.0,
            "reasons": plans.reasons(corpus),
        },
        "limit": plan.request.limit,
        "vocabulary": len(vocabulary),
        "base": plan.base_name,
        "preset": plan.preset,
        "changed": {k: v for k, v in settings.items() if usual.get(k) != v},
        "settings": settings,
        "seed": plan.request.seed,
        "device": trained.device,
        "precision": trained.precision,
        "parameters": trained.parameters,
        "steps": trained.steps,
        "best_step": trained.best_step,
        "first_step_seconds": round(trained.first_step_seconds, 2),
        "evaluations": [
            {
                "step": e.step,
                "epoch": e.epoch,
                "training_loss": e.training_loss,
                "loss": e.loss,
                "wer": e.wer,
                "cer": e.cer,
                "blank_share": e.blank_share,
            }
            for e in trained.evaluations
        ],
        "reload_check": {"clips": compared, "passed": True},
        "seconds": dict(seconds),
        "versions": versions(),
    }
