"""The command normalize: words of the command line, or any number of lines."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from cvrecipes.catalog import open_recipe
from cvrecipes.cli import options
from cvrecipes.cli.output import print_json
from cvrecipes.errors import UsageError
from cvrecipes.text.normalizer import Change, Normalizer
from cvrecipes.text.reasons import OUTSIDE_ALPHABET

_BLOCK = 1 << 20


@click.command()
@options.locale
@click.argument("text", nargs=-1)
@click.option("--explain", is_flag=True, help="Show each step that changed something.")
@click.option("--reason", is_flag=True, help="Print !REASON for text that a run would leave out.")
@options.recipe_set
@options.variant
@click.option(
    "--json", "as_json", is_flag=True, help="Print an object of JSON, or an array of objects."
)
def normalize(
    locale: str,
    text: tuple[str, ...],
    explain: bool,
    reason: bool,
    recipe_changes: dict[str, str],
    variant: str,
    as_json: bool,
) -> int:
    """Normalize TEXT by the recipe of LOCALE.

    Without TEXT, each line of standard input is normalized.
    """
    recipe, _ = open_recipe(locale, changes=recipe_changes, variant=variant)
    normalizer = recipe.normalizer
    if as_json and text:
        print_json(_facts(normalizer, " ".join(text), explain))
        return 0
    if as_json:
        return _stream_json(normalizer, explain)
    if text:
        _one(normalizer, " ".join(text), explain, reason)
        return 0
    return _stream(normalizer, explain, reason)


def _stream(normalizer: Normalizer, explain: bool, reason: bool) -> int:
    """Normalize standard input, a block of lines at a time: memory does not grow with it."""
    if sys.stdin is None:
        raise UsageError("there is no text and no standard input")
    failed = False
    number = 0
    interactive = sys.stdin.isatty()
    while block := sys.stdin.buffer.readlines(1 if interactive else _BLOCK):
        texts: list[str | None] = _decoded(block)
        if explain or reason or None in texts:
            for raw in texts:
                number += 1
                if raw is None:
                    failed = True
                    click.echo(
                        f"standard input:{number}: not UTF-8; an empty line is written", err=True
                    )
                    click.echo("")
                else:
                    _one(normalizer, raw, explain, reason)
        else:
            number += len(texts)
            sys.stdout.write(
                "\n".join([normalizer(raw) for raw in texts if raw is not None]) + "\n"
            )
        if interactive:
            sys.stdout.flush()
    sys.stdout.flush()
    return 1 if failed else 0


def _stream_json(normalizer: Normalizer, explain: bool) -> int:
    """An array with an object for each line of standard input, written as they come."""
    if sys.stdin is None:
        raise UsageError("there is no text and no standard input")
    failed, number = False, 0
    for number, line in enumerate(sys.stdin.buffer, 1):
        (raw,) = _decoded([line])
        failed |= raw is None
        if raw is None:
            facts: dict[str, Any] = {"error": "not UTF-8"}
        else:
            facts = _facts(normalizer, raw.rstrip("\r"), explain)
        click.echo("[" if number == 1 else ",")
        click.echo(json.dumps(facts, ensure_ascii=False), nl=False)
    click.echo("\n]" if number else "[]")
    return 1 if failed else 0


def _facts(normalizer: Normalizer, raw: str, explain: bool) -> dict[str, Any]:
    text = normalizer(raw)
    facts: dict[str, Any] = {"raw": raw, "text": text, "reason": normalizer.reason(text)}
    if explain:
        facts["steps"] = [
            {"step": change.step, "before": change.before, "after": change.after}
            for change in normalizer.explain(raw)
        ]
    return facts


def _decoded(block: list[bytes]) -> list[str | None]:
    """Lines as text; None for one that is not UTF-8."""
    try:
        whole = b"".join(block).decode("utf-8")
    except UnicodeDecodeError:
        texts: list[str | None] = []
        for raw in block:
            try:
                texts.append(raw.decode("utf-8").rstrip("\r\n"))
            except UnicodeDecodeError:
                texts.append(None)
        return texts
    return [*whole.removesuffix("\n").split("\n")]


def _one(normalizer: Normalizer, raw: str, explain: bool, reason: bool) -> None:
    text = normalizer(raw)
    why = normalizer.reason(text)
    if explain:
        for change in normalizer.explain(raw):
            click.echo(f"{change.step:14} {change.before} -> {change.after}")
            for line in code_points(change):
                click.echo(f"{'':14}   {line}")
    click.echo(f"!{why}" if reason and why else text)
    if explain and why:
        training = why.startswith(OUTSIDE_ALPHABET)
        click.echo(f"left out{' of training' if training else ''}: {why}")


def code_points(change: Change) -> list[str]:
    """What a step replaced, as ``İ U+0130 -> i U+0069``."""
    import difflib

    lines: list[str] = []
    matcher = difflib.SequenceMatcher(None, change.before, change.after, autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            continue
        before, after = change.before[a:b], change.after[c:d]
        pairs = zip(before, after, strict=True) if len(before) == len(after) else [(before, after)]
        for old, new in pairs:
            line = f"{_named(old)} -> {_named(new)}"
            if old != new and line not in lines:
                lines.append(line)
    return lines


def _named(text: str) -> str:
    if not text:
        return "nothing"
    points = " ".join(f"U+{ord(c):04X}" for c in text)
    visible = "space" if text == " " else text
    return f"{visible} {points}" if text.isprintable() else points
