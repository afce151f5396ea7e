"""What commands print: JSON, tables, fields and scores, fitted to the terminal."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import click

from cvrecipes.records import Rate, Score
from cvrecipes.words import columns, wrapped

_GAP = 2
_NARROWEST = 20  # no terminal is narrower; below, nothing could be read


def print_json(value: Any) -> None:
    """JSON for programs, on standard output."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=1))


def terminal_width() -> int | None:
    """Columns of the terminal, or of the variable ``COLUMNS``; None when output is no terminal.

    What goes to a file or a pipe is read by line, so no line is wrapped there.
    """
    if not sys.stdout.isatty():
        return None
    return max(_NARROWEST, shutil.get_terminal_size().columns)


def fitted(text: str, indent: int) -> list[str]:
    """Lines of a text that begins after `indent` columns; one line where output is no terminal."""
    width = terminal_width()
    return [text] if width is None else wrapped(text, max(_NARROWEST // 2, width - indent))


def print_wrapped(text: str, indent: int = 0) -> None:
    """Text that a terminal's width wraps, every line with its indent."""
    for line in fitted(text, indent):
        click.echo(" " * indent + line)


def print_fields(values: Mapping[str, str], label: int) -> None:
    """A name and its value a line; the value is wrapped beside a name of `label` columns."""
    for name, value in values.items():
        first, *rest = fitted(value, label + 1)
        click.echo(click.style(f"{name:{label}}", bold=True) + f" {first}".rstrip())
        for line in rest:
            click.echo(f"{'':{label}} {line}".rstrip())


def print_table(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    right: Sequence[int] = (),
    width: int | None = None,
) -> None:
    """Columns under a bold header. On a terminal nothing is cut or wider than it.

    Cells that hold spaces are folded first. Where even their longest words do not fit, the
    cells of a row follow each other on as many lines as they need.

    Arguments:
        header: the columns' names.
        rows: cells of each row; a newline in a cell begins a new line of it.
        right: the columns that are aligned to the right.
        width: the width when output is no terminal; None for as wide as the cells are.
    """
    table = [header, *rows]
    room = terminal_width() or width
    widths = _column_widths(table, room)
    for number, row in enumerate(table):
        lines = _flow(row, room) if widths is None and room else _folded(row, widths or [], right)
        for line in lines:
            click.echo(click.style(line, bold=True) if number == 0 else line)


def _column_widths(table: Sequence[Sequence[str]], room: int | None) -> list[int] | None:
    """The width of each column, or None when the table does not fit into `room`."""
    cells = list(zip(*table, strict=True))  # of each column
    widths = [
        max(columns(line) for cell in column for line in cell.split("\n")) for column in cells
    ]
    if room is None:
        return widths
    least = [
        max(columns(word) for cell in column for word in cell.split() or [""]) for column in cells
    ]
    left = room - _GAP * (len(widths) - 1)
    if sum(least) > left:
        return None
    while sum(widths) > left:
        spare = [width if width > low else 0 for width, low in zip(widths, least, strict=True)]
        widths[spare.index(max(spare))] -= 1
    return widths


def _folded(row: Sequence[str], widths: list[int], right: Sequence[int]) -> Iterator[str]:
    cells = [
        [part for line in cell.split("\n") for part in wrapped(line, width)]
        for cell, width in zip(row, widths, strict=True)
    ]
    for number in range(max(len(cell) for cell in cells)):
        parts = []
        for place, (cell, width) in enumerate(zip(cells, widths, strict=True)):
            part = cell[number] if number < len(cell) else ""
            space = " " * (width - columns(part))
            parts.append(space + part if place in right else part + space)
        yield (" " * _GAP).join(parts).rstrip()


def _flow(row: Iterable[str], room: int) -> Iterator[str]:
    """The cells of a row after each other, further lines indented."""
    line = ""
    for cell in (" ".join(cell.split("\n")) for cell in row if cell):
        longer = f"{line}{' ' * _GAP}{cell}" if line.strip() else line + cell
        if columns(longer) <= room:
            line = longer
            continue
        if line.strip():
            yield line
        *full, last = wrapped(cell, room - _GAP)
        yield from (" " * _GAP + part for part in full)
        line = " " * _GAP + last
    if line.strip():
        yield line


def print_scores(score: Score, title: str) -> None:
    """Print the short table that every scored command ends with."""
    print_wrapped(title)

    def row(name: str, rate: Rate) -> list[str]:
        return [
            name,
            f"{rate.value:.1%}",
            f"{rate.low:.1%} to {rate.high:.1%}",
            *(str(n) for n in (rate.substitutions, rate.deletions, rate.insertions, rate.units)),
        ]

    rows = [row("WER", score.wer), row("CER", score.cer)]
    if score.headline == "cer":
        rows.reverse()
    header = ["", "rate", score.wer.interval_name, "S", "D", "I", "of"]
    print_table(header, rows, right=(1, 2, 3, 4, 5, 6))
