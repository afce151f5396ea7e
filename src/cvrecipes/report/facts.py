"""The content of run.json and of ``evaluate --json``, and sentences about it."""

from __future__ import annotations

import platform
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, entry_points, version
from typing import TYPE_CHECKING, Any

from cvrecipes.data import counts
from cvrecipes.data.corpus import without
from cvrecipes.models.ctc import Vocabulary
from cvrecipes.plan import Plan
from cvrecipes.recipe import Recipe
from cvrecipes.records import (
    SPLITS,
    Corpus,
    LeftOut,
    NoClass,
    Release,
    Score,
    Trained,
    interval_name,
)
from cvrecipes.report.speakers import interval_unit
from cvrecipes.settings import preset
from cvrecipes.words import part_of, plural

if TYPE_CHECKING:
    import pyarrow as pa

# The version of the layout; docs/run-json.md describes it.
FORMAT = 3
# Of what the model cannot write, so many letters and so much of an example are quoted.
_LETTERS, _QUOTED = 12, 60
_PACKAGES = (
    "cvrecipes", "torch", "transformers", "accelerate", "datasets", "rapidfuzz", "pyarrow",
    "soundfile", "soxr", "numpy", "num2words",
)  # fmt: skip


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that decide a result."""
    installed = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            installed[name] = version(name)
        except PackageNotFoundError:
            continue
    return installed


def plugins() -> dict[str, dict[str, str]]:
    """Installed plugin packages, each with its version and those of what it requires.

    A dictionary of words decides a WER as much as the model does.
    """
    packages: dict[str, dict[str, str]] = {}
    for entry in entry_points(group="cvrecipes"):
        if entry.dist is None:
            continue
        package = {"version": entry.dist.version}
        for requirement in entry.dist.requires or ():
            name = re.split(r"[^\w.-]", requirement, maxsplit=1)[0]
            if "extra ==" in requirement or name == "cvrecipes":
                continue
            try:
                package[name] = version(name)
            except PackageNotFoundError:
                continue
        packages[entry.dist.name] = package
    return packages


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
    no_class: NoClass,
    seconds: Mapping[str, float],
    compared: int,
    license: str | None = None,
) -> dict[str, Any]:
    """The content of run.json: everything needed to believe, repeat and compare a WER.

    Rates are fractions. What `evaluate` prints too is in `measured`.

    Arguments:
        corpus: the clips that could be used to the end.
        lost: the rows left out of it that could not be decoded while the run went on.
        no_class: what the references of test hold that the model cannot write.
        seconds: wall time of each stage.
        compared: clips that the reloaded model was compared on.
        license: of the base model, such as ``apache-2.0``; None when it is not known.
    """
    settings = plan.settings.as_dict()
    usual = preset(plan.preset).as_dict()
    return {
        **measured(
            model="model",
            model_locales=(recipe.locale,),
            recipe=recipe,
            release=release,
            corpus=corpus,
            splits=SPLITS,
            scored_on="test",
            lost=lost,
            score=score,
            no_class=no_class,
            limit=plan.request.limit,
            seed=plan.request.seed,
            merge_dev=plan.settings.merge_dev,
        ),
        "split": plan.settings.split,
        "certificate": corpus.certificate.as_dict() if corpus.certificate else None,
        "selected_on": trained.selected_on,
        "vocabulary": len(vocabulary),
        "base": plan.base_name,
        "base_license": license,
        "preset": plan.preset,
        "changed": {k: v for k, v in settings.items() if usual.get(k) != v},
        "settings": settings,
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
        "reload_check": {"clips": compared, "passed": compared > 0},
        "seconds": dict(seconds),
    }


def evaluation(
    *,
    model: str,
    model_locales: Sequence[str],
    recipe: Recipe,
    release: Release,
    split: str,
    table: pa.Table,
    rows: int,
    left_out: Sequence[LeftOut],
    lost: Sequence[LeftOut],
    score: Score,
    no_class: NoClass,
    limit: int | None,
    seed: int,
) -> dict[str, Any]:
    """What ``evaluate --json`` prints: the keys of run.json that need no training.

    Arguments:
        model: as named on the command line.
        model_locales: those that the model says it is for; empty when it does not say.
        split: the split that was scored.
        table: its clips, those of `lost` included.
        rows: rows of the split in the release.
        left_out: rows that were left out while reading.
        lost: clips that could not be decoded while transcribing.
        no_class: what the references hold that the model cannot write.
    """
    tables = {name: table if name == split else table.slice(0, 0) for name in SPLITS}
    corpus = without(Corpus(**tables, left_out=left_out, rows={split: rows}), lost)
    return measured(
        model=model,
        model_locales=model_locales,
        recipe=recipe,
        release=release,
        corpus=corpus,
        splits=(split,),
        scored_on=split,
        lost=lost,
        score=score,
        no_class=no_class,
        limit=limit,
        seed=seed,
    )


def measured(
    *,
    model: str,
    model_locales: Sequence[str],
    recipe: Recipe,
    release: Release,
    corpus: Corpus,
    splits: Sequence[str],
    scored_on: str,
    lost: Sequence[LeftOut],
    score: Score,
    no_class: NoClass,
    limit: int | None,
    seed: int,
    merge_dev: bool = False,
) -> dict[str, Any]:
    """The keys that run.json and ``evaluate --json`` share.

    Arguments:
        model: what was scored.
        model_locales: those that it says it is for; empty when it does not say.
        corpus: the clips that could be used to the end.
        splits: those that were read.
        scored_on: the split that `score` is of.
        lost: the rows left out that could not be decoded while transcribing or training.
        no_class: what the references hold that the model cannot write.
        merge_dev: dev was merged into train.
    """
    late = Counter(row.split for row in lost)
    split_counts = counts.split_counts(corpus)
    left_out = counts.left_out_counts(corpus, merge_dev=merge_dev)
    return {
        "format": FORMAT,
        "model": model,
        "model_locales": list(model_locales) or None,
        "locale": recipe.locale,
        "language": recipe.name,
        "recipe": {
            "hash": recipe.digest,
            "status": recipe.status,
            "origin": recipe.origin,
            "changed": dict(recipe.changed),
            "variant": recipe.variant if recipe.variants else None,
        },
        "release": release.version,
        "encoding": release.encoding,
        "builtin_sample": release.builtin,
        "scored_on": scored_on,
        "clips": len(score.words),
        **score.facts(),
        "no_class": no_class.facts(),
        "splits": {split: split_counts[split] for split in splits},
        "left_out": {
            **left_out,
            "splits": {split: left_out["splits"][split] for split in splits},
            "undecodable": {split: late[split] for split in splits},
        },
        "transcript_tags": counts.count_tags(corpus),
        "limit": limit,
        "scored_part": counts.part_of_split(corpus, scored_on, limit),
        "seed": seed,
        "versions": versions(),
        "plugins": plugins(),
    }


def remarks(facts: Mapping[str, Any]) -> list[str]:
    """What a screen shows below the rates, a line each: what they are over, and warnings."""
    lines = (
        scored_clips, interval_unit, inside_alphabet, no_class, other_locale, variant,
        recipe_changes,
    )  # fmt: skip
    return [line for line in (make(facts) for make in lines) if line]


def dev_rates(facts: Mapping[str, Any]) -> str | None:
    """The rates on dev of the weights that were kept; None when nothing was selected on dev."""
    if not facts["selected_on"]:
        return None
    (best,) = [one for one in facts["evaluations"] if one["step"] == facts["best_step"]]
    return f"WER {best['wer']:.1%}, CER {best['cer']:.1%}"


def recipe_changes(facts: Mapping[str, Any]) -> str | None:
    """The line that says what ``--recipe-set`` changed; None when it changed nothing."""
    changed = facts["recipe"]["changed"]
    if not changed:
        return None
    return "recipe changed: " + ", ".join(f"{key} = {value}" for key, value in changed.items())


def variant(facts: Mapping[str, Any]) -> str | None:
    """The line that names the variant of the language's writing; None where there is one alone."""
    name = facts["recipe"].get("variant")
    return f"variant: {name}; sentences of other variants are left out" if name else None


