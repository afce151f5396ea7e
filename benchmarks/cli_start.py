"""How long the commands take that need no tensors, beside a bare Python.

    python benchmarks/cli_start.py

Runs each command several times in turn and prints medians in seconds.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import time

ROUNDS = 9


def seconds(command: list[str]) -> float:
    """Wall time of one command."""
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


def main() -> None:
    """Measure and print."""
    program = shutil.which("cvrecipes") or sys.exit("cvrecipes is not on PATH")
    commands = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "python -c 'import click'": [sys.executable, "-c", "import click"],
        "cvrecipes --help": [program, "--help"],
        "cvrecipes list": [program, "list"],
        "cvrecipes normalize tr": [program, "normalize", "tr", "İstanbul'da"],
        "cvrecipes show tr": [program, "show", "tr"],
    }
    measured: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(ROUNDS):
        for name, command in commands.items():
            measured[name].append(seconds(command))
    for name, values in measured.items():
        print(f"{name:26} {statistics.median(values):.3f} s  (best {min(values):.3f})")


if __name__ == "__main__":
    main()
