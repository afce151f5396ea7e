"""From the command to the end of the first training step, on 1,000 clips.

    python benchmarks/first_step.py [--clips 1000]

The release is the built-in sample with its train clips repeated under other names. The time
counts everything: Python, imports, reading, normalizing, torch and the step itself.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from cvrecipes.data.release import sample_folder


def repeat(folder: Path, clips: int) -> Path:
    """A copy of the sample with `clips` clips in train."""
    source, target = sample_folder() / "tr", folder / "cv-corpus-repeated" / "tr"
    shutil.copytree(source, target)
    header, *rows = (source / "train.tsv").read_text(encoding="utf-8").splitlines()
    listed = (source / "clip_durations.tsv").read_text(encoding="utf-8").splitlines()
    seconds = dict(line.split("\t") for line in listed)
    lines, durations = [header], list(listed)
    for number in range(clips):
        cells = rows[number % len(rows)].split("\t")
        name = f"again_{number}.mp3"
        shutil.copy(source / "clips" / cells[1], target / "clips" / name)
        durations.append(f"{name}\t{seconds[cells[1]]}")
        cells[1] = name
        lines.append("\t".join(cells))
    (target / "train.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (target / "clip_durations.tsv").write_text("\n".join(durations) + "\n", encoding="utf-8")
    return target


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--clips", type=int, default=1000)
    arguments = parser.parse_args()
    program = shutil.which("cvrecipes") or sys.exit("cvrecipes is not on PATH")
    with tempfile.TemporaryDirectory() as folder:
        data = repeat(Path(folder), arguments.clips)
        out = Path(folder) / "run"
        command = [program, "run", "tr", "--data", str(data), "--base", "tiny", "--out", str(out)]
        start = time.perf_counter()
        subprocess.run([*command, "--set", "max_steps=1"], check=True, capture_output=True)
        whole = time.perf_counter() - start
        facts = json.loads((out / "run.json").read_text(encoding="utf-8"))
    seconds = facts["seconds"]
    # What the stages do not cover is Python itself, before and after.
    outside = whole - sum(seconds.values())
    first = facts["first_step_seconds"] + outside
    first += sum(seconds[stage] for stage in ("open", "read", "start torch"))
    print(f"{facts['splits']['train']['clips']} clips: first step done after {first:.1f} s")


if __name__ == "__main__":
    main()
