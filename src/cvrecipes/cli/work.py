"""Commands that work with audio and models: run, evaluate, transcribe, sample, settings."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cvrecipes.cli import parameters
from cvrecipes.cli.recipes import print_json, print_table
from cvrecipes.console import say
from cvrecipes.errors import UsageError
from cvrecipes.records import Rate, Score
from cvrecipes.words import clock, length, plural, visible

if TYPE_CHECKING:
    from cvrecipes.plan import Request

_DEVICE = click.option(
    "--device",
    type=parameters.DEVICE,
    default="auto",
    show_default=True,
    help="auto, cpu, cuda, cuda:N or mps.",
)
_DATA = click.option(
    "--data",
    type=parameters.FOLDER,
    metavar="WHERE",
    help="A Common Voice release: cv-corpus-*/LOCALE.",
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def _locale_argument(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.argument("locale", type=parameters.LOCALE)(command)


@click.command()
@_locale_argument
@_DATA
@click.option(
    "--out", type=parameters.Path(path_type=Path), help="Run folder.  [default: runs/...]"
)
@click.option(
    "--base",
    type=parameters.BASE,
    metavar="MODEL",
    help="Base model: tiny, a folder, or a Hub name.",
)
@click.option(
    "--preset",
    type=parameters.PRESET,
    metavar="NAME",
    help="default, tiny or blog; see cvrecipes settings.",
)
@click.option(
    "--set", "assignments", type=parameters.ASSIGNMENT, multiple=True, metavar="KEY=VALUE",
    help="Change a setting.",
)  # fmt: skip
@click.option(
    "--split", type=click.Choice(["official", "strict-all"]),
    help="What to train on: train.tsv, or all that dev and test do not know.",
)  # fmt: skip
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="At most N clips a split.")
@click.option("--seed", type=parameters.SEED, default=42, show_default=True, help="Seed.")
@_DEVICE
@click.option("--resume", is_flag=True, help="Go on with an interrupted run in --out.")
@click.option("--dry-run", is_flag=True, help="Print the plan and stop.")
@_JSON
def run(
    locale: str,
    data: str | None,
    out: Path | None,
    base: str | None,
    preset: str | None,
    assignments: tuple[str, ...],
    split: str | None,
    limit: int | None,
    seed: int,
    device: str,
    resume: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Train and score a recognizer of LOCALE, such as tr.

    Without --data: the release in CVRECIPES_DATA, then a cv-corpus-* folder here that holds
    the locale, then the built-in sample.
    """
    from cvrecipes.plan import Request
    from cvrecipes.settings import parse_assignments

    if resume and out is None:
        raise UsageError("--resume needs the folder to go on with", remedy="add --out DIR")
    from cvrecipes.run import default_folder
    from cvrecipes.run import run as run_language

    folder = out or default_folder(locale)
    request = Request(
        locale=locale,
        data=data,
        out=folder,
        base=base,
        preset=preset,
        changes={**parse_assignments(assignments), **({"split": split} if split else {})},
        limit=limit,
        seed=seed,
        device=device,
        resume=resume,
    )
    if dry_run:
        _print_plan(request, as_json)
        return
    from cvrecipes.cli.stopping import resumable

    with resumable(click.get_current_context(), folder):
        report = run_language(request)
    if as_json:
        print_json(dict(report.facts))
        return
    from cvrecipes.report.facts import part_of_test, sharing, undecodable

    facts = report.facts
    print_scores(report.score, f"{facts['language']} ({locale}), test of {facts['release']}")
    for line in filter(None, (part_of_test(facts), undecodable(facts), sharing(facts))):
        click.echo(line)
    click.echo(f"model   {visible(report.folder / 'model')}")
    click.echo(f"report  {visible(report.folder / 'report.html')}")
    click.echo(f"time    {clock(sum(facts['seconds'].values()))}")


