"""A training from its first step to its weights: loss, batches, hooks and selection."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import torch

from cvrecipes.errors import Failure
from cvrecipes.hookspecs import hookimpl
from cvrecipes.job import Job
from cvrecipes.run_folder import RunFolder
from cvrecipes.settings import Settings
from cvrecipes.training import fit
from cvrecipes.training.trainer import CTCTrainer
from support.training import RENAMED, changed, trained_on

pytestmark = pytest.mark.usefixtures("quiet_transformers")


def test_an_infinite_loss_stops_the_training_with_a_remedy(
    job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CTCTrainer, "ctc_loss", lambda *_: torch.tensor(float("inf")))
    with pytest.raises(Failure, match="loss became inf at step 0"):
        trained_on(changed(job), tmp_path / "run")


def test_the_logged_loss_does_not_grow_with_accumulation(job: Job, tmp_path: Path) -> None:
    one = trained_on(changed(job, max_steps=1), tmp_path / "one")
    two = trained_on(changed(job, max_steps=1, accumulation=2), tmp_path / "two")
    assert two.losses[0][1] == pytest.approx(one.losses[0][1], rel=0.3)


@RENAMED
def test_gradient_checkpointing_saves_memory_and_changes_no_loss(job: Job, tmp_path: Path) -> None:
    saving = changed(job, max_steps=3, gradient_checkpointing=True)
    plain = trained_on(changed(job, max_steps=3), tmp_path / "plain").losses
    for (step, loss, _), (other, expected, _) in zip(
        trained_on(saving, tmp_path / "saving").losses, plain, strict=True
    ):
        assert step == other and loss == pytest.approx(expected, rel=1e-4)


def test_a_short_training_warms_up_for_half_of_it_at_most(job: Job, tmp_path: Path) -> None:
    job = changed(job, warmup_steps=500)
    assert fit._arguments(job, RunFolder(tmp_path), "cpu", "fp32", True, True)["warmup_steps"] == 3


def test_a_dev_split_without_a_readable_clip_is_refused(job: Job, tmp_path: Path) -> None:
    dev = job.corpus.dev
    broken = dev.set_column(
        dev.column_names.index("path"), "path", pa.array(["nowhere.mp3"] * dev.num_rows)
    )
    job = replace(changed(job), corpus=replace(job.corpus, dev=broken))
    with pytest.raises(Failure, match="none of 4 clips of dev can be decoded"):
        trained_on(job, tmp_path / "run")


@pytest.mark.parametrize(
    ("seconds", "clips", "remedy"),
    [
        (160.0, 64, "--set batch_seconds=80 --set accumulation=4"),
        (0.0, 16, "--set batch_clips=8 --set accumulation=4"),
    ],
)
def test_the_remedy_for_short_memory_halves_what_decides_a_batch(
    seconds: float, clips: int, remedy: str
) -> None:
    settings = Settings().changed(
        {"batch_seconds": seconds, "batch_clips": clips, "accumulation": 2}
    )
    assert fit._smaller_batches(settings) == remedy


def test_a_plugin_can_change_the_training_arguments(job: Job, tmp_path: Path) -> None:
    class Plugin:
        @hookimpl
        def prepare_training(self, arguments: dict[str, Any], corpus: Any, recipe: Any) -> None:
            assert corpus.train.num_rows == 16 and recipe.locale == "tr"
            arguments["max_steps"] = arguments["save_steps"] = arguments["eval_steps"] = 2

    trained = trained_on(changed(job), tmp_path / "run", None, Plugin())
    assert trained.steps == 2
    assert [e.step for e in trained.evaluations] == [2]


@pytest.mark.parametrize(
    ("watch", "select", "kept"), [("dev", "best", 3), ("dev", "last", 6), ("test", "best", 6)]
)
def test_weights_are_selected_on_dev_and_never_on_test(
    watch: str, select: str, kept: int, job: Job, tmp_path: Path
) -> None:
    from safetensors.torch import load_file

    rates = iter([0.1, 0.9])  # the first evaluation is better by far

    def judge(references: Sequence[str], hypotheses: Sequence[str]) -> tuple[float, float]:
        rate = next(rates)
        return rate, rate

    job = changed(job, watch=watch, select=select, learning_rate=0.01)
    trained = trained_on(job, tmp_path / "run", judge)
    assert trained.best_step == kept
    assert trained.selected_on == ("dev" if (watch, select) == ("dev", "best") else None)
    saved = load_file(trained.folder / "model.safetensors")
    folder = tmp_path / "run" / "checkpoints" / f"checkpoint-{kept}"
    checkpoint = load_file(folder / "model.safetensors")
    assert all(torch.equal(saved[name], checkpoint[name]) for name in saved)


def test_without_dev_training_keeps_the_last_weights(job: Job, tmp_path: Path) -> None:
    job = changed(job, max_steps=2)
    job = replace(job, corpus=replace(job.corpus, dev=job.corpus.dev.slice(0, 0)))
    trained = trained_on(job, tmp_path / "run")
    assert trained.evaluations == () and trained.best_step == trained.steps == 2
    assert trained.selected_on is None


def saved_weights(trained: Any) -> dict[str, torch.Tensor]:
    from safetensors.torch import load_file

    weights: dict[str, torch.Tensor] = load_file(trained.folder / "model.safetensors")
    return weights


def rates_of(*rates: float) -> Any:
    remaining = iter(rates)

    def judge(references: Sequence[str], hypotheses: Sequence[str]) -> tuple[float, float]:
        rate = next(remaining)
        return rate, rate

    return judge


@pytest.mark.parametrize(("select", "kept"), [("last", 6), ("best", 3)])
def test_a_training_stopped_behind_its_last_checkpoint_takes_no_further_step(
    select: str, kept: int, job: Job, tmp_path: Path
) -> None:
    job = changed(job, select=select, learning_rate=0.01)
    whole = trained_on(job, tmp_path / "run", rates_of(0.1, 0.9))
    weights = saved_weights(whole)
    shutil.rmtree(whole.folder)
    (tmp_path / "run" / "trained.json").unlink()
    resumed = trained_on(job, tmp_path / "run", rates_of())
    assert whole.best_step == kept
    assert replace(resumed, first_step_seconds=whole.first_step_seconds) == whole
    again = saved_weights(resumed)
    assert again.keys() == weights.keys()
    assert all(torch.equal(again[name], weights[name]) for name in weights)


def test_a_damaged_model_folder_is_made_again_with_a_warning(
    job: Job, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    job = changed(job, max_steps=1)
    whole = trained_on(job, tmp_path / "run")
    weights = saved_weights(whole)
    for name in ("vocab.json", "model.safetensors", "processor_config.json", "config.json"):
        path = whole.folder / name
        content = path.read_bytes()
        path.write_bytes(content[: len(content) // 2])
        capsys.readouterr()
        trained_on(job, tmp_path / "run", rates_of())
        (warning,) = [
            line for line in "".join(capsys.readouterr()).splitlines() if "warning" in line
        ]
        assert f"model/ is damaged ({name} has" in warning
        assert path.read_bytes() == content
    (whole.folder / "vocab.json").unlink()
    again = trained_on(job, tmp_path / "run", rates_of())
    assert all(torch.equal(value, weights[name]) for name, value in saved_weights(again).items())
    assert (whole.folder / "vocab.json").is_file()


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe\x00", b"[]"])
def test_a_damaged_trained_json_is_refused_with_a_remedy(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "trained.json").write_bytes(content)
    with pytest.raises(Failure, match="delete it: training goes on from its last checkpoint"):
        fit.read_trained(RunFolder(tmp_path))
