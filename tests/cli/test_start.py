"""Commands without tensors start fast."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("torch", "transformers", "datasets", "torchaudio")


@pytest.mark.parametrize(
    "words",
    [
        ("--help",),
        ("list",),
        ("show", "tr"),
        ("normalize", "tr", "Evet."),
        ("test", "tr"),
        ("plugins",),
        ("settings",),
        ("run", "--help"),
    ],
    ids=" ".join,
)
def test_a_command_without_tensors_loads_none(words: tuple[str, ...]) -> None:
    code = (
        "import atexit, sys\n"
        f"atexit.register(lambda: print(*[n for n in {HEAVY} if n in sys.modules]))\n"
        f"from cvrecipes.cli import main; main({list(words)})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == ""
