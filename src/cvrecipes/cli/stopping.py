"""Stopping a run by Ctrl-C or SIGTERM, and the command that goes on with it."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import click
from click.core import ParameterSource

from cvrecipes.console import say
from cvrecipes.run_folder import RunFolder

_INTERRUPTED, _TERMINATED = 130, 143


class _Terminated(KeyboardInterrupt):
    """SIGTERM, which batch systems and containers send before they kill."""


@contextmanager
def resumable(context: click.Context, folder: Path) -> Iterator[None]:
    """Turn Ctrl-C and SIGTERM into one line: the command that goes on with the run in `folder`.

    Raises:
        click.exceptions.Exit: the run was stopped; 130 after Ctrl-C, 143 after SIGTERM.
    """
    try:
        with _terminable():
            yield
    except KeyboardInterrupt as stop:
        run = RunFolder(folder)
        begun = run.plan.is_file() and not run.finished
        say(f"interrupted; to go on: {again(context, folder)}" if begun else "error: interrupted")
        code = _TERMINATED if isinstance(stop, _Terminated) else _INTERRUPTED
        raise click.exceptions.Exit(code) from None


def again(context: click.Context, folder: Path) -> str:
    """The command as it was given, ready to paste, with its folder and ``--resume``."""
    words = [context.command_path]
    for parameter in context.command.params:
        name, value = parameter.name or "", context.params.get(parameter.name or "")
        if isinstance(parameter, click.Argument):
            words.append(str(value))
        elif (
            not isinstance(parameter, click.Option)
            or name in ("out", "resume")
            or context.get_parameter_source(name) is not ParameterSource.COMMANDLINE
        ):
            continue
        elif parameter.is_flag:
            words.append(parameter.opts[0])
        else:
            values: tuple[object, ...] = value if isinstance(value, tuple) else (value,)
            words += [word for item in values for word in (parameter.opts[0], str(item))]
    words[:1] = words[0].split()
    words += ["--out", str(folder), "--resume"]
    return subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)


@contextmanager
def _terminable() -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():  # only there signals arrive
        yield
        return

    def stop(_: int, __: FrameType | None) -> None:
        raise _Terminated

    previous = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)
