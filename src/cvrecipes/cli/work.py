"""Commands that work with audio and models: run, evaluate, transcribe, sample, settings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from cvrecipes.cli.recipes import print_json, print_table
from cvrecipes.errors import UsageError
from cvrecipes.progress import clock, say
from cvrecipes.records import Rate, Score

_DEVICE = click.option(
    "--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:N or mps."
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def _locale_argument(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.argument("locale")(command)


@click.command()
@_locale_argument
@click.option("--data", metavar="WHERE", help="A Common Voice release: cv-corpus-*/LOCALE.")
@click.option("--out", type=click.Path(path_type=Path), help="Run folder.  [default: runs/...]")
@click.option("--base", metavar="MODEL", help="Base model: tiny, a folder, or a Hub name.")
@click.option("--preset", metavar="NAME", help="default, tiny or blog; see cvrecipes settings.")
@click.option("--set", "assignments", multiple=True, metavar="KEY=VALUE", help="Change a setting.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="At most N clips a split.")
@click.option("--seed", type=click.IntRange(min=0), default=42, show_default=True, help="Seed.")
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
    from cvrecipes.devices import refuse_precision
    from cvrecipes.plan import Request
    from cvrecipes.settings import parse_assignments

    if resume and out is None:
        raise UsageError("--resume needs the folder to go on with", remedy="add --out DIR")
    request = Request(
        locale=locale,
        data=data,
        out=out,
        base=base,
        preset=preset,
        changes=parse_assignments(assignments),
        limit=limit,
        seed=seed,
        device=device,
        resume=resume,
    )
    from cvrecipes.run import Prepared
    from cvrecipes.run import run as run_language

    if dry_run:
        ready = Prepared(request)
        refuse_precision(ready.plan.settings.precision, device)
        _print_plan(ready, as_json)
        return
    try:
        report = run_language(request)
    except KeyboardInterrupt:
        where = f" --out {out}" if out else " with its --out"
        say(f"interrupted; go on{where} --resume")
        raise
    if as_json:
        print_json(dict(report.facts))
        return
    facts = report.facts
    print_scores(report.score, f"{facts['language']} ({locale}), test of {facts['release']}")
    click.echo(f"model   {report.folder / 'model'}")
    click.echo(f"report  {report.folder / 'report.html'}")
    click.echo(f"time    {clock(sum(facts['seconds'].values()))}")


def _print_plan(ready: Any, as_json: bool) -> None:
    from cvrecipes.plan import reasons, split_counts

    plan = {
        "locale": ready.recipe.locale,
        "language": ready.recipe.name,
        "recipe": ready.recipe.digest,
        "release": ready.release.version,
        "folder": str(ready.release.folder),
        "splits": split_counts(ready.corpus),
        "left_out": reasons(ready.corpus),
        "vocabulary": list(ready.vocabulary.tokens),
        "base": ready.plan.base_name,
        "preset": ready.plan.preset,
        "settings": ready.plan.settings.as_dict(),
        "estimate": ready.estimate,
        "device": ready.plan.request.device,
        "seed": ready.plan.request.seed,
    }
    if as_json:
        print_json(plan)
        return
    click.echo(f"language    {plan['language']} ({plan['locale']}), recipe {plan['recipe']}")
    click.echo(f"release     {plan['release']} ({plan['folder']})")
    for split, one in plan["splits"].items():
        click.echo(
            f"{split:11} {one['clips']} clips, {one['hours']:.2f} h, {one['speakers']} speakers"
        )
    lost = ", ".join(f"{n} {reason}" for reason, n in plan["left_out"].items()) or "nothing"
    click.echo(f"left out    {lost}")
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
@click.argument("model")
@click.option("--data", metavar="WHERE", help="A Common Voice release: cv-corpus-*/LOCALE.")
@click.option("--locale", help="The release's locale.  [default: the model's]")
@click.option(
    "--split", type=click.Choice(["train", "dev", "test"]), default="test", show_default=True,
    help="Which clips.",
)  # fmt: skip
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="At most N clips.")
@click.option("--seed", type=click.IntRange(min=0), default=42, show_default=True, help="Seed.")
@click.option("--pairs", type=click.Path(path_type=Path, dir_okay=False), help="Write pairs here.")
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
    device: str,
    as_json: bool,
) -> None:
    """Score MODEL (a run folder, a model folder or a Hub name) on a release."""
    from cvrecipes.evaluate import evaluate_model

    result = evaluate_model(
        model, data=data, locale=locale, split=split, limit=limit, seed=seed, device=device
    )
    if pairs is not None:
        from cvrecipes.folder import write_pairs

        write_pairs(pairs, result.pairs, result.score.clip_wer)
    if as_json:
        print_json(result.facts)
        return
    facts = result.facts
    print_scores(result.score, f"{model}: {split} of {facts['release']}, {facts['clips']} clips")
    if facts["left_out"]:
        lost = ", ".join(f"{count} {reason}" for reason, count in facts["left_out"].items())
        click.echo(f"left out: {lost}")


@click.command()
@click.argument("model")
@click.argument("audio", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--words", is_flag=True, help="Print each word with its start, end and confidence.")
@_DEVICE
@_JSON
def transcribe(model: str, audio: tuple[Path, ...], words: bool, device: str, as_json: bool) -> int:
    """Write down the speech in AUDIO files, of any length, with MODEL."""
    missing = [path for path in audio if not path.is_file()]
    if missing:
        what = "is a folder, not a file" if missing[0].is_dir() else "there is no such file"
        raise UsageError(what, where=missing[0])
    from cvrecipes.decoding.alignment import align_words
    from cvrecipes.decoding.recognizer import Recognizer, transcribe_files

    recognizer = Recognizer(model, device)
    failures: list[str] = []
    results: list[dict[str, Any]] = []
    for path, heard in transcribe_files(
        recognizer, audio, lambda error: failures.append(error.message)
    ):
        spans = align_words(heard, recognizer.vocabulary) if words else []
        if as_json:
            entry: dict[str, Any] = {
                "file": str(path), "seconds": round(heard.seconds, 3), "text": heard.text
            }  # fmt: skip
            if words:
                entry["words"] = [
                    {"word": s.word, "start": s.start, "end": s.end, "confidence": s.confidence}
                    for s in spans
                ]
            results.append(entry)
        elif words:
            for s in spans:
                click.echo(f"{path}\t{s.start:.2f}\t{s.end:.2f}\t{s.confidence:.2f}\t{s.word}")
        else:
            click.echo(f"{path}\t{heard.text}" if len(audio) > 1 else heard.text)
    if as_json:
        print_json(results)
    for failure in failures:
        click.echo(f"error: {failure}", err=True)
    return 1 if failures else 0


@click.command()
@_locale_argument
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Release folder.")
@click.option(
    "--hours",
    type=click.FloatRange(min=0, min_open=True),
    default=0.5,
    show_default=True,
    help="About how much speech.",
)
@click.option(
    "--text", type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Sentences to read, one a line.  [default: invented ones]",
)  # fmt: skip
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Seed.")
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
@click.argument("preset", default="default")
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
