"""The command run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cvrecipes.cli import options, parameters
from cvrecipes.cli.output import print_fields, print_json, print_scores, print_wrapped
from cvrecipes.errors import UsageError
from cvrecipes.words import clock, length, plural, speaker_words, speech, visible

if TYPE_CHECKING:
    from cvrecipes.job import Job
    from cvrecipes.plan import Request


@click.command()
@options.locale
@options.data
@options.encoding
@click.option(
    "--out", type=parameters.Path(path_type=Path), metavar="DIR",
    help="Write the run into this folder.  [default: a new one in runs]",
)  # fmt: skip
@options.base
@options.preset
@options.assignments
@options.recipe_set
@options.variant
@options.split
@options.limit
@options.seed
@options.device
@click.option("--resume", is_flag=True, help="Go on with an interrupted run in --out.")
@click.option("--dry-run", is_flag=True, help="Print the plan and stop.")
@options.as_json
def run(
    locale: str,
    data: str | None,
    encoding: str | None,
    out: Path | None,
    base: str | None,
    preset: str | None,
    assignments: tuple[str, ...],
    recipe_changes: dict[str, str],
    variant: str,
    split: str | None,
    limit: int | None,
    seed: int,
    device: str,
    resume: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Train and score a recognizer of LOCALE, such as tr.

    Without --data, the release is that of CVRECIPES_DATA, else a cv-corpus-* folder here that
    holds the locale, else the built-in sample.
    """
    from cvrecipes.plan import Request

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
        changes=options.changes(assignments, split),
        recipe_changes=recipe_changes,
        variant=variant,
        limit=limit,
        seed=seed,
        device=device,
        resume=resume,
        encoding=encoding,
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
    from cvrecipes.report.facts import dev_rates, remarks, undecodable
    from cvrecipes.report.speakers import sharing

    facts = report.facts
    print_scores(report.score, f"{facts['language']} ({locale}), test of {facts['release']}")
    dev = dev_rates(facts)
    chosen = f"dev: {dev}, selected on dev" if dev else None
    for line in filter(None, (chosen, *remarks(facts), undecodable(facts), sharing(facts))):
        print_wrapped(line)
    click.echo(f"model   {visible(report.folder / 'model')}")
    click.echo(f"report  {visible(report.folder / 'report.html')}")
    click.echo(f"time    {clock(sum(facts['seconds'].values()))}")


def _print_plan(request: Request, as_json: bool) -> None:
    """Print the plan.

    Raises:
        OutOfReach: the base model cannot be read; what is known without it has been printed.
    """
    from cvrecipes.models.base import unread_base
    from cvrecipes.models.hub import OutOfReach
    from cvrecipes.run import Clock, prepare

    missing: OutOfReach | None = None
    try:
        job = prepare(request, Clock(), dry=True)
    except OutOfReach as error:
        missing = error
        job = prepare(request, Clock(), dry=True, base=unread_base(error.name))
    plan = _plan_of(job)
    if as_json:
        print_json(plan)
    else:
        print_fields(_fields_of(job, plan), label=11)
    if missing is not None:
        raise missing


def _plan_of(job: Job) -> dict[str, Any]:
    """The plan as data, for JSON; null stands for what is not known."""
    from cvrecipes.data.counts import count_reasons, count_tags, split_counts
    from cvrecipes.training.estimate import estimate

    return {
        "locale": job.recipe.locale,
        "language": job.recipe.name,
        "recipe": job.recipe.digest,
        "recipe_changed": dict(job.recipe.changed),
        "variant": job.recipe.variant if job.recipe.variants else None,
        "release": job.release.version,
        "folder": str(job.release.folder),
        "splits": split_counts(job.corpus),
        "left_out": count_reasons(job.corpus.left_out, held_out=False),
        "held_out": count_reasons(job.corpus.left_out, held_out=True),
        "transcript_tags": count_tags(job.corpus),
        "certificate": job.corpus.certificate.as_dict() if job.corpus.certificate else None,
        "vocabulary": list(job.vocabulary.tokens),
        "base": job.plan.base_name,
        "preset": job.plan.preset,
        "settings": job.plan.settings.as_dict(),
        "estimate": estimate(job).as_dict(),
        "device": job.plan.request.device,
        "seed": job.plan.request.seed,
    }


def _fields_of(job: Job, plan: dict[str, Any]) -> dict[str, str]:
    """The plan as lines for people."""
    from cvrecipes.data.counts import tags_removed
    from cvrecipes.report.speakers import sharing

    lost = ", ".join(f"{n} {reason}" for reason, n in plan["left_out"].items()) or "nothing"
    estimate = plan["estimate"]
    changed = f", changed: {job.recipe.changes}" if job.recipe.changed else ""
    variant = f", variant {plan['variant']}" if plan["variant"] else ""
    fields = {
        "language": f"{plan['language']} ({plan['locale']}){variant}, recipe {plan['recipe']}"
        f"{changed}",
        "release": f"{plan['release']} ({plan['folder']})",
        **{
            split: f"{plural(counts['clips'], 'clip')}, {speech(counts['hours'])}, "
            f"{speaker_words(counts['speakers'], counts['unknown_speakers'])}"
            for split, counts in plan["splits"].items()
        },
        "left out": lost,
    }
    if plan["held_out"]:
        fields["held out"] = f"{plural(sum(plan['held_out'].values()), 'row')} for dev and test"
    if plan["transcript_tags"]:
        fields["tags"] = f"{tags_removed(plan['transcript_tags'])}, removed"
    fields |= {
        "sharing": sharing(plan),
        "vocabulary": f"{len(plan['vocabulary'])}: {' '.join(plan['vocabulary'])}",
    }
    steps = f"{estimate['steps']} ({estimate['steps_an_epoch']} an epoch)"
    settings = _settings(plan)
    if estimate["parameters"] is None:
        return fields | {
            "model": f"{plan['base']}, out of reach",
            "settings": settings,
            "steps": steps,
            "not known": "parameters, memory, disk and time, which depend on the base; with frames "
            "other than 20 ms, more or fewer clips are impossible for CTC",
        }
    return fields | {
        "model": f"{plan['base']}, {estimate['parameters'] / 1e6:.1f} M parameters",
        "settings": settings,
        "steps": steps,
        "memory": f"about {estimate['memory_gb']} GB of the "
        f"{'machine' if estimate['device'] == 'cpu' else 'GPU'} (estimated)",
        "disk": f"about {estimate['disk_gb']} GB (checkpoints and model)",
        "time": _time(estimate),
    }


def _settings(plan: dict[str, Any]) -> str:
    """What differs from the preset."""
    from cvrecipes.settings import preset

    usual = preset(plan["preset"]).as_dict()
    changed = [f"{k}={v}" for k, v in plan["settings"].items() if usual[k] != v]
    return f"preset {plan['preset']}" + (f", but {', '.join(changed)}" if changed else "")


def _time(estimate: dict[str, Any]) -> str:
    work = f"{estimate['operations']:.1e} floating-point operations"
    if estimate["seconds"] is None:
        return f"unknown until the first steps have been measured; {work}"
    low, high = (length(seconds) for seconds in estimate["seconds"])
    span = low if low == high else f"{low} to {high}"
    cores = plural(estimate["cores"], "CPU core")
    return f"training {span} (estimated for {cores}; {work})"
