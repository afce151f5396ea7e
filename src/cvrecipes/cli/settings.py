"""The command settings."""

from __future__ import annotations

import click

from cvrecipes.cli import options, parameters
from cvrecipes.cli.output import print_json


@click.command()
@click.argument("preset", type=parameters.PRESET, default="default")
@options.as_json
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
