"""The command certify."""

from __future__ import annotations

from pathlib import Path

import click

from cvrecipes.cli import options, parameters
from cvrecipes.cli.output import print_json, print_table, print_wrapped
from cvrecipes.words import plural

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
    help="Count what is shared with dev and test of another release.",
)  # fmt: skip
@options.encoding
@options.as_json
def certify(run: Path, against: str | None, encoding: str | None, as_json: bool) -> int:
    """Count what the training data of RUN shares with dev and test.

    Without --against, these are dev and test of the run's own release, counted again from the
    run's list of clips. The exit code is 0 only when it is known that nothing is shared.
    """
    from cvrecipes.certify import certify_run
    from cvrecipes.data.certificate import shared_cell

    verdict = certify_run(run, against, encoding=encoding)
    facts = verdict.facts
    if as_json:
        print_json({**facts, "clean": verdict.clean})
        return 0 if verdict.clean else 1
    certificate = facts.get("certificate")
    counts = facts["shared"] if certificate is None else certificate["shared"]
    print_wrapped(
        f"train of {facts['release']} ({facts['locale']}, {facts['split']} split) "
        f"against dev and test of {verdict.against}"
    )
    unknown = facts["unknown_speakers"] if certificate is None else certificate["unknown_speakers"]

    def cells(key: str) -> list[str]:
        return [
            shared_cell(shared, key, unknown["train"] + unknown[split])
            for split, shared in counts.items()
        ]

    rows = [[what, *cells(key)] for key, what in _WHAT.items()]
    if certificate is None:
        touched = zip(cells("rows_touched"), counts.values(), strict=True)
        rows.append(["their rows touched", *(f"{n} of {shared['rows']}" for n, shared in touched)])
    print_table(["shared", *counts], rows, right=tuple(range(1, len(counts) + 1)))
    if any(unknown.values()):
        listed = ", ".join(f"{plural(n, 'clip')} of {split}" for split, n in unknown.items() if n)
        print_wrapped(f"without a speaker: {listed}; more speakers may be shared than are known")
    if verdict.clean:
        click.echo("nothing is shared")
    elif verdict.clean is None:
        click.echo("nothing is known to be shared")
    else:
        print_wrapped(f"a WER of this model on {verdict.against} is better than it should be")
    return 0 if verdict.clean else 1
