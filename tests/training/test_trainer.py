"""What the trainer gives the model: every clip once an epoch, and masks that fit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch

from cvrecipes.job import Job
from cvrecipes.training.trainer import CTCTrainer
from support.training import changed

pytestmark = pytest.mark.usefixtures("quiet_transformers")


def test_every_epoch_trains_on_every_clip_once(
    job: Job, make_trainer: Callable[..., CTCTrainer]
) -> None:
    trainer = make_trainer(changed(job))
    seen: list[str] = []

    def note(rows: Sequence[dict[str, Any]]) -> Any:
        seen.extend(row["clip"] for row in rows)
        return {"labels": torch.zeros(1)}

    trainer.data_collator = note
    for _ in trainer.get_train_dataloader():
        pass
    assert sorted(seen) == sorted(job.corpus.train["clip"].to_pylist())


def test_masks_longer_than_a_whole_batch_leave_that_batch_alone(
    job: Job, make_trainer: Callable[..., CTCTrainer]
) -> None:
    trainer = make_trainer(changed(job, mask_time_prob=0.5, mask_time_length=400))
    batch = trainer._prepare_inputs(next(iter(trainer.get_train_dataloader())))
    trainer.model.train()
    frames = trainer._forward(trainer.model, batch)[0].shape[1]
    assert frames < 400
    assert trainer.model.config.mask_time_prob == 0.5
