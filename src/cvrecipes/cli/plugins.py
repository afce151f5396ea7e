"""The command plugins."""

from __future__ import annotations

from typing import Any

import click

from cvrecipes.catalog import find_recipes
from cvrecipes.cli import options
from cvrecipes.cli.output import print_json, print_table
from cvrecipes.plugins import OWN_PLUGINS, new_manager

# More locales of one plugin are counted, not listed.
_FEW = 12
_WIDTH = 80


@click.command()
@options.as_json
def plugins(as_json: bool) -> None:
    """List the installed plugins with version, locales and hooks.

    A locale in parentheses is hidden, because another plugin's or your own recipe comes first.
    """
    from cvrecipes import __version__

    manager = new_manager()
    catalog = find_recipes(manager)
    rows: list[dict[str, Any]] = []
    for name, plugin in manager.list_name_plugin():
        rows.append(
            {
                "name": name,
                "version": __version__ if name in OWN_PLUGINS else _version(name.partition(":")[0]),
                "locales": [f.locale for f in catalog.recipes.values() if f.origin == name],
                "hidden": [f.locale for f in catalog.hidden if f.origin == name],
                "hooks": sorted(caller.name for caller in manager.get_hookcallers(plugin) or ()),
            }
        )
    if as_json:
        print_json(rows)
    else:
        _print_plugins(rows)


def _print_plugins(rows: list[dict[str, Any]]) -> None:
    """A table with one hook a line; 80 columns wide where output is no terminal."""
    table = []
    for row in rows:
        locales = [*row["locales"], *(f"({locale})" for locale in row["hidden"])]
        few = " ".join(locales) if len(locales) <= _FEW else f"{len(locales)} languages"
        hooks = "\n".join(row["hooks"]) or "none"
        table.append([row["name"], row["version"], few or "none", hooks])
    print_table(["name", "version", "locales", "hooks"], table, width=_WIDTH)


def _version(name: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(name)
    except PackageNotFoundError:
        return ""
