"""What commands print: JSON, tables and scores."""

from __future__ import annotations

import json
from typing import Any

import click

from cvrecipes.records import Rate, Score


def print_json(value: Any) -> None:
    """JSON for programs, on standard output."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=1))


def print_table(header: list[str], rows: list[list[str]], right: tuple[int, ...] = ()) -> None:
    """Plain columns, as wide as they must be; nothing is cut on a narrow terminal."""
    from unicodedata import combining, east_asian_width

    def width(text: str) -> int:
        return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)

    widths = [max(width(row[i]) for row in [header, *rows]) for i in range(len(header))]
    for number, row in enumerate([header, *rows]):
        cells = [
            " " * (widths[i] - width(cell)) + cell
            if i in right
            else cell + " " * (widths[i] - width(cell))
            for i, cell in enumerate(row)
        ]
        line = "  ".join(cells).rstrip()
        click.echo(click.style(line, bold=True) if number == 0 else line)


def print_scores(score: Score, title: str) -> None:
    """The short table that every scored command ends with."""
    click.echo(title)

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
    print_table(["", "rate", "95 % interval", "S", "D", "I", "of"], rows, right=(1, 2, 3, 4, 5, 6))
    click.echo(f"intervals by resampling {score.wer.interval_unit}")
