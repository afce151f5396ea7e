"""What `--dry-run` estimates, beside what the run then takes: memory and training time on a CPU.

    python benchmarks/dry_run.py [--only sample] [--only large] [--batch-seconds 24] [--steps 2]

`sample` is the whole run on the built-in sample. `large` is a few steps of a model with the sizes
of XLS-R 300M and random weights (1.3 GB, in a temporary folder; a step takes minutes). Memory is
the largest resident set of the process, weights and program included.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

CASES = ("sample", "large")
# The sizes in config.json of facebook/wav2vec2-xls-r-300m; the rest is transformers' default.
SIZES = {
    "hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16,
    "intermediate_size": 4096, "do_stable_layer_norm": True, "feat_extract_norm": "layer",
    "conv_bias": True,
}  # fmt: skip
MAKE = """
import json, sys, torch
from transformers import Wav2Vec2Config, Wav2Vec2FeatureExtractor, Wav2Vec2Model
torch.manual_seed(0)
Wav2Vec2Model(Wav2Vec2Config(**json.loads(sys.argv[2]))).save_pretrained(sys.argv[1])
Wav2Vec2FeatureExtractor(return_attention_mask=True).save_pretrained(sys.argv[1])
"""


def measured(command: list[str]) -> tuple[float, float]:
    """Peak memory of a command in GiB, and its seconds."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status):
        sys.exit(f"failed: {' '.join(command)}")
    unit = 1024**2 if sys.platform != "darwin" else 1024**3
    return usage.ru_maxrss / unit, time.perf_counter() - start


def compare(name: str, command: list[str], folder: Path) -> None:
    """Print the estimate of a run beside its measurement."""
    dry = subprocess.run([*command, "--dry-run", "--json"], check=True, capture_output=True)
    estimate: dict[str, Any] = json.loads(dry.stdout)["estimate"]
    peak, whole = measured([*command, "--out", str(folder / name)])
    facts = json.loads((folder / name / "run.json").read_text(encoding="utf-8"))
    low, high = estimate["seconds"]
    spent = facts["seconds"]["train"]
    rate = estimate["operations"] / spent / estimate["cores"] / 1e9
    print(
        f"{name}: memory estimated {estimate['memory_gb']:.1f} GB, measured {peak:.2f} GB "
        f"({estimate['memory_gb'] / peak - 1:+.0%}); training estimated {low:.0f} to {high:.0f} s, "
        f"measured {spent:.0f} s (whole run {whole:.0f} s; {rate:.0f} GFLOP/s a core)",
        flush=True,
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", choices=CASES, action="append")
    parser.add_argument("--batch-seconds", type=float, default=24)
    parser.add_argument("--steps", type=int, default=2)
    arguments = parser.parse_args()
    program = shutil.which("cvrecipes") or sys.exit("cvrecipes is not on PATH")
    run = [program, "run", "tr", "--device", "cpu"]
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        for case in arguments.only or CASES:
            if case == "sample":
                compare(case, run, folder)
                continue
            base = folder / "xls-r-300m"
            subprocess.run([sys.executable, "-c", MAKE, str(base), json.dumps(SIZES)], check=True)
            settings = {
                "batch_seconds": arguments.batch_seconds, "max_steps": arguments.steps,
                "evaluate_every": arguments.steps, "keep_checkpoints": 1,
            }  # fmt: skip
            assignments = [f"--set={name}={value}" for name, value in settings.items()]
            compare(case, [*run, "--base", str(base), "--limit", "24", *assignments], folder)


if __name__ == "__main__":
    main()
