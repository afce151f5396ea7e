"""The command fetch, which downloads releases from Mozilla Data Collective."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from cvrecipes.cli import options
from cvrecipes.cli.output import print_json, print_table
from cvrecipes.errors import UsageError

_MB = 1024**2


@click.command()
@click.argument("locale", required=False)
@click.option("--id", "dataset", metavar="ID", help="Download the dataset of this id or slug.")
@click.option("--release", "version", metavar="N", help="Download this release, such as 25.0.")
@click.option(
    "--kind",
    type=click.Choice(["scripted", "spontaneous"]),
    default="scripted",
    show_default=True,
    help="Choose read sentences, or answers to questions.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    metavar="DIR",
    help="Write the archive into this folder.  [default: the working directory]",
)
@click.option("--list", "listing", is_flag=True, help="List the releases of LOCALE, and stop.")
@options.as_json
def fetch(
    locale: str | None,
    dataset: str | None,
    version: str | None,
    kind: str,
    out: Path,
    listing: bool,
    as_json: bool,
) -> None:
    """Download the newest Common Voice release of LOCALE.

    Releases come from Mozilla Data Collective: set your key in MDC_API_KEY, and accept the
    terms of the release on its page. An interrupted download goes on where it stopped;
    checksums are compared.
    """
    from cvrecipes.data.sources import collective

    if locale is None and dataset is None:
        raise UsageError("no LOCALE is given", remedy="try: cvrecipes fetch tr, or --id ID")
    if dataset is not None and (version is not None or listing):
        raise UsageError("--id names one dataset already", remedy="leave out --release and --list")
    if listing and locale is not None:
        offers = collective.offers(locale, kind)
        if as_json:
            print_json([asdict(offer) for offer in offers])
        elif offers:
            rows = [[o.version, f"{o.size / _MB:.0f} MB", o.id, o.name, o.page] for o in offers]
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
