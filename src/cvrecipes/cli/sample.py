"""The command sample."""

from __future__ import annotations

from pathlib import Path

import click

from cvrecipes.cli import options, parameters
from cvrecipes.cli.output import print_json


def _print_voices(context: click.Context, _: click.Parameter, flag: bool) -> None:
    if not flag or context.resilient_parsing:
        return
    from cvrecipes.sample.espeak import espeak

    for code in espeak().languages():
        click.echo(code)
    context.exit()


@click.command()
@options.locale
@click.option(
    "--out",
    type=parameters.Path(path_type=Path),
    required=True,
    metavar="DIR",
    help="Write the release into this folder.",
)
@click.option(
    "--hours", type=parameters.HOURS, metavar="N", default=0.5, show_default=True,
    help="Make about so many hours of speech.",
)  # fmt: skip
@click.option(
    "--text", type=parameters.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE", help="Read these sentences, one a line.  [default: invented ones]",
)  # fmt: skip
@click.option(
    "--seed",
    type=parameters.SEED,
    metavar="N",
    default=0,
    show_default=True,
    help="Draw random numbers from this seed.",
)
@click.option(
    "--voices", is_flag=True, is_eager=True, expose_value=False, callback=_print_voices,
    help="List the languages that espeak-ng speaks, and stop.",
)  # fmt: skip
@options.as_json
def sample(
    locale: str, out: Path, hours: float, text: Path | None, seed: int, as_json: bool
) -> None:
    """Make a synthetic release of LOCALE, to try things out.

    It has the layout of Common Voice. The voices are espeak-ng's; numbers measured on them say
    nothing about real speech.
    """
    from cvrecipes.recipe import read_text
    from cvrecipes.sample.release import make_release

    sentences = read_text(text).splitlines() if text else None
    release = make_release(locale, out, hours=hours, sentences=sentences, seed=seed)
    if as_json:
        print_json({"folder": str(release.folder), "clips": release.clips, "hours": release.hours})
        return
    counts = ", ".join(f"{split} {count}" for split, count in release.clips.items())
    click.echo(f"{release.folder}: {counts} clips, {release.hours * 60:.1f} minutes")
    click.echo(f"try: cvrecipes run {locale} --data {release.folder} --base tiny")
