"""Training without a run around it: a job, its trainer, and the weights it leaves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from cvrecipes.catalog import open_recipe
from cvrecipes.job import Job
from cvrecipes.models.vocabulary import save_processor
from cvrecipes.plugins import new_manager
from cvrecipes.records import Trained
from cvrecipes.run import make_judge
from cvrecipes.run_folder import RunFolder
from cvrecipes.training import fit
from cvrecipes.training.collator import Collator
from cvrecipes.training.fit import train
from cvrecipes.training.model import build_model
from cvrecipes.training.trainer import CTCTrainer

Make = Callable[..., Any]

# build_model calls a method that transformers 5.23 renamed.
RENAMED = pytest.mark.filterwarnings("ignore:`gradient_checkpointing_enable` is deprecated")


def changed(job: Job, **changes: Any) -> Job:
    """The job with other settings, on the CPU."""
    request = replace(job.plan.request, device="cpu")
    plan = replace(job.plan, settings=job.plan.settings.changed(changes), request=request)
    return replace(job, plan=plan)


def trained_on(job: Job, folder: Path, judge: Any = None, *plugins: object) -> Trained:
    recipe, hooks = open_recipe("tr", new_manager(plugins))
    job = replace(job, hooks=hooks)
    return train(job, RunFolder(folder), judge or make_judge(recipe, hooks))


def processor_of(job: Job, folder: Path) -> Any:
    return save_processor(job.vocabulary, job.base.where, folder / "processor", job.base.family)


def trainer_of(job: Job, folder: Path, judge: Any) -> CTCTrainer:
    """A trainer as `train` builds it; its processor is saved in `folder`."""
    from transformers import TrainingArguments

    run = RunFolder(folder / "run")
    torch.manual_seed(job.plan.request.seed)
    extractor = processor_of(job, folder).feature_extractor
    return CTCTrainer(
        vocabulary=job.vocabulary,
        settings=job.plan.settings,
        judge=judge,
        seed=job.plan.request.seed,
        extractor=extractor,
        model=build_model(job.base, job.vocabulary, job.plan.settings),
        args=TrainingArguments(**fit._arguments(job, run, "cpu", "fp32", True, False)),
        data_collator=Collator(extractor, job.vocabulary),
        train_dataset=fit._dataset(job.corpus.train),
        eval_dataset=fit._dataset(job.corpus.dev),
    )
