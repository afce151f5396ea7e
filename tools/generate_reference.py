"""Write the reference pages that the code knows: commands, settings, hooks, keys, variables.

    python tools/generate_reference.py          write the files, and the tables inside others
    python tools/generate_reference.py --check  change nothing; exit 1 when one differs

Nothing here imports torch.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import click

from cvrecipes.catalog import find_recipes
from cvrecipes.cli import cli
from cvrecipes.data.rule import Rule
from cvrecipes.data.rules import RULES
from cvrecipes.plugins import new_manager
from cvrecipes.recipe import TABLES, TOP
from cvrecipes.recipe.code import STEPS_FILE
from cvrecipes.settings import PRESETS, Settings, preset
from cvrecipes.text.normalizer import Rules
from cvrecipes.text.steps import LOWER
from reference_objects import hooks

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
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


_NUMBERS = "numbers_"
_KINDS = {"str": "string", "bool": "true or false"}


def _kind(key: str, table: str) -> tuple[str, str]:
    """Type and default of a key, as TOML has them."""
    rule = {one.name: one for one in fields(Rules)}.get(key) if table == "text" else None
    if rule is None:
        return (
            ("list of strings", "`[]`")
            if key in ("sources", "variant", "extras")
            else ("string", "")
        )
    name = str(rule.type)
    if name.startswith("tuple"):
        return "list of strings", "`[]`"
    if name.startswith("Mapping"):
        return "table of strings", "`{}`"
    value = None if rule.default is MISSING else rule.default
    if isinstance(value, bool):
        return _KINDS[name], f"`{str(value).lower()}`"
    return _KINDS[name], f'`"{value}"`'


def _examples(recipes: dict[str, dict[str, Any]], table: str, key: str) -> str:
    """Recipes to look at: the first two that set a key of their own."""
    if key in _COMMON:
        return ""
    found = [
        locale
        for locale, data in recipes.items()
        if key in (data.get(table, {}) if table else data)
    ]
    return ", ".join(f"`{locale}`" for locale in found[:2])


def recipe_keys() -> str:
    """docs/reference/recipe-keys.md: every key, case rule and named step."""
    recipes = {
        path.parent.name: tomllib.loads(path.read_text(encoding="utf-8"))
        for path in sorted((ROOT / "recipes").glob("*/recipe.toml"))
    }
    rows = ["| table | key | type | default | for example in |", "|---|---|---|---|---|"]
    tables: dict[str, tuple[str, ...]] = {"": TOP, **TABLES}
    for table, keys in tables.items():
        place = f"`[{table}]`" if table else "top"
        for key in keys or ("any setting",):
            kind, default = _kind(key, table) if keys else ("as in Settings", "")
            shown = f"`{key}`" if keys else f"[{key}](../settings.md)"
            rows.append(
                f"| {place} | {shown} | {kind} | {default} | {_examples(recipes, table, key)} |"
            )
    steps = ["| step | what it does | for example in |", "|---|---|---|"]
    known = find_recipes(new_manager(installed=False)).steps
    for name, step in known.items():
        if name.startswith(_NUMBERS):
            continue
        what = (step.__doc__ or "").strip().splitlines()[0]
        users = [
            locale
            for locale, data in recipes.items()
            if any(
                name in data.get("text", {}).get(slot, ())
                for slot in ("first", "steps", "sentence")
            )
        ]
        steps.append(f"| `{name}` | {what} | {', '.join(f'`{one}`' for one in users[:2])} |")
    numbers = ", ".join(f"`{name}`" for name in known if name.startswith(_NUMBERS))
    own = ["| step | what it does | language |", "|---|---|---|"]
    for path in sorted((ROOT / "recipes").glob(f"*/{STEPS_FILE}")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                what = (ast.get_docstring(node) or "").splitlines()[0]
                own.append(f"| `{node.name}` | {what} | `{path.parent.name}` |")
    parts = [
        "# Recipe keys",
        _MADE,
        "What each key means is in [Recipes](../recipes.md). A name that starts with `_` is a\n"
        "parent, see [Parents](../recipes.md#parents).",
        "\n".join(rows),
        "Values of `case`: " + ", ".join(f"`{name}`" for name in LOWER) + ".",
        "## Named steps",
        "For `sentence`, `first` and `steps`.",
        "\n".join(steps),
        f"Numbers in words, with the extra `[numbers]`: {numbers}.",
        "## Steps of one language",
        "In `steps.py` of its folder; see [steps.py](../recipes.md#stepspy).",
        "\n".join(own),
    ]
    return "\n\n".join(parts) + "\n"


# Keys that every recipe has: no recipe is an example of them.
_COMMON = {"name", "native", "script", "parent", "status", "notes", "sources", "letters"}
# What each variable is for; that the names are those of the code is checked below.
_VARIABLES = {
    "CVRECIPES_DATA": "What `--data` is when it is not given; see [Data](../data.md).",
    "CVRECIPES_CACHE": "Folder for what can be made again: unpacked archives, what is remembered "
    "of large tables. Otherwise the system's place for caches.",
    "CVRECIPES_RECIPES": "Folders with recipes of your own, separated as `PATH` is.",
    "CVRECIPES_DEBUG": "Show the traceback of every error, as `--debug` does.",
    "CVRECIPES_TRACE": "Print every call of a plugin's hook with its time, as `--trace` does.",
    "MDC_API_KEY": "Your key for Mozilla Data Collective, for `fetch` and `mdc:`.",
    "HF_HUB_OFFLINE": "Any value but 0: the Hugging Face Hub is not asked, its cache is.",
    "HF_HUB_DISABLE_TELEMETRY": "Set to 1 by cvrecipes unless you set it.",
    "TOKENIZERS_PARALLELISM": "Set to false by cvrecipes unless you set it.",
    "CUDA_VISIBLE_DEVICES": "GPUs that may be used; `--device cuda:1` counts among these.",
    "NO_COLOR": "Any value: no colors.",
    "FORCE_COLOR": "Any value but 0: colors also where the output is no terminal.",
}
_PREFIXES = ("CVRECIPES_", "MDC_API_", "HF_", "CUDA_", "TOKENIZERS_", "NO_COLOR", "FORCE_COLOR")


def variables() -> str:
    """docs/reference/environment.md: every variable that the code reads or sets."""
    named = {
        node.value
        for path in (ROOT / "src").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value.startswith(_PREFIXES)
        and node.value.replace("_", "").isalpha()
        and node.value.isupper()
    }
    if named != set(_VARIABLES):
        raise SystemExit(f"describe in {__file__}: {', '.join(sorted(named ^ set(_VARIABLES)))}")
    rows = ["| variable | meaning |", "|---|---|"]
    rows += [f"| `{name}` | {what} |" for name, what in _VARIABLES.items()]
    parts = [
        "# Environment variables",
        _MADE,
        "\n".join(rows),
        "torch, transformers and huggingface_hub read variables of their own, such as `HF_HOME`\n"
        "for the folder of downloaded models and `HF_TOKEN` for the Hub; Mozilla's SDK reads\n"
        "`MDC_API_URL`, the address of another server with the same interface.",
    ]
    return "\n\n".join(parts) + "\n"


def reasons(rules: Sequence[Rule] = RULES) -> str:
    """The table of docs/run.md: every reason to leave a row out, in order."""
    rows = [
        "| reason | what is wrong | splits | settings | what to do |",
        "|---|---|---|---|---|",
    ]
    for rule in rules:
        words = {f"`{name}`": asks for name, asks in rule.reasons.items()}
        if rule.open:
            words[rule.name] = rule.asks
        settings = ", ".join(f"`{name}`" for name in rule.settings)
        remedy = _COMMANDS.sub(r"`\g<0>`", rule.remedy.format(locale="LOCALE"))
        rows += [
            f"| {name} | {asks} | {rule.splits.value} | {settings} | {remedy} |"
            for name, asks in words.items()
        ]
    return "\n".join(rows)


# What a person types, in a remedy; and what tells a made table from the text around it.
_COMMANDS = re.compile(r"cvrecipes \w+( LOCALE)?|--split \w+")
_TABLE = "<!-- Table of {0}: made by tools/generate_reference.py from {1}. -->"
_TABLE_END = "<!-- End of the table. -->"


def run_page() -> str:
    """docs/run.md, written by hand, with its table of reasons as the code has them."""
    text = (DOCS / "run.md").read_text(encoding="utf-8")
    start = _TABLE.format("reasons", "src/cvrecipes/data/rules.py")
    before, _, rest = text.partition(start)
    _, end, after = rest.partition(_TABLE_END)
    if not end:
        raise SystemExit(f"docs/run.md lacks the line {start.strip()!r} or its end")
    return f"{before}{start}\n\n{reasons()}\n\n{end}{after}"


PAGES = {
    "run.md": run_page,
    "cli.md": command_line,
    "settings.md": settings,
    "reference/hooks.md": hooks,
    "reference/recipe-keys.md": recipe_keys,
    "reference/environment.md": variables,
}


def main() -> int:
    """Write the files, or with ``--check`` compare them."""
    check = "--check" in sys.argv[1:]
    different = 0
    for name, page in PAGES.items():
        path, text = DOCS / name, page()
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        if check:
            print(f"{path} differs from the code; run: python tools/generate_reference.py")
            different = 1
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
            print(f"{path} written")
    return different


if __name__ == "__main__":
    sys.exit(main())
