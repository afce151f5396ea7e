"""The terminal: colors, messages, progress, and standard output.

Libraries that write to standard error are silenced here.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO, cast

from cvrecipes.words import clock

Advance = Callable[[float], None]
_QUIET_SECONDS = 20.0
_lock = threading.Lock()
_apart = False  # whether Python's own standard error no longer goes through descriptor 2
_inside = 0  # threads that are inside `hushed`
_kept = -1  # what descriptor 2 pointed to before


def color() -> bool | None:
    """Whether to color: False with ``NO_COLOR``, True with ``FORCE_COLOR``, None: on a terminal.

    An empty variable counts as not set, as no-color.org and force-color.org have it.
    """
    if os.environ.get("NO_COLOR"):
        return False
    return True if os.environ.get("FORCE_COLOR", "0") not in ("", "0") else None


def say(text: str) -> None:
    """Print a line for the user, on standard error."""
    if sys.stderr is None:  # print would take standard output instead
        return
    try:
        print(text, file=sys.stderr, flush=True)
    except BrokenPipeError:
        # The reader has left, as in 2>&1 | head; hours of work must not end because of that.
        discard(sys.stderr)


def discard(stream: TextIO) -> None:
    """Drop what a stream could not write, and everything after it.

    Without this Python writes it again when it ends, and changes the exit code to 120.
    """
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


class OutputError(OSError):
    """Standard output could not be written.

    It carries no `errno`, because click and rich end the program themselves when they see EPIPE.

    Attributes:
        closed: the reader has closed the pipe, as ``head`` does.
        reason: what the system answers, such as ``No space left on device``.
    """

    def __init__(self, error: OSError) -> None:
        self.closed = isinstance(error, BrokenPipeError)
        self.reason = error.strerror or str(error)
        super().__init__(f"standard output cannot be written ({self.reason})")


class _Output:
    """A stream whose failed writes raise `OutputError`; otherwise it is the stream itself."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    @property
    def buffer(self) -> _Output:
        return _Output(self._stream.buffer)

    def write(self, content: Any) -> int:
        try:
            return int(self._stream.write(content))
        except OSError as error:
            raise OutputError(error) from error

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError as error:
            raise OutputError(error) from error


@contextmanager
def checked_output() -> Iterator[None]:
    """Let a failed write to standard output raise `OutputError`, whoever writes.

    An `OSError` can then only come from a file.
    """
    stream = sys.stdout
    sys.stdout = cast(TextIO, _Output(stream))
    try:
        yield
    finally:
        sys.stdout = stream


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
        self.start = self.printed = time.monotonic()

    def __call__(self, units: float) -> None:
        self.done += units
        moment = time.monotonic()
        if moment - self.printed < _QUIET_SECONDS or not self.total:
            return
        self.printed = moment
        share = min(1.0, self.done / self.total)
        left = (moment - self.start) * (1 - share) / share if share else 0.0
        say(f"{self.what}: {share:.0%}, {clock(left)} left")


def part_errors() -> None:
    """Give Python's standard error a descriptor of its own, so that `hushed` cannot lose it.

    To be called once, by a program that owns its process. Descriptor 2 then is only written
    to by libraries in C and by child processes. Not on Windows, whose libraries keep
    descriptor tables of their own.
    """
    global _apart
    stream = sys.stderr
    if _apart or stream is None or os.name != "posix":
        return
    try:
        if stream.fileno() != 2:
            return
        stream.flush()
        duplicate = os.dup(2)
    except (OSError, ValueError):  # no descriptor behind it, as under a test runner
        return
    # A descriptor, which no Path opens; it stays open as long as the process lives.
    sys.stderr = open(duplicate, "w", buffering=1, encoding=stream.encoding, errors=stream.errors)  # noqa: SIM115, PTH123
    _apart = True


@contextmanager
def hushed() -> Iterator[None]:
    """Silence what libraries in C write to standard error, in any number of threads.

    libmpg123, inside libsndfile, reports every damaged frame there and has no switch for it.
    Descriptor 2 belongs to the whole process; so nothing happens where Python's own standard
    error still goes through it and another thread might be writing (see `part_errors`). A
    worker process writes nothing while it decodes.
    """
    if not _apart and (multiprocessing.parent_process() is None or sys.stderr is None):
        yield
        return
    _enter()
    try:
        yield
    finally:
        _leave()


def _enter() -> None:
    global _inside, _kept
    with _lock:
        if _inside == 0:
            kept = os.dup(2)
            nothing = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nothing, 2)
            os.close(nothing)
            _kept = kept
        _inside += 1


def _leave() -> None:
    global _inside
    with _lock:
        _inside -= 1
        if _inside == 0:
            os.dup2(_kept, 2)
            os.close(_kept)
