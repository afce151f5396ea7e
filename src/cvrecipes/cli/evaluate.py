"""The command evaluate."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from cvrecipes.cli import options, parameters
from cvrecipes.cli.output import print_json, print_scores, print_wrapped
from cvrecipes.errors import UsageError
from cvrecipes.records import Score


@click.command()
@click.argument("model", type=parameters.FOLDER)
@options.data
@options.encoding
@click.option(
    "--locale", type=parameters.LOCALE, metavar="LOCALE",
    help="Read the clips of this locale.  [default: the model's]",
)  # fmt: skip
@click.option(
    "--other-locale",
    is_flag=True,
    help="Score a model of another locale or variant, too.",
)
@click.option(
    "--split", type=click.Choice(["train", "dev", "test"]), default="test", show_default=True,
    help="Score the clips of this split.",
)  # fmt: skip
@options.limit
@options.seed
@click.option(
    "--pairs", type=parameters.Path(path_type=Path, dir_okay=False), metavar="FILE",
    help="Write each reference with its hypothesis to a new file.",
)  # fmt: skip
@click.option("--force", is_flag=True, help="Overwrite the file of --pairs.")
@options.recipe_set
@options.variant
@options.device
@options.as_json
def evaluate(
    model: str,
    data: str | None,
    encoding: str | None,
    locale: str | None,
    other_locale: bool,
    split: str,
    limit: int | None,
    seed: int,
    pairs: Path | None,
    force: bool,
    recipe_changes: dict[str, str],
    variant: str,
    device: str,
    as_json: bool,
) -> None:
    """Score MODEL on the clips of a release.

    MODEL is a run folder, a model folder or a Hub name.
    """
    if pairs is not None:
        _check_target(pairs, force)
    from cvrecipes.evaluate import evaluate_model

    result = evaluate_model(
        model,
        data=data,
        locale=locale,
        split=split,
        limit=limit,
        seed=seed,
        device=device,
        recipe_changes=recipe_changes,
        variant=variant,
        other_locale=other_locale,
        encoding=encoding,
    )
    try:
        if pairs is not None:
            from cvrecipes.scoring.pairs import write_pairs

            write_pairs(pairs, result.pairs, result.score)
    finally:  # a full disk takes the pairs, not the scores
        if as_json:
            print_json(result.facts)
        else:
            _print_result(result.score, result.facts)


def _print_result(score: Score, facts: Mapping[str, Any]) -> None:
    from cvrecipes.report.facts import remarks

    print_scores(score, f"{facts['model']}: {facts['scored_on']} of {facts['release']}")
    for line in remarks(facts):
        print_wrapped(line)


def _check_target(file: Path, force: bool) -> None:
    """Refuse before the work what would fail afterwards, or overwrite another file."""
    if not file.parent.is_dir():
        raise UsageError("there is no such folder", where=file.parent, remedy="make it first")
    if not os.access(file.parent, os.W_OK):
        raise UsageError("this folder cannot be written", where=file.parent)
    if file.exists() and not force:
        raise UsageError("exists already", where=file, remedy="add --force to overwrite it")
