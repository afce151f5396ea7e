"""The arguments and options that several commands share."""

from __future__ import annotations

import click

from cvrecipes.cli import parameters

locale = click.argument("locale", type=parameters.LOCALE)
device = click.option(
    "--device",
    type=parameters.DEVICE,
    default="auto",
    show_default=True,
    help="auto, cpu, cuda, cuda:N or mps.",
)
data = click.option(
    "--data",
    type=parameters.FOLDER,
    metavar="WHERE",
    help="A Common Voice release: cv-corpus-*/LOCALE.",
)
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
