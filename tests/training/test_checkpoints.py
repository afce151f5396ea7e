"""Checkpoints: a training goes on from the last whole one, with its best weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from cvrecipes.catalog import open_recipe
from cvrecipes.errors import Failure
from cvrecipes.job import Job
from cvrecipes.run import make_judge
from cvrecipes.run_folder import RunFolder
from support.training import changed, trained_on

pytestmark = pytest.mark.usefixtures("quiet_transformers")


def reopened(folder: Path) -> Path:
    """The run folder as a training leaves it that was stopped just before its end."""
    RunFolder(folder).trained.unlink()
    return folder


def test_evaluations_survive_a_resume(job: Job, tmp_path: Path) -> None:
    whole = trained_on(changed(job), tmp_path / "whole")

    class Stop(Exception):
        pass

    calls: list[int] = []

    def stops(references: Sequence[str], hypotheses: Sequence[str]) -> tuple[float, float]:
        calls.append(len(references))
        if len(calls) == 2:
            raise Stop
        recipe, hooks = open_recipe("tr")
        return make_judge(recipe, hooks)(references, hypotheses)

    with pytest.raises(Stop):
        trained_on(changed(job), tmp_path / "run", stops)
    resumed = trained_on(changed(job), tmp_path / "run")
    assert [e.step for e in resumed.evaluations] == [3, 6]
    assert resumed.evaluations == whole.evaluations
    assert resumed.losses == whole.losses


def test_a_checkpoint_cut_short_is_passed_over(job: Job, tmp_path: Path) -> None:
    whole = trained_on(changed(job), tmp_path / "run")
    last = tmp_path / "run" / "checkpoints" / "checkpoint-6"
    (last / "trainer_state.json").unlink()
    assert trained_on(changed(job), reopened(tmp_path / "run")).losses == whole.losses


def test_a_run_folder_that_was_moved_keeps_its_best_weights(job: Job, tmp_path: Path) -> None:
    def judge(references: Sequence[str], hypotheses: Sequence[str]) -> tuple[float, float]:
        return next(rates), 0.0

    rates = iter([0.1, 0.9])
    trained_on(changed(job), tmp_path / "run", judge)
    reopened(tmp_path / "run").rename(tmp_path / "moved")
    moved = trained_on(changed(job), tmp_path / "moved", judge)
    assert (moved.best_step, moved.selected_on) == (3, "dev")
    folder = tmp_path / "moved"
    best = (folder / "checkpoints" / "checkpoint-3" / "model.safetensors").read_bytes()
    assert (folder / "model" / "model.safetensors").read_bytes() == best


def test_a_checkpoint_whose_best_weights_are_damaged_is_not_resumed(
    job: Job, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def judge(references: Sequence[str], hypotheses: Sequence[str]) -> tuple[float, float]:
        return next(rates), 0.0

    rates = iter([0.1, 0.9, 0.1, 0.9])
    trained_on(changed(job), tmp_path / "run", judge)
    (tmp_path / "run" / "checkpoints" / "checkpoint-3" / "model.safetensors").write_bytes(b"x")
    assert trained_on(changed(job), reopened(tmp_path / "run"), judge).best_step == 3
    (warning,) = [x for x in capsys.readouterr().err.splitlines() if x.startswith("warning")]
    assert warning.endswith("training starts anew")


def test_a_training_that_is_over_is_read_back(job: Job, tmp_path: Path) -> None:
    whole = trained_on(changed(job), tmp_path / "run")
    (tmp_path / "run").rename(tmp_path / "moved")

    def never(*_: object) -> tuple[float, float]:
        pytest.fail("it trains")

    again = trained_on(changed(job), tmp_path / "moved", never)
    assert again == replace(whole, folder=tmp_path / "moved" / "model")
    RunFolder(tmp_path / "moved").trained.write_text('{"steps": 6}', encoding="utf-8")
    with pytest.raises(Failure, match="is damaged"):
        trained_on(changed(job), tmp_path / "moved", never)