def scored_part(facts: Mapping[str, Any]) -> str | None:
    """A note for a score of only some clips of a split, because of ``--limit``."""
    part = facts.get("scored_part")
    if part is None:
        return None
    return (
        f"a part of {facts['scored_on']}: {part['clips']} of {plural(part['of'], 'clip')}, --limit"
    )


def other_locale(facts: Mapping[str, Any]) -> str | None:
    """A warning for a model of another locale; None where its own is scored, or not known."""
    own = facts["model_locales"]
    if own is None or facts["locale"] in own:
        return None
    return (
        f"the model is for {', '.join(own)} and the clips are {facts['locale']}: the two differ in "
        "text and letters, so the rates say little about the model"
    )


def scored_clips(facts: Mapping[str, Any]) -> str:
    """How many clips of the release's split the rates are over, and why not over the others."""
    split = facts["scored_on"]
    rows = facts["splits"][split]["rows"]
    reasons = facts["left_out"]["splits"][split]["reasons"]
    drawn, looked = (
        # Only rows that were drawn are looked at, and counted.
        (", drawn by --limit", " of those looked at") if facts["scored_part"] else ("", "")
    )
    without = ", ".join(f"{count:,} {reason}" for reason, count in reasons.items())
    clips = f"{facts['clips']:,} of {rows:,} clips of the release's {split}{drawn}"
    return f"{clips}; left out{looked}: {without}" if without else clips


