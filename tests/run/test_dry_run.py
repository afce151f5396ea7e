"""--dry-run: it prints the plan, refuses what a run would refuse, and writes nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

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
        for word in ("language", "release", "train", "left out", "steps", "memory", "disk"):
            assert any(line.startswith(word) for line in got.out.splitlines()), word


@pytest.mark.parametrize("dry", [[], ["--dry-run"]])
@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--device", "cuda"], "torch sees no CUDA device here"),
        (["--set", "max_steps=1000000000000"], "asks for 1e+12 steps"),
        (["--set", "max_steps=0", "--set", "epochs=1e300"], "setting epochs asks for"),
        (["--set", "precision=fp16"], "fp16 training needs a CUDA GPU"),
    ],
)
def test_a_dry_run_refuses_what_a_run_would(
    dry: list[str], words: list[str], says: str, call: Call, micro_words: list[str],
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
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


@pytest.mark.parametrize("words", [["--device", "abacus"], ["--preset", "blg"], ["--dry-run"]])
def test_the_sample_is_only_announced_when_a_run_starts(
    words: list[str], call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "built-in sample" not in call("run", "tr", *words).err


def test_a_merged_dev_of_strict_all_is_trained_on_once_and_loses_no_clip(call: Call) -> None:
    got = call("run", "tr", "--dry-run", "--json", "--split", "strict-all", "--set", "merge_dev=1")
    plan = json.loads(got.out)
    assert plan["splits"]["train"]["clips"] == 498 + 50 and plan["splits"]["dev"]["clips"] == 0
    assert plan["left_out"] == {} and sum(plan["held_out"].values()) == 75 + 50


def test_a_setting_that_leaves_nothing_is_not_blamed_on_the_recipe(call: Call) -> None:
    got = call("run", "tr", "--dry-run", "--set", "longest=0.6")
    assert got.code == 1 and "no clip of train can be used (498 too long)" in got.complaint
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
