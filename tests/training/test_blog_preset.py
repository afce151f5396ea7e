"""The preset blog: the tutorial's values, where they take effect."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from cvrecipes.errors import UsageError
from cvrecipes.job import Job
from cvrecipes.models.devices import choose, precision_for
from cvrecipes.run import Clock, prepare
from cvrecipes.run_folder import RunFolder
from cvrecipes.settings import preset
from cvrecipes.training import fit
from cvrecipes.training.model import build_model
from cvrecipes.training.trainer import CTCTrainer
from support.training import RENAMED, changed

pytestmark = pytest.mark.usefixtures("quiet_transformers")

Make = Callable[..., Any]


@pytest.fixture
def blog(micro_request: Make, monkeypatch: pytest.MonkeyPatch) -> Job:
    # On a CPU its fp16 is refused; here stands a machine with a GPU.
    monkeypatch.setattr("cvrecipes.run._check_device", lambda *_, **__: None)
    return prepare(
        replace(micro_request(preset="blog", quick=False), device="auto"), Clock(), dry=True
    )


def of_tutorial_size(blog: Job) -> Job:
    """As many clips as it takes that no value is cut down for a short training."""
    job = changed(blog)
    many = pa.concat_tables([job.corpus.train] * 200)
    return replace(job, corpus=replace(job.corpus, train=many))


def test_the_blog_preset_trains_on_train_and_dev_together(blog: Job) -> None:
    assert blog.corpus.train.num_rows == 20 and blog.corpus.dev.num_rows == 0
    names = blog.corpus.train["clip"].to_pylist()
    assert len(set(names)) == 20


def test_the_blog_preset_reaches_training_arguments(blog: Job, tmp_path: Path) -> None:
    from transformers import TrainingArguments

    job = of_tutorial_size(blog)
    given = fit._arguments(job, RunFolder(tmp_path), "cuda", "fp16", True, False)
    assert given.pop("fp16") is True  # refused by transformers where there is no GPU
    assert given.pop("dataloader_pin_memory") is True
    arguments = TrainingArguments(**given)
    assert arguments.per_device_train_batch_size == 16
    assert arguments.gradient_accumulation_steps == 2
    assert arguments.learning_rate == 3e-4
    assert arguments.warmup_steps == 500
    assert arguments.weight_decay == 0.0
    assert str(arguments.lr_scheduler_type) in ("linear", "SchedulerType.LINEAR")
    assert arguments.eval_strategy == "steps" and arguments.eval_steps == 400
    assert arguments.save_strategy == "steps" and arguments.save_steps == 400
    assert arguments.logging_steps == 400
    assert arguments.save_total_limit == 2
    assert arguments.load_best_model_at_end is False
    assert arguments.max_grad_norm == 1.0
    assert (arguments.adam_beta1, arguments.adam_beta2) == (0.9, 0.999)
    clips = 20 * 200
    assert arguments.max_steps == 30 * (clips // 32)
    assert blog.plan.settings.watch == "test"


@RENAMED
def test_the_blog_preset_reaches_the_model(blog: Job) -> None:
    model = build_model(blog.base, blog.vocabulary, blog.plan.settings)
    config = model.config
    assert config.attention_dropout == config.hidden_dropout == config.feat_proj_dropout == 0.0
    assert config.layerdrop == config.activation_dropout == config.final_dropout == 0.0
    assert config.mask_time_prob == 0.05 and config.mask_time_length == 10
    assert config.mask_feature_prob == 0.0 and config.apply_spec_augment
    assert config.ctc_loss_reduction == "mean"
    assert config.ctc_zero_infinity is False
    renamed = hasattr(type(model), "is_activation_checkpointing")
    assert model.is_activation_checkpointing if renamed else model.is_gradient_checkpointing
    assert not any(w.requires_grad for w in model.wav2vec2.feature_extractor.parameters())


@RENAMED
def test_the_blog_preset_groups_clips_of_like_length(
    blog: Job, make_trainer: Callable[..., CTCTrainer]
) -> None:
    seconds = np.random.default_rng(0).uniform(1, 10, 320).tolist()
    trainer = make_trainer(
        replace(changed(blog), corpus=replace(blog.corpus, dev=blog.corpus.test))
    )
    trainer.train_dataset = {"seconds": seconds}
    batches = list(trainer.get_train_dataloader().batch_sampler)
    assert {len(batch) for batch in batches} == {16}
    spread = [max(seconds[i] for i in b) - min(seconds[i] for i in b) for b in batches]
    assert np.mean(spread) < 2.0, "a batch drawn at random spreads over about eight seconds"


def test_the_blog_preset_needs_a_gpu_and_says_so() -> None:
    with pytest.raises(UsageError, match="fp16 training needs a CUDA GPU"):
        precision_for(preset("blog").precision, choose("cpu"))