def inside_alphabet(facts: Mapping[str, Any]) -> str | None:
    """The rates over the clips inside the alphabet; None where these are all clips."""
    inside = facts["inside_alphabet"]
    if inside is None or inside["clips"] == facts["clips"]:
        return None
    outside = plural(facts["clips"] - inside["clips"], "clip")
    holds = f"{outside} with letters outside the alphabet, whose words count as wrong"
    if inside["wer"] is None:
        return f"{holds}; no clip is inside"
    names = ("cer", "wer") if facts["headline"] == "cer" else ("wer", "cer")
    rates = ", ".join(
        f"{name.upper()} {inside[name]:.1%} ({low:.1%} to {high:.1%})"
        for name in names
        for low, high in [inside[f"{name}_interval"]]
    )
    unit = interval_name(inside["interval_unit"])
    return (
        f"{holds}; without them, to compare with figures that leave such clips out: {rates} "
        f"({unit})"
    )


def no_class(facts: Mapping[str, Any]) -> str | None:
    """A warning for references that the model cannot write; None where there is none."""
    found = NoClass(**facts["no_class"])
    return no_class_words(found, facts["clips"]) if found.clips else None


def no_class_words(found: NoClass, clips: int) -> str:
    """Which letters the model has no class for, and in how many of so many clips."""
    more = len(found.letters) - _LETTERS
    letters = " ".join(found.letters[:_LETTERS]) + (f" and {more} more" if more > 0 else "")
    examples = ", ".join(f"{text[:_QUOTED]!r}" for text in found.examples)
    return (
        f"{part_of(found.clips, clips, 'clip', '', 'holds', 'hold')} letters that the model has no "
        f"class for ({letters}), such as {examples}: these words count as wrong"
    )


def undecodable(facts: Mapping[str, Any]) -> str | None:
    """A note for clips that could not be decoded while the run went on."""
    counts = {s: n for s, n in facts["left_out"]["undecodable"].items() if n}
    if not counts:
        return None
    listed = ", ".join(f"{plural(count, 'clip')} of {split}" for split, count in counts.items())
    return f"{listed} could not be decoded and count nowhere; see left_out.tsv"
