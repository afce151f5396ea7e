"""The command run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cvrecipes.cli import options, parameters
from cvrecipes.cli.output import print_json, print_scores
from cvrecipes.errors import UsageError
from cvrecipes.words import clock, length, plural, visible

if TYPE_CHECKING:
    from cvrecipes.plan import Request


@click.command()
@options.locale
@options.data
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
@options.device
@click.option("--resume", is_flag=True, help="Go on with an interrupted run in --out.")
@click.option("--dry-run", is_flag=True, help="Print the plan and stop.")
@options.as_json
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
    from cvrecipes.report.facts import scored_part, sharing, undecodable

    facts = report.facts
    print_scores(report.score, f"{facts['language']} ({locale}), test of {facts['release']}")
    for line in filter(None, (scored_part(facts), undecodable(facts), sharing(facts))):
        click.echo(line)
    click.echo(f"model   {visible(report.folder / 'model')}")
    click.echo(f"report  {visible(report.folder / 'report.html')}")
    click.echo(f"time    {clock(sum(facts['seconds'].values()))}")


def _print_plan(request: Request, as_json: bool) -> None:
    from cvrecipes.data.counts import count_reasons, split_counts
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
        "left_out": count_reasons(job.corpus.left_out, held_out=False),
        "held_out": count_reasons(job.corpus.left_out, held_out=True),
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
