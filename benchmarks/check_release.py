"""Seconds and peak memory of ``check`` on releases of 100,000 and 1,000,000 clips, no audio.

    python benchmarks/check_release.py [CLIPS ...]

Each size is run by ``--split strict-all`` three times with an empty cache and three times with
nothing changed since; medians are printed. Beside them, the same release read by pandas as the
tools at hand do it (``read_csv(sep="\\t")``), which only reads.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from big_release import make

TIMES = 3
_PANDAS = """
import sys, pandas
from pathlib import Path
print(sum(len(pandas.read_csv(Path(sys.argv[1], f"{name}.tsv"), sep="\\t", dtype=str))
          for name in ("validated", "dev", "test")))
"""


def measured(command: list[str], environment: dict[str, str]) -> tuple[float, float, str]:
    """Seconds, peak memory in MB and standard output of a command."""
    start = time.monotonic()
    with tempfile.TemporaryFile("w+") as out:
        process = subprocess.Popen(command, stdout=out, env={**os.environ, **environment})
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - start
        out.seek(0)
        text = out.read()
    if os.waitstatus_to_exitcode(status):
        sys.exit(f"failed: {' '.join(command)}")
    scale = 1024 if sys.platform == "linux" else 1024 * 1024
    return seconds, usage.ru_maxrss / scale, text


def main(sizes: list[int]) -> None:
    print(f"{'clips':>9} {'':24} {'seconds':>8} {'MB':>6}")
    for clips in sizes:
        with tempfile.TemporaryDirectory() as folder:
            where = make(Path(folder), clips)
            check = [
                sys.executable, "-m", "cvrecipes", "check", "tr", "--data", str(where),
                "--split", "strict-all", "--no-audio", "--json",
            ]  # fmt: skip
            kinds: dict[str, list[tuple[float, float, str]]] = {}
            for number in range(TIMES):
                cache = {"CVRECIPES_CACHE": str(Path(folder, f"cache{number}"))}
                kinds.setdefault("check, first start", []).append(measured(check, cache))
                kinds.setdefault("check, nothing changed", []).append(measured(check, cache))
                pandas = [sys.executable, "-c", _PANDAS, str(where)]
                kinds.setdefault("pandas, reading alone", []).append(measured(pandas, {}))
            for kind, runs in kinds.items():
                seconds = statistics.median(one[0] for one in runs)
                print(f"{clips:9} {kind:24} {seconds:8.2f} {max(one[1] for one in runs):6.0f}")
            facts = json.loads(kinds["check, first start"][0][2])
            assert facts["rows_read"] == facts["rows_in_files"] == int(runs[0][2])
            assert facts["certificate"]["clips"] == 0


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]] or [100_000, 1_000_000])
