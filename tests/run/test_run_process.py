"""A run in a process of its own: standard output, signals and pipes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from support.command_line import COMMAND
from support.runs import PROMISED, facts_of, nothing_finished


@pytest.mark.slow
def test_json_prints_the_content_of_run_json_and_nothing_else(
    micro_words: list[str], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    done = subprocess.run(
        [*COMMAND, *micro_words, "--out", str(out), "--json"],
        capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == facts_of(out)
    assert "step 3/6" in done.stderr and "Traceback" not in done.stderr
    assert "Warning" not in done.stderr


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there are no signals to send")
@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_process_with_its_code_and_one_line(
    sent: signal.Signals, code: int, micro_words: list[str], tmp_path: Path
) -> None:
    out = tmp_path / "my runs" / "out"
    words = [*micro_words, "--set", "max_steps=20000", "--out", str(out)]
    process = subprocess.Popen(
        [*COMMAND, *words],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
        # A suite started in the background inherits an ignored SIGINT, and so would this.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    try:
        first = out / "checkpoints" / "checkpoint-3" / "trainer_state.json"
        while not first.exists() and process.poll() is None:
            time.sleep(0.02)
        process.send_signal(sent)
        printed, errors = process.communicate(timeout=120)
    finally:
        process.kill()
    assert process.returncode == code, errors
    assert printed == "" and "Traceback" not in errors
    last = errors.splitlines()[-1]
    assert last.startswith("interrupted; to go on: cvrecipes run tr --data ")
    assert last.endswith(f"--set max_steps=20000 --device cpu --out '{out}' --resume")
    nothing_finished(out)
    assert not (out / "model").exists()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="pipes close in another way")
@pytest.mark.parametrize("errors_too", [False, True])
def test_a_run_whose_reader_has_left_finishes_all_the_same(
    errors_too: bool, micro_words: list[str], tmp_path: Path
) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    out = tmp_path / "out"
    with os.fdopen(writing, "w") as closed:
        done = subprocess.run(
            [*COMMAND, *micro_words, "--out", str(out)],
            stdout=closed, stderr=closed if errors_too else subprocess.PIPE, encoding="utf-8",
            check=False,
        )  # fmt: skip
    assert done.returncode in (0, 141) and "Traceback" not in (done.stderr or "")
    assert {path.name for path in out.iterdir()} == PROMISED
