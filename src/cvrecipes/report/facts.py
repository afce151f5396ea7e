"""The content of run.json."""

from __future__ import annotations

import platform
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, entry_points, version
from typing import Any

from cvrecipes.data import counts
from cvrecipes.models.ctc import Vocabulary
from cvrecipes.plan import Plan
from cvrecipes.recipe import Recipe
from cvrecipes.records import SPLITS, Corpus, LeftOut, Release, Score, Trained
from cvrecipes.settings import preset
from cvrecipes.words import plural

FORMAT = 1
_PACKAGES = (
    "cvrecipes", "torch", "transformers", "accelerate", "datasets", "jiwer", "pyarrow",
    "soundfile", "soxr", "numpy", "num2words",
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


def plugins() -> dict[str, dict[str, str]]:
    """Installed plugin packages, each with its version and those of what it requires.

    A dictionary of words decides a WER as much as the model does.
    """
    found: dict[str, dict[str, str]] = {}
    for entry in entry_points(group="cvrecipes"):
        if entry.dist is None:
            continue
        one = {"version": entry.dist.version}
        for requirement in entry.dist.requires or ():
            name = re.split(r"[^\w.-]", requirement, maxsplit=1)[0]
            if "extra ==" in requirement or name == "cvrecipes":
                continue
            try:
                one[name] = version(name)
            except PackageNotFoundError:
                continue
        found[entry.dist.name] = one
    return found


def collect(
    *,
    plan: Plan,
    recipe: Recipe,
    release: Release,
    corpus: Corpus,
    vocabulary: Vocabulary,
    trained: Trained,
    lost: Sequence[LeftOut],
    score: Score,
    seconds: Mapping[str, float],
    compared: int,
) -> dict[str, Any]:
    """Everything a reader needs to believe, repeat and compare a WER. Rates are fractions.

    Arguments:
        corpus: the clips that could be used to the end.
        lost: the rows left out of it that could not be decoded while the run went on.
    """
    late = Counter(row.split for row in lost)
    settings = plan.settings.as_dict()
    usual = preset(plan.preset).as_dict()
    return {
        "format": FORMAT,
        "locale": recipe.locale,
        "split": plan.settings.split,
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
        "splits": counts.split_counts(corpus),
        "left_out": {
            **counts.left_out_counts(corpus, merge_dev=plan.settings.merge_dev),
            "undecodable": {split: late[split] for split in SPLITS},
        },
        "certificate": corpus.certificate.as_dict() if corpus.certificate else None,
        "limit": plan.request.limit,
        "part_of_test": counts.part_of_test(corpus, plan.request.limit),
        "selected_on": trained.selected_on,
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
        "plugins": plugins(),
    }


def part_of_test(facts: Mapping[str, Any]) -> str | None:
    """What to say when only some clips of test were scored, because of ``--limit``."""
    part = facts.get("part_of_test")
    if part is None:
        return None
    return f"a part of test: {part['clips']} of {plural(part['of'], 'clip')}, --limit"


def sharing(facts: Mapping[str, Any]) -> str:
    """What train has in common with dev and test, in one sentence; empty when not known."""
    made = facts.get("certificate")
    if not made:
        return ""
    counts = (
        plural(made["speakers"], "speaker"),
        plural(made["sentences"], "sentence"),
        plural(made["near_duplicates"], "near-duplicate"),
    )
    return (
        f"{made['policy']} split: train shares {counts[0]}, {counts[1]} and {counts[2]} with dev "
        f"and test (certificate {made['hash']})"
    )


def undecodable(facts: Mapping[str, Any]) -> str | None:
    """What to say of clips that were lost while the run went on."""
    late = {s: n for s, n in facts["left_out"]["undecodable"].items() if n}
    if not late:
        return None
    listed = ", ".join(f"{plural(count, 'clip')} of {split}" for split, count in late.items())
    return f"{listed} could not be decoded and count nowhere; see left_out.tsv"
