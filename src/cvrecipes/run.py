"""A run, top to bottom: from a locale to a scored model that reloads.

Each stage takes values, returns a frozen record and leaves its files in the run folder. The
folder is also where the run is cut in two: all that training needs is written before it begins
(see `cvrecipes.job`). ``run.json`` is written last: a folder that has one holds a finished run.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pluggy

from cvrecipes.catalog import open_recipe
from cvrecipes.console import say
from cvrecipes.data.corpus import read_corpus
from cvrecipes.data.counts import count_reasons, count_tags, split_counts, tags_removed
from cvrecipes.data.release import find_data, open_release
from cvrecipes.data.tables import read_table, table_hashes
from cvrecipes.data.variants import settle_variant
from cvrecipes.errors import Failure
from cvrecipes.files import check_room
from cvrecipes.job import Job, read_job, write_copies, write_job, write_plan
from cvrecipes.models.base import Base, open_base
from cvrecipes.models.devices import check as check_device
from cvrecipes.models.devices import kind_of, pin, refuse_precision
from cvrecipes.models.families import refuse_settings
from cvrecipes.models.vocabulary import build_vocabulary
from cvrecipes.plan import Plan, Request, fingerprint, make_plan
from cvrecipes.recipe import Recipe
from cvrecipes.records import Corpus, LeftOut, Pair, Release, RunReport, Trained, segments
from cvrecipes.report.write import write_report
from cvrecipes.run_folder import RunFolder
from cvrecipes.scoring import error_counts, score_pairs
from cvrecipes.scoring.rates import word_splitter
from cvrecipes.settings import Settings
from cvrecipes.training.estimate import estimate
from cvrecipes.training.fit import train
from cvrecipes.words import all_left_out, plural, speech, visible

_GIB = 1024**3
_BANNER = """\
No Common Voice release was given, so this run uses the built-in sample: synthetic Turkish
voices and a tiny encoder. It shows the whole pipeline; its WER says nothing about real speech.
For real data: cvrecipes run tr --data path/to/cv-corpus-25.0-2026-03-09/tr"""
# references, hypotheses -> (WER, CER), both fractions
Judge = Callable[[Sequence[str], Sequence[str]], tuple[float, float]]


def run(request: Request) -> RunReport:
    """Run a language.

    Raises:
        UsageError: the request cannot be carried out as it stands.
        Failure: something went wrong on the way; what was made so far can be resumed.
    """
    clock = Clock()
    folder = RunFolder(request.out or default_folder(request.locale))
    job = start(request, folder, clock)
    with clock("train"):
        trained = train_folder(folder)
    with clock("transcribe"):
        pairs, lost = transcribe_test(job, trained, folder)
    with clock("score"):
        score = score_pairs(pairs, job.recipe, job.hooks)
    with clock("check"):
        compared = check_reload(job, pairs, folder)
    report = write_report(
        folder, job, trained, lost=lost, pairs=pairs, score=score, compared=compared,
        seconds=clock.seconds,
    )  # fmt: skip
    push_model(job, folder)
    job.hooks.hook.run_finished(report=report, recipe=job.recipe)
    return report


def start(request: Request, folder: RunFolder, clock: Clock) -> Job:
    """The job of a run: prepared and written into its folder, or read from it to go on.

    Raises:
        UsageError: the folder is not empty, or holds a run with another plan or other data.
        Failure: see `prepare`; or the disk has too little room.
    """
    resuming = folder.check(resume=request.resume) and folder.job.is_file()
    job = _resume(request, folder, clock) if resuming else prepare(request, clock)
    needs = estimate(job)
    if not resuming:
        check_room(
            folder.root, (needs.disk_gb or 0.0) * _GIB, "the run needs about",
            remedy="free some space, choose another --out, or --set keep_checkpoints=1",
        )  # fmt: skip
        tables = table_hashes(job.release, job.plan.settings)
        folder.start(fingerprint(job.plan, job.recipe, job.release, tables), resume=request.resume)
        write_job(folder, job)
    if job.release.builtin and not request.data:
        say(_BANNER)
    say(_summary(job, needs.steps, folder))
    return job


def prepare(request: Request, clock: Clock, *, dry: bool = False, base: Base | None = None) -> Job:
    """Open, read and check everything, up to the point where training begins.

    Whatever is wrong on this machine is an error before the Hub is asked for the base model.

    Arguments:
        dry: nothing will be trained; torch is then only imported where there may be a GPU.
        base: stands for the base model of the plan, which is then not opened.

    Raises:
        OutOfReach: the base model is not on this machine and the Hub cannot be reached.
        UsageError, Failure: see the stages.
    """
    recipe, hooks, release, plan = _open(request, clock)
    with clock("start torch"):
        _check_device(request.device, plan.settings.precision, dry=dry)
    with clock("open base"):
        base = base or open_base(plan.base_name)
        if base.config:
            refuse_settings(base.family, plan.settings)
    with clock("read"):
        corpus = read_corpus(
            release, recipe, hooks, base.framing, plan.settings,
            limit=request.limit, seed=request.seed,
        )  # fmt: skip
        _warn_of_dev(corpus, plan.settings)
        vocabulary = build_vocabulary(recipe, corpus, hooks)
    return Job(plan, recipe, hooks, release, base, corpus, vocabulary)


def _open(request: Request, clock: Clock) -> tuple[Recipe, pluggy.PluginManager, Release, Plan]:
    """The language, its release and the plan; of the release only small tables are read."""
    pin(request.device)
    with clock("open"):
        changes, variant = request.recipe_changes, request.variant
        recipe, hooks = open_recipe(request.locale, changes=changes, variant=variant)
        where = find_data(request.locale, request.data)
        release = open_release(where, request.locale, hooks, encoding=request.encoding)
        recipe, hooks = settle_variant(recipe, hooks, release, variant=variant, changes=changes)
        plan = make_plan(request, recipe, builtin_sample=release.builtin)
        _check_tables(release)
    return recipe, hooks, release, plan


def _resume(request: Request, folder: RunFolder, clock: Clock) -> Job:
    """The job of an interrupted run, which nothing that decides the result may have changed."""
    recipe, _, release, plan = _open(request, clock)
    tables = table_hashes(release, plan.settings)
    folder.start(fingerprint(plan, recipe, release, tables), resume=True)
    with clock("start torch"):
        _check_device(request.device, plan.settings.precision, dry=False)
    with clock("read"):
        job = replace(read_job(folder), plan=plan)
        write_copies(folder, job)  # someone may have deleted them
        write_plan(folder, plan)  # the device may be another one
    return job


def train_folder(folder: RunFolder) -> Trained:
    """Train what a run folder asks for; needs nothing else, in whatever process it is called.

    Raises:
        Failure: the folder holds no whole job; see `cvrecipes.training.fit.train`.
    """
    job = read_job(folder)
    return train(job, folder, make_judge(job.recipe, job.hooks))


def check_reload(job: Job, pairs: Sequence[Pair], folder: RunFolder) -> int:
    """Compare what plain transformers writes, with the model as saved, for some test clips.

    Returns:
        The number of clips compared.

    Raises:
        Failure: a text differs.
    """
    from cvrecipes.decoding import gate

    test = job.corpus.test
    clips = dict(zip(test["clip"].to_pylist(), segments(test), strict=True))
    return gate.check_reload(folder.model, pairs, clips)


def _warn_of_dev(corpus: Corpus, settings: Settings) -> None:
    """Say that weights cannot be selected on a dev of which no row can be used."""
    reasons = count_reasons(corpus.left_out, "dev")
    if reasons and not corpus.dev.num_rows and settings.select == "best" and not settings.merge_dev:
        why = all_left_out("dev", reasons)
        say(f"warning: {why}: no weights can be selected, and the last are kept")


def _check_tables(release: Release) -> None:
    """Check that the tables are there and have the columns that are needed.

    Only those of dev and test are read, which are small; those of other sources may have to be
    fetched first.
    """
    if release.common_voice:
        for split in ("dev", "test"):
            if split in release.tables or split == "test":
                read_table(release, split)


def _check_device(device: str, precision: str, *, dry: bool) -> None:
    if dry and kind_of(device) == "cpu":
        refuse_precision(precision, "cpu")
    else:
        check_device(device, precision)


def transcribe_test(
    job: Job, trained: Trained, folder: RunFolder
) -> tuple[list[Pair], Sequence[LeftOut]]:
    """Transcribe the test split with the model as saved.

    Returns:
        The pairs, and the clips of all splits that could not be decoded.

    Raises:
        Failure: too many clips of test are among them.
    """
    from cvrecipes.decoding.recognizer import Recognizer
    from cvrecipes.decoding.transcribe import check_losses, transcribe

    recognizer = Recognizer(folder.model, job.plan.request.device)
    pairs, lost = transcribe(recognizer, job.corpus.test)
    everywhere = (*trained.unreadable, *lost)
    try:
        check_losses(lost, job.corpus.test.num_rows, "test")
    except Failure as failure:
        folder.write_left_out((*job.corpus.left_out, *everywhere))
        raise Failure(
            failure.what,
            where=folder.left_out,
            remedy=f"{failure.remedy}; then go on with --resume",
        ) from None
    return pairs, everywhere


def push_model(job: Job, folder: RunFolder) -> None:
    """Push the model to the Hub, where that was asked for; the run is finished either way."""
    if job.plan.settings.push_to_hub:
        from cvrecipes.models.hub import push

        push(folder.model, job.plan.settings.push_to_hub)


def make_judge(recipe: Recipe, hooks: pluggy.PluginManager) -> Judge:
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


def _summary(job: Job, steps: int, folder: RunFolder) -> str:
    corpus = job.corpus
    hours = ", ".join(
        f"{split} {plural(counts['clips'], 'clip')} ({speech(counts['hours'])})"
        for split, counts in split_counts(corpus).items()
    )
    notes = f"recipe changed for this run: {job.recipe.changes}\n" if job.recipe.changed else ""
    removed = tags_removed(count_tags(corpus))
    notes += f"tags removed from transcripts: {removed}\n" if removed else ""
    return (
        f"{job.recipe.name} ({job.recipe.locale}), {job.release.version}: {hours}; "
        f"{plural(sum(count_reasons(corpus.left_out, held_out=False).values()), 'row')} left out\n"
        f"{notes}{len(job.vocabulary)} classes, base {job.base.name}, preset {job.plan.preset}, "
        f"{plural(steps, 'step')} -> {visible(folder.root)}"
    )
