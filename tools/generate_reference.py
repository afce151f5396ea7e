"""Write docs/cli.md and docs/settings.md from the code.

    python tools/generate_reference.py          write both files
    python tools/generate_reference.py --check  change nothing; exit 1 when one differs

Nothing here imports torch.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import click

from cvrecipes.cli import cli
from cvrecipes.settings import PRESETS, Settings, preset

DOCS = Path(__file__).parents[1] / "docs"
_MADE = "<!-- Made by tools/generate_reference.py; change the code, not this file. -->"


def _help(command: click.Command, name: str, parent: click.Context | None = None) -> str:
    context = click.Context(
        command,
        info_name=name,
        parent=parent,
        terminal_width=80,
        help_option_names=["-h", "--help"],
    )
    return "\n".join(line.rstrip() for line in command.get_help(context).splitlines())


def command_line() -> str:
    """docs/cli.md: what ``--help`` prints for every command."""
    # Commands of plugins that happen to be installed are no part of this reference.
    cli._joined = True
    top = click.Context(cli, info_name="cvrecipes")
    parts = [
        "# The command line",
        _MADE,
        "This is the output of `--help`. Installed plugins can add commands. Exit codes and the\n"
        "common errors are in [errors.md](errors.md).",
        "## cvrecipes",
        f"```text\n{_help(cli, 'cvrecipes')}\n```",
    ]
    for name, command in cli.commands.items():
        parts += [f"## cvrecipes {name}", f"```text\n{_help(command, name, top)}\n```"]
    return "\n\n".join(parts) + "\n"


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if value == "":
        return "empty"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _allowed(kind: type, meta: Any) -> str:
    if meta["choices"]:
        return ", ".join(f"`{choice}`" for choice in meta["choices"])
    name = {bool: "true or false", int: "whole number", float: "number"}.get(kind, "text")
    low, high = meta["low"], meta["high"]
    if low is not None and high is not None:
        return f"{name}, {low:g} to {high:g}"
    return f"{name}, at least {low:g}" if low is not None else name


def _rows() -> Iterator[str]:
    names = list(PRESETS)
    values = {name: preset(name) for name in names}
    yield "| setting | " + " | ".join(f"`{name}`" for name in names) + " | allowed | meaning |"
    yield "|---|" + "---|" * (len(names) + 2)
    for one in fields(Settings):
        usual = getattr(values["default"], one.name)
        cells = []
        for name in names:
            value = getattr(values[name], one.name)
            cells.append(f"**{_shown(value)}**" if value != usual else _shown(value))
        allowed = _allowed(type(usual), one.metadata)
        yield f"| `{one.name}` | {' | '.join(cells)} | {allowed} | {one.metadata['help']} |"


def settings() -> str:
    """docs/settings.md: every setting with its value in each preset."""
    listed = "\n".join(f"- `{name}`: {what}" for name, (what, _) in PRESETS.items())
    parts = [
        "# Settings",
        _MADE,
        "Change a setting with `--set KEY=VALUE`, as often as needed. `cvrecipes settings PRESET`\n"
        "prints the same. Bold values differ from the preset `default`.",
        listed,
        "\n".join(_rows()),
    ]
    return "\n\n".join(parts) + "\n"


def main() -> int:
    """Write the files, or with ``--check`` compare them."""
    check = "--check" in sys.argv[1:]
    different = 0
    for name, text in (("cli.md", command_line()), ("settings.md", settings())):
        path = DOCS / name
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        if check:
            print(f"{path} differs from the code; run: python tools/generate_reference.py")
            different = 1
        else:
            path.write_text(text, encoding="utf-8", newline="\n")
            print(f"{path} written")
    return different


if __name__ == "__main__":
    sys.exit(main())
