"""The command line in a process of its own, and on a terminal of its own."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from typing import Any

COMMAND = [sys.executable, "-c", "from cvrecipes.cli import main; main()"]


def process(*words: str, **more: Any) -> subprocess.CompletedProcess[str]:
    """The command line in a process of its own."""
    return subprocess.run(
        [*COMMAND, *words], capture_output=True, encoding="utf-8", check=False, **more
    )


def on_terminal(command: list[str], environment: dict[str, str], *, errors: bool = True) -> str:
    """What a command writes to a terminal, standard error included if `errors`."""
    import pty

    ours, theirs = pty.openpty()
    stderr = theirs if errors else subprocess.DEVNULL
    with subprocess.Popen(command, stdout=theirs, stderr=stderr, env=environment):
        os.close(theirs)
        text = b""
        with contextlib.suppress(OSError):  # Linux ends a terminal so
            while block := os.read(ours, 4096):
                text += block
    os.close(ours)
    return text.decode()
