"""The command plugins."""

from __future__ import annotations

from itertools import zip_longest
from typing import Any

import click

from cvrecipes.catalog import look_around
from cvrecipes.cli import options
from cvrecipes.cli.output import print_json
from cvrecipes.plugins import HOOKS, OWN_PLUGINS, new_manager

# More locales of one plugin are counted, not listed.
_FEW = 12


@click.command()
@options.as_json
def plugins(as_json: bool) -> None:
    """List the installed plugins with version, locales and hooks.

    A locale in parentheses is hidden: another plugin's or your own recipe comes first.
    """
    from cvrecipes import __version__

    manager = new_manager()
    shelf = look_around(manager)
    ours = OWN_PLUGINS
    rows: list[dict[str, Any]] = []
    for name, plugin in manager.list_name_plugin():
        rows.append(
            {
                "name": name,
                "version": __version__ if name in ours else _version(name.partition(":")[0]),
                "locales": [one.locale for one in shelf.recipes.values() if one.origin == name],
                "hidden": [one.locale for one in shelf.shadowed if one.origin == name],
                "hooks": sorted(caller.name for caller in manager.get_hookcallers(plugin) or ()),
            }
        )
    if as_json:
        print_json(rows)
    else:
        _print_plugins(rows)


def _print_plugins(rows: list[dict[str, Any]]) -> None:
    """A table of at most 80 columns, one hook a line, unless a name is very long."""
    from textwrap import wrap

    name, version = (max(len(key), *(len(row[key]) for row in rows)) for key in ("name", "version"))
    room = max(12, 80 - name - version - max(len(hook) for hook in HOOKS) - 6)

    def line(one: str, two: str, three: str, four: str) -> str:
        return f"{one:{name}}  {two:{version}}  {three:{room}}  {four}".rstrip()

    click.echo(click.style(line("name", "version", "locales", "hooks"), bold=True))
    for row in rows:
        locales = [*row["locales"], *(f"({locale})" for locale in row["hidden"])]
        few = " ".join(locales) if len(locales) <= _FEW else f"{len(locales)} languages"
        cells = wrap(few, room) or ["none"], row["hooks"] or ["none"]
        for number, (here, hook) in enumerate(zip_longest(*cells, fillvalue="")):
            first = number == 0
            click.echo(
                line(row["name"] if first else "", row["version"] if first else "", here, hook)
            )


def _version(name: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(name)
    except PackageNotFoundError:
        return ""
