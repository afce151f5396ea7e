"""Sentences a second of ``cvrecipes normalize tr``, beside five bare substitutions.

    python benchmarks/normalize_speed.py [--lines 1000000]

The lines are the sample's sentences, shuffled word by word so that lines do not repeat. Both
run as whole commands reading standard input, in turn; medians are of sentences a second of
the command's own CPU time and of wall time, and the peak memory of the recipe's command.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SENTENCES = Path(__file__).parents[1] / "tools" / "sample_sentences_tr.txt"
BARE = r"""
import re, sys
marks = re.compile("[,?.!;:\"“%‘”'-]")
hats = [(re.compile(a), b) for a, b in (("[â]", "a"), ("[î]", "i"), ("[ô]", "o"), ("[û]", "u"))]
for line in sys.stdin:
    text = marks.sub("", line.rstrip("\n")).lower()
    for pattern, letter in hats:
        text = pattern.sub(letter, text)
    sys.stdout.write(text + "\n")
"""


def measure(command: list[str], lines: Path) -> tuple[float, float]:
    """Wall and CPU seconds of one command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    with lines.open("rb") as given:
        subprocess.run(command, stdin=given, stdout=subprocess.DEVNULL, check=True)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    program = shutil.which("cvrecipes") or sys.exit("cvrecipes is not on PATH")
    words = SENTENCES.read_text(encoding="utf-8").split()
    rng = random.Random(0)
    commands = {
        "cvrecipes normalize tr": [program, "normalize", "tr"],
        "five bare substitutions": [sys.executable, "-c", BARE],
    }
    with tempfile.TemporaryDirectory() as folder:
        lines = Path(folder) / "lines.txt"
        with lines.open("w", encoding="utf-8") as out:
            for _ in range(arguments.lines):
                out.write(" ".join(rng.choices(words, k=8)) + "\n")
        measured: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
        for _ in range(arguments.rounds):
            for name, command in commands.items():
                measured[name].append(measure(command, lines))
    for name, values in measured.items():
        wall = statistics.median(wall for wall, _ in values)
        cpu = statistics.median(cpu for _, cpu in values)
        count = arguments.lines
        print(f"{name:26} {count / wall:10,.0f} sentences/s  ({count / cpu:,.0f} by CPU time)")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"peak memory of the larger command: {peak:.0f} MB, {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
