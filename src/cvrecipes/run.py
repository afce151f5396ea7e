"""A run, top to bottom: from a locale to a scored model that reloads.

Each stage takes values and returns a frozen record. ``run.json`` is written last: a folder
that has one holds a finished run.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pluggy

from cvrecipes import plan as plans
from cvrecipes.base import Base, open_base
from cvrecipes.ctc import Vocabulary
from cvrecipes.data.corpus import Limits, read_corpus
from cvrecipes.data.release import find_data, open_release
from cvrecipes.devices import check as check_device
from cvrecipes.devices import pin
from cvrecipes.folder import RunFolder, write_json, write_text
from cvrecipes.plan import Plan, Request
from cvrecipes.plugins import open_recipe
from cvrecipes.progress import say
from cvrecipes.recipe import Recipe
from cvrecipes.records import Corpus, Pair, Release, RunReport, Score, Trained
from cvrecipes.scoring import error_counts, score_pairs
from cvrecipes.scoring.rates import word_splitter
from cvrecipes.vocabulary import build_vocabulary

_BANNER = """\
No Common Voice release was given, so this run uses the built-in sample: synthetic Turkish
voices and a tiny encoder. It shows the whole pipeline; its WER says nothing about real speech.
For real data: cvrecipes run tr --data path/to/cv-corpus-25.0-2026-03-09/tr"""


class Prepared:
    """A run up to the point where tensors begin: everything is checked and counted."""

    def __init__(self, request: Request) -> None:
        self.clock = Clock()
        pin(request.device)
        with self.clock("open"):
            self.recipe, self.hooks = open_recipe(request.locale)
            where = find_data(request.locale, request.data)
            self.release = open_release(where, request.locale, self.hooks)
            self.plan = plans.make_plan(request, self.recipe, builtin_sample=self.release.builtin)
            if self.release.builtin and not request.data:
                say(_BANNER)
            self.base = open_base(self.plan.base_name)
        with self.clock("read"):
            self.corpus = read_corpus(
                self.release,
                self.recipe,
                self.hooks,
                self.base.framing,
                Limits(
                    self.plan.settings.shortest,
                    self.plan.settings.longest,
                    request.limit,
                    request.seed,
                ),
                merge_dev=self.plan.settings.merge_dev,
            )
            self.vocabulary = build_vocabulary(self.recipe, self.corpus, self.hooks)
            self.estimate = plans.estimate(self.plan, self.base, self.corpus, self.vocabulary)


def run(request: Request) -> RunReport:
    """Run a language.

    Raises:
        UsageError: the request cannot be carried out as it stands.
        Failure: something went wrong on the way; what was made so far can be resumed.
    """
    ready = Prepared(request)
    recipe, corpus, hooks, clock = ready.recipe, ready.corpus, ready.hooks, ready.clock

    folder = RunFolder(request.out or default_folder(recipe.locale))
    plans.check_disk(folder.root, ready.estimate["disk_gb"])
    with clock("start torch"):
        check_device(request.device, ready.plan.settings.precision)
    folder.start(plans.fingerprint(ready.plan, recipe, ready.release), resume=request.resume)
    write_json(folder.recipe, recipe.resolved())
    write_json(folder.vocabulary, ready.vocabulary.numbers())
    folder.write_left_out(corpus.left_out)
    say(_summary(ready, folder))

    with clock("train"):
        trained = _train(ready, folder)
    with clock("transcribe"):
        pairs, corpus = _transcribe(ready, trained, folder)
    with clock("score"):
        score = score_pairs(pairs, recipe, hooks)
    with clock("check"):
        from cvrecipes.decoding.gate import check_reload

        compared = check_reload(folder.model, pairs, ready.release.clips)

    report = _report(ready, folder, corpus, trained, pairs, score, compared)
    hooks.hook.run_finished(report=report, recipe=recipe)
    return report


def _train(ready: Prepared, folder: RunFolder) -> Trained:
    from cvrecipes.training.fit import Task, train

    task = Task(
        recipe=ready.recipe,
        corpus=ready.corpus,
        vocabulary=ready.vocabulary,
        base=ready.base,
        settings=ready.plan.settings,
        seed=ready.plan.request.seed,
        device=ready.plan.request.device,
    )
    return train(task, folder, ready.hooks, make_judge(ready.recipe, ready.hooks))


def _transcribe(ready: Prepared, trained: Trained, folder: RunFolder) -> tuple[list[Pair], Corpus]:
    """Transcribe test with the model as saved; clips found unreadable join the left out."""

    from cvrecipes.decoding.recognizer import Recognizer, transcribe

    recognizer = Recognizer(folder.model, ready.plan.request.device)
    pairs, lost = transcribe(recognizer, ready.corpus.test)
    left_out = (*ready.corpus.left_out, *trained.unreadable, *lost)
    return pairs, replace(ready.corpus, left_out=left_out)


def _report(
    ready: Prepared,
    folder: RunFolder,
    corpus: Corpus,
    trained: Trained,
    pairs: Sequence[Pair],
    score: Score,
    compared: int,
) -> RunReport:
    """Write every file for people and programs; run.json comes last."""
    from cvrecipes.report import card, facts, page

    known = facts.collect(
        plan=ready.plan,
        recipe=ready.recipe,
        release=ready.release,
        corpus=corpus,
        vocabulary=ready.vocabulary,
        trained=trained,
        score=score,
        seconds=ready.clock.seconds,
        compared=compared,
    )
    folder.write_left_out(corpus.left_out)
    folder.write_pairs(pairs, score.clip_wer)
    write_text(folder.model_card, card.render(known, score))
    write_text(folder.report, page.render(known, score, pairs, trained))
    report = RunReport(folder.root, score, tuple(pairs), known)
    if ready.plan.settings.push_to_hub:
        from cvrecipes.report.hub import push

        push(folder.model, ready.plan.settings.push_to_hub)
    write_json(folder.facts, known)
    return report


def make_judge(recipe: Recipe, hooks: pluggy.PluginManager) -> Any:
    """References and hypotheses to (WER, CER), as fractions, for the curves of training."""
    words = word_splitter(recipe, hooks)

    def judge(references: Sequence[str], hypotheses: Sequence[str]) -> tuple[float, float]:
        rates = []
        for split in (words, list):
            counts = error_counts([split(r) for r in references], [split(h) for h in hypotheses])
            rates.append(float(counts[:, :3].sum() / max(1, counts[:, 3].sum())))
        return rates[0], rates[1]

    return judge


def default_folder(locale: str) -> Path:
    """``runs/<locale>-<time>``, never one that exists."""
    stem = Path("runs") / f"{locale}-{datetime.now().astimezone():%Y%m%d-%H%M%S}"
    folder, number = stem, 1
    while folder.exists():
        number += 1
        folder = stem.with_name(f"{stem.name}-{number}")
    return folder


class Clock:
    """Wall time of each stage, in seconds, by name."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.started = time.monotonic()

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        start = time.monotonic()
        try:
            yield
        finally:
            self.seconds[stage] = round(time.monotonic() - start, 2)


def _summary(ready: Prepared, folder: RunFolder) -> str:
    corpus: Corpus = ready.corpus
    base: Base = ready.base
    plan: Plan = ready.plan
    vocabulary: Vocabulary = ready.vocabulary
    release: Release = ready.release
    hours = ", ".join(
        f"{split} {corpus.split(split).num_rows} clips ({corpus.hours(split) * 60:.0f} min)"
        for split in ("train", "dev", "test")
    )
    return (
        f"{ready.recipe.name} ({ready.recipe.locale}), {release.version}: {hours}; "
        f"{len(corpus.left_out)} rows left out\n"
        f"{len(vocabulary)} classes, base {base.name}, preset {plan.preset}, "
        f"{ready.estimate['steps']} steps -> {folder.root}"
    )
