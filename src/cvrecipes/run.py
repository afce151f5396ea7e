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
from cvrecipes.catalog import open_recipe
from cvrecipes.console import say
from cvrecipes.data.certificate import certify, write_clips
from cvrecipes.data.corpus import Limits, read_corpus
from cvrecipes.data.release import find_data, open_release
from cvrecipes.data.tables import read_table
from cvrecipes.errors import Failure
from cvrecipes.files import write_json, write_text
from cvrecipes.models.base import Base, open_base
from cvrecipes.models.ctc import Vocabulary
from cvrecipes.models.devices import check as check_device
from cvrecipes.models.devices import pin, refuse_precision
from cvrecipes.models.vocabulary import build_vocabulary
from cvrecipes.plan import Plan, Request
from cvrecipes.recipe import Recipe
from cvrecipes.records import SPLITS, Corpus, LeftOut, Pair, Release, RunReport, Score, Trained
from cvrecipes.run_folder import RunFolder
from cvrecipes.scoring import error_counts, score_pairs
from cvrecipes.scoring.rates import word_splitter
from cvrecipes.words import length, plural, visible

_BANNER = """\
No Common Voice release was given, so this run uses the built-in sample: synthetic Turkish
voices and a tiny encoder. It shows the whole pipeline; its WER says nothing about real speech.
For real data: cvrecipes run tr --data path/to/cv-corpus-25.0-2026-03-09/tr"""


class Prepared:
    """A run up to the point where tensors begin: everything is checked and counted.

    What is wrong on this machine is said before the base model is asked for on the network.

    Arguments:
        dry: nothing will be trained; torch is then only imported to look at a GPU that was
            asked for.
    """

    def __init__(self, request: Request, *, dry: bool = False) -> None:
        self.clock = Clock()
        pin(request.device)
        with self.clock("open"):
            self.recipe, self.hooks = open_recipe(request.locale)
            where = find_data(request.locale, request.data)
            self.release = open_release(where, request.locale, self.hooks)
            self.plan = plans.make_plan(request, self.recipe, builtin_sample=self.release.builtin)
            _glance(self.release)
        with self.clock("start torch"):
            _check_device(request.device, self.plan.settings.precision, dry)
        with self.clock("open base"):
            self.base = open_base(self.plan.base_name)
        with self.clock("read"):
            self.corpus = read_corpus(
                self.release,
                self.recipe,
                self.hooks,
                self.base.framing,
                Limits.of(self.plan.settings, clips=request.limit, seed=request.seed),
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
    folder = RunFolder(request.out or default_folder(request.locale))
    folder.check(resume=request.resume)
    ready = Prepared(request)
    recipe, corpus, hooks, clock = ready.recipe, ready.corpus, ready.hooks, ready.clock

    plans.check_disk(folder.root, ready.estimate["disk_gb"])
    folder.start(plans.fingerprint(ready.plan, recipe, ready.release), resume=request.resume)
    write_json(folder.recipe, recipe.resolved())
    write_json(folder.vocabulary, ready.vocabulary.numbers())
    folder.write_left_out(corpus.left_out)
    if ready.release.builtin and not request.data:
        say(_BANNER)
    say(_summary(ready, folder))

    with clock("train"):
        trained = _train(ready, folder)
    with clock("transcribe"):
        pairs, lost = _transcribe(ready, trained, folder)
        corpus = without(corpus, lost)
    with clock("score"):
        score = score_pairs(pairs, recipe, hooks)
    with clock("check"):
        from cvrecipes.decoding.gate import check_reload

        names, files = (ready.corpus.test[name].to_pylist() for name in ("clip", "path"))
        compared = check_reload(folder.model, pairs, dict(zip(names, files, strict=True)))

    report = _report(ready, folder, corpus, trained, lost, pairs, score, compared)
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


def _glance(release: Release) -> None:
    """Look whether the tables are there and have the columns that are needed.

    Only those of dev and test are read, which are small; those of other sources may have to be
    fetched first.
    """
    if release.read is None:
        for split in ("dev", "test"):
            if split in release.tables or split == "test":
                read_table(release, split)


def _check_device(device: str, precision: str, dry: bool) -> None:
    if dry and device in ("auto", "cpu"):
        refuse_precision(precision, device)
    else:
        check_device(device, precision)


def _transcribe(
    ready: Prepared, trained: Trained, folder: RunFolder
) -> tuple[list[Pair], Sequence[LeftOut]]:
    """Transcribe test with the model as saved.

    Returns:
        The pairs, and the clips of all splits that turned out to be unreadable.

    Raises:
        Failure: too many clips of test are.
    """
    from cvrecipes.decoding.recognizer import Recognizer, check_losses, transcribe

    recognizer = Recognizer(folder.model, ready.plan.request.device)
    pairs, lost = transcribe(recognizer, ready.corpus.test)
    everywhere = (*trained.unreadable, *lost)
    try:
        check_losses(lost, ready.corpus.test.num_rows, "test")
    except Failure as failure:
        folder.write_left_out((*ready.corpus.left_out, *everywhere))
        raise Failure(
            failure.what,
            where=folder.left_out,
            remedy=f"{failure.remedy}; then go on with --resume",
        ) from None
    return pairs, everywhere


def without(corpus: Corpus, lost: Sequence[LeftOut]) -> Corpus:
    """The corpus without clips that were found unreadable after it was read."""
    if not lost:
        return corpus
    import pyarrow as pa
    import pyarrow.compute as pc

    tables = {}
    for split in SPLITS:
        table = corpus.split(split)
        clips = pa.array([row.clip for row in lost if row.split == split], pa.string())
        tables[split] = table.filter(pc.invert(pc.is_in(table["clip"], clips)))
    before = corpus.certificate
    return replace(
        corpus,
        **tables,
        left_out=(*corpus.left_out, *lost),
        certificate=certify(before.policy, tables) if before else None,
    )


def _report(
    ready: Prepared,
    folder: RunFolder,
    corpus: Corpus,
    trained: Trained,
    lost: Sequence[LeftOut],
    pairs: Sequence[Pair],
    score: Score,
    compared: int,
) -> RunReport:
    """Write every file for people and programs; run.json comes last, and then the Hub."""
    from cvrecipes.report import card, facts, page

    known = facts.collect(
        plan=ready.plan,
        recipe=ready.recipe,
        release=ready.release,
        corpus=corpus,
        vocabulary=ready.vocabulary,
        trained=trained,
        lost=lost,
        score=score,
        seconds=ready.clock.seconds,
        compared=compared,
    )
    write_clips(folder.clips, corpus)
    folder.write_left_out(corpus.left_out)
    folder.write_pairs(pairs, score.clip_wer)
    write_text(folder.model_card, card.render(known, score))
    write_text(folder.report, page.render(known, score, pairs, trained))
    report = RunReport(folder.root, score, tuple(pairs), known)
    write_json(folder.facts, known)
    if ready.plan.settings.push_to_hub:
        # The run is finished whether or not the Hub can be reached.
        from cvrecipes.models.hub import push

        push(folder.model, ready.plan.settings.push_to_hub)
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
        f"{split} {plural(corpus.split(split).num_rows, 'clip')} "
        f"({length(corpus.hours(split) * 3600)})"
        for split in SPLITS
    )
    return (
        f"{ready.recipe.name} ({ready.recipe.locale}), {release.version}: {hours}; "
        f"{plural(sum(plans.reasons(corpus).values()), 'row')} left out\n"
        f"{len(vocabulary)} classes, base {base.name}, preset {plan.preset}, "
        f"{plural(ready.estimate['steps'], 'step')} -> {visible(folder.root)}"
    )
