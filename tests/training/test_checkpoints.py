"""Checkpoints: a training goes on from the last whole one, with its best weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import count
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


class Stop(Exception):
    pass


def stopped_at(evaluation: int, job: Job, folder: Path) -> None:
    """Train until the evaluation of this number, counted from 1, and stop in it."""
    recipe, hooks = open_recipe("tr")
    judge, calls = make_judge(recipe, hooks), count(1)

    def stops(references: Sequence[str], hypotheses: Sequence[str]) -> tuple[float, float]:
        if next(calls) == evaluation:
            raise Stop
        return judge(references, hypotheses)

    with pytest.raises(Stop):
        trained_on(job, folder, stops)


def test_evaluations_survive_a_resume(job: Job, tmp_path: Path) -> None:
    whole = trained_on(changed(job), tmp_path / "whole")
    stopped_at(2, changed(job), tmp_path / "run")
    resumed = trained_on(changed(job), tmp_path / "run")
    assert [e.step for e in resumed.evaluations] == [3, 6]
    assert resumed.evaluations == whole.evaluations
    assert resumed.losses == whole.losses


def test_the_training_loss_after_resumes_is_that_of_an_uninterrupted_run(
    job: Job, tmp_path: Path
) -> None:
    job = changed(job, max_steps=9, evaluate_every=3, log_every=4)
    whole = trained_on(job, tmp_path / "whole")
    stopped_at(2, job, tmp_path / "run")
    stopped_at(2, job, tmp_path / "run")
    resumed = trained_on(job, tmp_path / "run")
    assert [step for step, *_ in resumed.losses] == [3, 4, 6, 8, 9]
    assert resumed.losses == whole.losses
    assert [e.step for e in resumed.evaluations] == [3, 6, 9]
    assert [e.training_loss for e in resumed.evaluations] == [
        e.training_loss for e in whole.evaluations
    ]


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
