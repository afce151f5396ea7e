"""--dry-run: it prints the plan, refuses what a run would refuse, and writes nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cvrecipes.cli.run import _time
from support.releases import GOOD, Row, make_release
from support.runs import replaced
from support.spontaneous import make_spontaneous

Call = Callable[..., Any]


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_a_dry_run_trains_nothing_and_writes_nothing(
    form: list[str],
    call: Call,
    micro_words: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import cvrecipes.training.fit

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cvrecipes.training.fit, "train", lambda *_: pytest.fail("it trains"))
    got = call(*micro_words, "--out", "made", "--dry-run", *form)
    assert got.code == 0, got.err
    assert list(tmp_path.iterdir()) == []
    if form:
        plan = json.loads(got.out)
        assert plan["estimate"]["steps"] == plan["settings"]["max_steps"] == 6
        assert {split: one["clips"] for split, one in plan["splits"].items()} == {
            "train": 16, "dev": 4, "test": 4
        }  # fmt: skip
        assert plan["left_out"] == {} and "[PAD]" in plan["vocabulary"]
    else:
        for word in (
            "language", "release", "train", "left out", "settings", "steps", "memory", "disk",
            "time",
        ):  # fmt: skip
            assert any(line.startswith(word) for line in got.out.splitlines()), word


@pytest.mark.parametrize("dry", [[], ["--dry-run"]])
@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--device", "cuda"], "torch sees no CUDA device here"),
        (["--set", "max_steps=1000000000000"], "asks for 1e+12 steps"),
        (["--set", "max_steps=0", "--set", "epochs=1e300"], "setting epochs asks for"),
        (["--set", "precision=fp16"], "fp16 training needs a CUDA GPU"),
        (["--preset", "blog", "--device", "auto"], "fp16 training needs a CUDA GPU"),
    ],
)
def test_a_dry_run_refuses_what_a_run_would(
    dry: list[str], words: list[str], says: str, call: Call, micro_words: list[str],
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    got = call(*micro_words, *words, *dry, "--out", tmp_path / "out")
    assert got.code == 2 and says in got.complaint
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("device", ["auto", "cpu"])
def test_a_dry_run_does_not_wait_for_torch(
    device: str, micro_words: list[str], tmp_path: Path
) -> None:
    words = [*replaced(micro_words, "--device", device), "--dry-run"]
    code = (
        "import sys; from cvrecipes.cli.main import exit_code_of as f; code = f(sys.argv[1:]); "
        "sys.exit(code or 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, *words], cwd=tmp_path, check=False)
    assert done.returncode == 0


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_without_its_base_a_dry_run_prints_what_is_known_and_fails(
    form: list[str], micro_words: list[str], tmp_path: Path
) -> None:
    words = [*replaced(micro_words, "--base", "someone/something"), "--dry-run", *form]
    done = subprocess.run(
        [sys.executable, "-m", "cvrecipes", *words], cwd=tmp_path, check=False,
        capture_output=True, text=True, encoding="utf-8",
        env={**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path / "hub")},
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith("error: base model someone/something is not in the local cache")
    assert done.stderr.count("\n") == 1
    if form:
        plan = json.loads(done.stdout)
        assert plan["splits"]["train"]["clips"] == 16 and "[PAD]" in plan["vocabulary"]
        assert plan["left_out"] == {} and plan["estimate"]["steps"] == 6
        assert plan["settings"]["max_steps"] == 6
        for name in ("parameters", "memory_gb", "disk_gb", "operations", "seconds"):
            assert plan["estimate"][name] is None, name
        return
    lines = {line[:11].strip(): line[12:] for line in done.stdout.splitlines()}
    assert lines["train"].startswith("16 clips") and lines["left out"] == "nothing"
    assert lines["vocabulary"] and "max_steps=6" in lines["settings"] and lines["steps"][0] == "6"
    assert lines["not known"].startswith("parameters, memory, disk and time")
    assert not {"memory", "disk", "time"} & set(lines)


@pytest.mark.parametrize("words", [["--device", "abacus"], ["--preset", "blg"], ["--dry-run"]])
def test_the_sample_is_only_announced_when_a_run_starts(
    words: list[str], call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "built-in sample" not in call("run", "tr", *words).err


def test_a_merged_dev_of_strict_all_is_trained_on_once_and_loses_no_clip(call: Call) -> None:
    got = call("run", "tr", "--dry-run", "--json", "--split", "strict-all", "--set", "merge_dev=1")
    plan = json.loads(got.out)
    assert plan["splits"]["train"]["clips"] == 603 + 78 and plan["splits"]["dev"]["clips"] == 0
    assert plan["left_out"] == {} and sum(plan["held_out"].values()) == 78 + 78


def test_a_setting_that_leaves_nothing_is_not_blamed_on_the_recipe(call: Call) -> None:
    got = call("run", "tr", "--dry-run", "--set", "longest=0.6")
    assert got.code == 1 and "no clip of train can be used (603 too long)" in got.complaint
    assert "cvrecipes settings" in got.complaint and "cvrecipes show" not in got.complaint


def test_tags_removed_from_transcripts_are_counted(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CVRECIPES_CACHE", str(tmp_path / "cache"))
    rows = [("train", f"[um] {word} [laugh] gittim") for word in ("eve", "okula", "yola")]
    place = make_spontaneous(tmp_path, [*rows, ("dev", "yarın"), ("test", "[noise] geldim")])
    words = ("run", "tr", "--data", place, "--base", "tiny", "--device", "cpu", "--dry-run")
    got = call(*words, "--json")
    assert got.code == 0, got.err
    assert json.loads(got.out)["transcript_tags"] == {
        "[um]": {"times": 3, "clips": 3},
        "[laugh]": {"times": 3, "clips": 3},
        "[noise]": {"times": 1, "clips": 1},
    }
    line = "tags 3 [um] in 3 clips, 3 [laugh] in 3 clips, 1 [noise] in 1 clip, removed"
    assert line in " ".join(call(*words).out.split())


def test_a_dev_of_which_every_row_is_left_out_is_a_warning(
    call: Call, cache: Path, tmp_path: Path
) -> None:
    rows = [*(row for row in GOOD if row.split != "dev"), Row("5", "dev"), Row("6", "dev")]
    words = ["run", "tr", "--data", make_release(tmp_path, rows=rows), "--dry-run"]
    warning = "warning: all 2 rows of dev are left out (2 digits): no weights can be selected"
    assert warning in " ".join(call(*words, "--base", "tiny").err.split())
    assert "of dev" not in call(*words, "--base", "tiny", "--set", "select=last").err
    assert "of dev" not in call(*words, "--base", "tiny", "--set", "merge_dev=true").err


def test_the_tiny_preset_takes_the_tiny_base_unless_another_is_named(
    call: Call, micro_words: list[str], cache: Path, tmp_path: Path
) -> None:
    words = ["run", "tr", "--data", make_release(tmp_path), "--dry-run", "--json"]
    assert json.loads(call(*words, "--preset", "tiny").out)["base"] == "tiny"
    assert json.loads(call(*words, "--base", "tiny").out)["preset"] == "tiny"
    base = micro_words[micro_words.index("--base") + 1]
    named = json.loads(call(*words, "--preset", "tiny", "--base", base).out)
    assert (named["base"], named["preset"]) == (base, "tiny")


@pytest.mark.parametrize(
    ("seconds", "span"), [([0.1, 0.4], "training under 1 s (est"), ([2, 9], "2 s to 9 s (est")]
)
def test_an_estimate_of_equal_ends_is_one_length(seconds: list[float], span: str) -> None:
    assert span in _time({"operations": 1.0, "seconds": seconds, "cores": 2})
