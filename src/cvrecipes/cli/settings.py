"""The command settings."""

from __future__ import annotations

import click

from cvrecipes.cli import options, parameters
from cvrecipes.cli.output import print_json, print_wrapped


@click.command()
@click.argument("preset", type=parameters.PRESET, default="default")
@options.as_json
def settings(preset: str, as_json: bool) -> None:
    """Explain every setting, with its value in PRESET."""
    from dataclasses import fields

    from cvrecipes.settings import PRESETS, Settings
    from cvrecipes.settings import preset as settings_of

    values = settings_of(preset)
    if as_json:
        print_json({"preset": preset, "settings": values.as_dict()})
        return
    print_wrapped("presets: " + "; ".join(f"{name}, {what}" for name, (what, _) in PRESETS.items()))
    for field in fields(Settings):
        value = getattr(values, field.name)
        text = str(value).lower() if isinstance(value, bool) else f"{value}"
        click.echo(click.style(f"{field.name}={text}", bold=True))
        choices = field.metadata["choices"]
        listed = f" One of {', '.join(choices)}." if choices else ""
        print_wrapped(f"{field.metadata['help']}{listed}", indent=4)
