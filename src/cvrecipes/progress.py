"""Progress with time left: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from cvrecipes.console import color

Advance = Callable[[float], None]
_QUIET_SECONDS = 20.0


def say(text: str) -> None:
    """A line for the person watching, on standard error."""
    if sys.stderr is None:  # print would take standard output instead
        return
    try:
        print(text, file=sys.stderr, flush=True)
    except BrokenPipeError:
        # The reader has left, as in 2>&1 | head; hours of work are not to end for that.
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


@contextmanager
def progress(what: str, total: float) -> Iterator[Advance]:
    """Show how far a long piece of work is.

    Arguments:
        what: a verb and a noun, such as ``reading clips``.
        total: units of work; the yielded function is called with units done.
    """
    moves = os.environ.get("TERM") != "dumb"
    if moves and sys.stderr is not None and sys.stderr.isatty():
        with _bar(what, total) as advance:
            yield advance
    else:
        yield _Lines(what, total)


@contextmanager
def _bar(what: str, total: float) -> Iterator[Advance]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    columns: list[Any] = [
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        TaskProgressColumn(),
        TimeRemainingColumn(),
    ]
    console = Console(stderr=True, color_system="auto" if color() is not False else None)
    with Progress(*columns, console=console, transient=True) as bars:
        task = bars.add_task(what, total=total)
        yield lambda units: bars.advance(task, units)


class _Lines:
    """Progress for logs: nothing for short work, a line every twenty seconds for long."""

    def __init__(self, what: str, total: float) -> None:
        self.what, self.total, self.done = what, total, 0.0
        self.start = self.said = time.monotonic()

    def __call__(self, units: float) -> None:
        self.done += units
        now = time.monotonic()
        if now - self.said < _QUIET_SECONDS or not self.total:
            return
        self.said = now
        share = min(1.0, self.done / self.total)
        left = (now - self.start) * (1 - share) / share if share else 0.0
        say(f"{self.what}: {share:.0%}, {clock(left)} left")


def clock(seconds: float) -> str:
    """``h:mm:ss`` or ``m:ss``."""
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60}:{rest % 60:02d}"
