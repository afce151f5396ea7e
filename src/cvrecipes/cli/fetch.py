"""The command that downloads releases from Mozilla Data Collective."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from cvrecipes.cli.output import print_json, print_table
from cvrecipes.errors import UsageError

_MB = 1024**2


@click.command()
@click.argument("locale", required=False)
@click.option("--id", "dataset", metavar="ID", help="A dataset by its id or slug.")
@click.option("--release", "version", metavar="N", help="A release, such as 25.0.")
@click.option(
    "--kind",
    type=click.Choice(["scripted", "spontaneous"]),
    default="scripted",
    show_default=True,
    help="Read sentences, or answers to questions.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="Folder for the archive.  [default: this one]",
)
@click.option("--list", "listing", is_flag=True, help="List LOCALE's releases, fetch nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def fetch(
    locale: str | None,
    dataset: str | None,
    version: str | None,
    kind: str,
    out: Path,
    listing: bool,
    as_json: bool,
) -> None:
    """Download the newest Common Voice release of LOCALE from Mozilla Data Collective.

    Needs a key in MDC_API_KEY and the terms of the release accepted on its page. An
    interrupted download goes on where it stopped; checksums are compared.
    """
    from cvrecipes.data.sources import collective

    if locale is None and dataset is None:
        raise UsageError("which language?", remedy="try: cvrecipes fetch tr, or --id ID")
    if dataset is not None and (version is not None or listing):
        raise UsageError("--id names one dataset already", remedy="drop --release and --list")
    if listing and locale is not None:
        there = collective.offers(locale, kind)
        if as_json:
            print_json([asdict(offer) for offer in there])
        elif there:
            rows = [[o.version, f"{o.size / _MB:.0f} MB", o.id, o.name, o.page] for o in there]
            print_table(["release", "size", "id", "name", "page"], rows, right=(0, 1))
        else:
            click.echo(f"no {kind} speech of {locale}")
        return
    if dataset is not None:
        offer = collective.offer_of(dataset)
        if locale and offer.locale and offer.locale.lower() != locale.lower():
            raise UsageError(f"{offer.name} is of {offer.locale}, not of {locale}")
    else:
        assert locale is not None
        offer = collective.choose(locale, kind, version)
    archive = collective.fetch(offer, out)
    if as_json:
        print_json({**asdict(offer), "archive": str(archive)})
        return
    click.echo(f"{offer.name}: {archive}")
    if offer.locale:
        click.echo(f"try: cvrecipes run {offer.locale} --data {archive}")
