"""The command list."""

from __future__ import annotations

import click

from cvrecipes.catalog import look_around, read_found
from cvrecipes.cli import options
from cvrecipes.cli.output import print_json, print_table
from cvrecipes.plugins import new_manager


@click.command("list")
@options.as_json
def list_(as_json: bool) -> None:
    """List the languages that have a recipe."""
    shelf = look_around(new_manager())
    rows = []
    for found in shelf.recipes.values():
        recipe = read_found(found, shelf)
        rows.append(
            {
                "locale": recipe.locale,
                "name": recipe.name,
                "script": recipe.script,
                "status": recipe.status,
                "origin": recipe.origin,
            }
        )
    if as_json:
        print_json(rows)
    else:
        header = ["locale", "name", "script", "status", "origin"]
        print_table(header, [[row[key] for key in header] for row in rows])
