"""Output as a person meets it: colors, odd names, numbers in words, noisy libraries."""

from __future__ import annotations

import multiprocessing
import os
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_lock = threading.Lock()
_apart = False  # whether Python's own standard error no longer goes through descriptor 2
_inside = 0  # threads that are in `hushed` now
_kept = -1  # where descriptor 2 led before


def color() -> bool | None:
    """Whether to color: False with ``NO_COLOR``, True with ``FORCE_COLOR``, None: on a terminal.

    An empty variable counts as not set, as no-color.org and force-color.org have it.
    """
    if os.environ.get("NO_COLOR"):
        return False
    return True if os.environ.get("FORCE_COLOR", "0") not in ("", "0") else None


def visible(text: object) -> str:
    r"""Text on one line, with control characters written as ``\t``, ``\n`` or ``\x1b``.

    A file name may hold any of them; printed as they are, they break columns and terminals.
    """
    return _CONTROLS.sub(lambda found: _escaped(found[0]), str(text))


def plural(count: int, noun: str) -> str:
    """``1 step``, ``2 steps``."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def length(seconds: float) -> str:
    """A duration in words: ``45 s``, ``12 min``, ``3.4 h``."""
    if 0 < seconds < 1:
        return "under 1 s"
    if seconds < 59.5:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def _escaped(character: str) -> str:
    # Python keeps a byte of a name that is no UTF-8 as a surrogate.
    code = ord(character) - 0xDC00 if "\udc80" <= character <= "\udcff" else ord(character)
    return chr(code).encode("unicode_escape").decode("ascii")


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
        own = os.dup(2)
    except (OSError, ValueError):  # no descriptor behind it, as under a test runner
        return
    # A descriptor, which no Path opens; it stays open as long as the process lives.
    sys.stderr = open(own, "w", buffering=1, encoding=stream.encoding, errors=stream.errors)  # noqa: SIM115, PTH123
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
