"""The command certify."""

from __future__ import annotations

from pathlib import Path

import click

from cvrecipes.cli import parameters
from cvrecipes.cli.output import print_json, print_table

_WHAT = {
    "recordings": "the same recordings",
    "speakers": "speakers",
    "sentences": "sentences",
    "near_duplicates": "near-duplicates",
    "clips": "clips of train touched",
}


@click.command()
@click.argument("run", type=parameters.Path(path_type=Path))
@click.option(
    "--against", type=parameters.FOLDER, metavar="WHERE",
    help="Another release: has this model trained on its test clips?",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def certify(run: Path, against: str | None, as_json: bool) -> int:
    """Say what the training data of RUN shares with dev and test.

    Without --against: of its own release, counted again from the run's list of clips.
    Exit code 1 when anything is shared.
    """
    from cvrecipes.certify import certify_run

    verdict = certify_run(run, against)
    facts = verdict.facts
    if as_json:
        print_json({**facts, "clean": verdict.clean})
        return 0 if verdict.clean else 1
    certificate = facts.get("certificate")
    counts = facts["shared"] if certificate is None else certificate["shared"]
    click.echo(
        f"train of {facts['release']} ({facts['locale']}, {facts['split']} split) "
        f"against dev and test of {verdict.against}"
    )
    rows = [[what, *(str(one[key]) for one in counts.values())] for key, what in _WHAT.items()]
    if certificate is None:
        touched = [f"{one['rows_touched']} of {one['rows']}" for one in counts.values()]
        rows.append(["their rows touched", *touched])
    print_table(["shared", *counts], rows, right=tuple(range(1, len(counts) + 1)))
    if verdict.clean:
        click.echo("nothing is shared")
    else:
        click.echo(f"a WER of this model on {verdict.against} is better than it should be")
    return 0 if verdict.clean else 1