def _print_plan(request: Request, as_json: bool) -> None:
    from cvrecipes.plan import reasons, split_counts
    from cvrecipes.report.facts import sharing
    from cvrecipes.run import Clock, prepare
    from cvrecipes.training.estimate import estimate as estimate_of

    job = prepare(request, Clock(), dry=True)
    plan: dict[str, Any] = {
        "locale": job.recipe.locale,
        "language": job.recipe.name,
        "recipe": job.recipe.digest,
        "release": job.release.version,
        "folder": str(job.release.folder),
        "splits": split_counts(job.corpus),
        "left_out": reasons(job.corpus),
        "held_out": reasons(job.corpus, held_out=True),
        "certificate": job.corpus.certificate.as_dict() if job.corpus.certificate else None,
        "vocabulary": list(job.vocabulary.tokens),
        "base": job.plan.base_name,
        "preset": job.plan.preset,
        "settings": job.plan.settings.as_dict(),
        "estimate": estimate_of(job).as_dict(),
        "device": job.plan.request.device,
        "seed": job.plan.request.seed,
    }
    if as_json:
        print_json(plan)
        return
    click.echo(f"language    {plan['language']} ({plan['locale']}), recipe {plan['recipe']}")
    click.echo(f"release     {plan['release']} ({plan['folder']})")
    for split, one in plan["splits"].items():
        click.echo(
            f"{split:11} {plural(one['clips'], 'clip')}, {length(one['hours'] * 3600)}, "
            f"{plural(one['speakers'], 'speaker')}"
        )
    lost = ", ".join(f"{n} {reason}" for reason, n in plan["left_out"].items()) or "nothing"
    click.echo(f"left out    {lost}")
    if plan["held_out"]:
        click.echo(f"held out    {plural(sum(plan['held_out'].values()), 'row')} for dev and test")
    click.echo(f"sharing     {sharing(plan)}")
    click.echo(f"vocabulary  {len(plan['vocabulary'])}: {' '.join(plan['vocabulary'])}")
    estimate = plan["estimate"]
    click.echo(
        f"model       {plan['base']}, {estimate['parameters'] / 1e6:.1f} M parameters, "
        f"preset {plan['preset']}"
    )
    click.echo(f"steps       {estimate['steps']} ({estimate['steps_an_epoch']} an epoch)")
    click.echo(f"memory      about {estimate['memory_gb']} GB (estimated)")
    click.echo(f"disk        about {estimate['disk_gb']} GB (checkpoints and model)")


def print_scores(score: Score, title: str) -> None:
    """The short table that every scored command ends with."""
    click.echo(title)

    def row(name: str, rate: Rate) -> list[str]:
        return [
            name,
            f"{rate.value:.1%}",
            f"{rate.low:.1%} to {rate.high:.1%}",
            *(str(n) for n in (rate.substitutions, rate.deletions, rate.insertions, rate.units)),
        ]

    rows = [row("WER", score.wer), row("CER", score.cer)]
    if score.headline == "cer":
        rows.reverse()
    print_table(["", "rate", "95 % interval", "S", "D", "I", "of"], rows, right=(1, 2, 3, 4, 5, 6))


@click.command()
@click.argument("model", type=parameters.FOLDER)
@_DATA
@click.option(
    "--locale", type=parameters.LOCALE, help="The release's locale.  [default: the model's]"
)
@click.option(
    "--split", type=click.Choice(["train", "dev", "test"]), default="test", show_default=True,
    help="Which clips.",
)  # fmt: skip
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="At most N clips.")
@click.option("--seed", type=parameters.SEED, default=42, show_default=True, help="Seed.")
@click.option(
    "--pairs",
    type=parameters.Path(path_type=Path, dir_okay=False),
    help="Write pairs to a new file.",
)
@click.option("--force", is_flag=True, help="Write over the file of --pairs.")
@_DEVICE
@_JSON
def evaluate(
    model: str,
    data: str | None,
    locale: str | None,
    split: str,
    limit: int | None,
    seed: int,
    pairs: Path | None,
    force: bool,
    device: str,
    as_json: bool,
) -> None:
    """Score MODEL (a run folder, a model folder or a Hub name) on a release."""
    if pairs is not None:
        _check_target(pairs, force)
    from cvrecipes.evaluate import evaluate_model

    result = evaluate_model(
        model, data=data, locale=locale, split=split, limit=limit, seed=seed, device=device
    )
    try:
        if pairs is not None:
            from cvrecipes.run_folder import write_pairs

            write_pairs(pairs, result.pairs, result.score.clip_wer)
    finally:  # a full disk takes the pairs, not the scores
        if as_json:
            print_json(result.facts)
        else:
            _print_result(result.score, result.facts)


def _print_result(score: Score, facts: Mapping[str, Any]) -> None:
    title = f"{facts['model']}: {facts['split']} of {facts['release']}, {facts['clips']} clips"
    print_scores(score, title)
    seen = facts["clips"] + sum(facts["left_out"].values())
    if facts["limit"] and seen < facts["rows"]:
        click.echo(f"a part of {facts['split']}: {facts['clips']} of {facts['rows']} rows, --limit")
    if facts["left_out"]:
        lost = ", ".join(f"{count} {reason}" for reason, count in facts["left_out"].items())
        click.echo(f"left out: {lost}")


def _check_target(file: Path, force: bool) -> None:
    """Refuse before the work what would fail after it, or destroy another file."""
    if not file.parent.is_dir():
        raise UsageError("there is no such folder", where=file.parent, remedy="make it first")
    if not os.access(file.parent, os.W_OK):
        raise UsageError("this folder cannot be written", where=file.parent)
    if file.exists() and not force:
        raise UsageError("exists already", where=file, remedy="add --force to write over it")


