"""The main job on the built-in sample: wall time, peak memory, first step, error rates.

    python benchmarks/sample_run.py [--rounds 1] [--seed 42]

Each round is the whole command ``cvrecipes run tr`` in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("more", nargs="*", help="further options of cvrecipes run")
    arguments = parser.parse_args()
    program = shutil.which("cvrecipes") or sys.exit("cvrecipes is not on PATH")
    times, rates = [], []
    for number in range(arguments.rounds):
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "run"
            command = [program, "run", "tr", "--out", str(out)]
            command += ["--seed", str(arguments.seed + number), *arguments.more]
            start = time.perf_counter()
            subprocess.run(command, check=True)
            spent = time.perf_counter() - start
            facts = json.loads((out / "run.json").read_text(encoding="utf-8"))
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        peak_gb = peak / (1024**2 if sys.platform != "darwin" else 1024**3)
        times.append(spent)
        rates.append(facts["wer"])
        seconds = facts["seconds"]
        first = facts["first_step_seconds"] + sum(
            seconds[stage] for stage in ("open", "read", "start torch")
        )
        print(
            f"seed {facts['seed']}: {spent:.1f} s, peak {peak_gb:.2f} GB, "
            f"first step after {first:.1f} s, "
            f"WER {facts['wer']:.2%}, CER {facts['cer']:.2%}, stages {seconds}"
        )
    print(
        f"median of {len(times)} on {os.cpu_count()} cores: {statistics.median(times):.1f} s, "
        f"WER {statistics.median(rates):.2%}"
    )


if __name__ == "__main__":
    main()