@click.command()
@click.argument("model", type=parameters.FOLDER)
@click.argument("audio", nargs=-1, required=True, type=parameters.Path(path_type=Path))
@click.option("--words", is_flag=True, help="Print each word with its start, end and confidence.")
@_DEVICE
@_JSON
def transcribe(model: str, audio: tuple[Path, ...], words: bool, device: str, as_json: bool) -> int:
    """Write down the speech in AUDIO files, of any length, with MODEL."""
    missing = [path for path in audio if not path.is_file()]
    if missing:
        what = "is no file of audio" if missing[0].exists() else "there is no such file"
        raise UsageError(what, where=missing[0])
    from cvrecipes.audio import flaw
    from cvrecipes.decoding.alignment import align_words
    from cvrecipes.decoding.recognizer import Recognizer, transcribe_files

    recognizer = Recognizer(model, device)
    failures: list[str] = []
    results: list[dict[str, Any]] = []
    for path, heard in transcribe_files(
        recognizer, audio, lambda error: failures.append(error.message)
    ):
        odd = flaw(path, heard.seconds)
        if odd:
            say(f"warning: {visible(path)}: {odd}")
        spans = align_words(heard, recognizer.vocabulary) if words else []
        if as_json:
            entry: dict[str, Any] = {
                "file": str(path), "seconds": round(heard.seconds, 3), "text": heard.text
            }  # fmt: skip
            if odd:
                entry["warning"] = odd
            if words:
                entry["words"] = [
                    {"word": s.word, "start": s.start, "end": s.end, "confidence": s.confidence}
                    for s in spans
                ]
            results.append(entry)
        elif words:
            for s in spans:
                times = f"{s.start:.2f}\t{s.end:.2f}\t{s.confidence:.2f}"
                click.echo(f"{visible(path)}\t{times}\t{s.word}")
        else:
            click.echo(f"{visible(path)}\t{heard.text}" if len(audio) > 1 else heard.text)
    if as_json:
        print_json(results)
    for failure in failures:
        say(f"error: {visible(failure)}")
    return 1 if failures else 0


def _print_voices(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if not wanted or context.resilient_parsing:
        return
    from cvrecipes.sample.espeak import espeak

    for code in espeak().languages():
        click.echo(code)
    context.exit()


@click.command()
@_locale_argument
@click.option("--out", type=parameters.Path(path_type=Path), required=True, help="Release folder.")
@click.option(
    "--hours", type=parameters.HOURS, metavar="N", default=0.5, show_default=True,
    help="About how much speech.",
)  # fmt: skip
@click.option(
    "--text", type=parameters.Path(path_type=Path, exists=True, dir_okay=False),
    help="Sentences to read, one a line.  [default: invented ones]",
)  # fmt: skip
@click.option("--seed", type=parameters.SEED, default=0, show_default=True, help="Seed.")
@click.option(
    "--voices", is_flag=True, is_eager=True, expose_value=False, callback=_print_voices,
    help="List the languages espeak-ng speaks and stop.",
)  # fmt: skip
@_JSON
def sample(
    locale: str, out: Path, hours: float, text: Path | None, seed: int, as_json: bool
) -> None:
    """Make a synthetic release of LOCALE in Common Voice's layout, to try things out.

    The voices are espeak-ng's; numbers measured on them say nothing about real speech.
    """
    from cvrecipes.recipe import read_text
    from cvrecipes.sample.release import make_release

    sentences = read_text(text).splitlines() if text else None
    made = make_release(locale, out, hours=hours, sentences=sentences, seed=seed)
    if as_json:
        print_json({"folder": str(made.folder), "clips": made.clips, "hours": made.hours})
        return
    counts = ", ".join(f"{split} {count}" for split, count in made.clips.items())
    click.echo(f"{made.folder}: {counts} clips, {made.hours * 60:.1f} minutes")
    click.echo(f"try: cvrecipes run {locale} --data {made.folder} --base tiny")


@click.command()
@click.argument("preset", type=parameters.PRESET, default="default")
@_JSON
def settings(preset: str, as_json: bool) -> None:
    """Explain every setting, with its value in PRESET."""
    from dataclasses import fields

    from cvrecipes.settings import PRESETS, Settings
    from cvrecipes.settings import preset as preset_of

    values = preset_of(preset)
    if as_json:
        print_json({"preset": preset, "settings": values.as_dict()})
        return
    click.echo("presets: " + "; ".join(f"{name}, {what}" for name, (what, _) in PRESETS.items()))
    for field in fields(Settings):
        value = getattr(values, field.name)
        shown = str(value).lower() if isinstance(value, bool) else f"{value}"
        click.echo(click.style(f"{field.name}={shown}", bold=True))
        choices = field.metadata["choices"]
        listed = f" One of {', '.join(choices)}." if choices else ""
        click.echo(f"    {field.metadata['help']}{listed}")
