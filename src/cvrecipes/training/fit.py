"""One call from a corpus to a saved model."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pluggy

from cvrecipes import audio
from cvrecipes.errors import CvrecipesError, Failure
from cvrecipes.models.base import Base
from cvrecipes.models.batches import SecondsSampler
from cvrecipes.models.ctc import Vocabulary
from cvrecipes.models.devices import choose, name_of, precision_for, quiet_transformers
from cvrecipes.models.vocabulary import save_processor
from cvrecipes.recipe import Recipe
from cvrecipes.records import Corpus, LeftOut, Trained
from cvrecipes.run_folder import RunFolder
from cvrecipes.settings import Settings

_EVALUATIONS_AT_MOST = 10


@dataclass(frozen=True, slots=True)
class Task:
    """What to train: the pieces that earlier stages made."""

    recipe: Recipe
    corpus: Corpus
    vocabulary: Vocabulary
    base: Base
    settings: Settings
    seed: int
    device: str


def train(task: Task, folder: RunFolder, hooks: pluggy.PluginManager, judge: Any) -> Trained:
    """Fine-tune and save ``model/``; an interrupted training in `folder` goes on.

    Arguments:
        judge: references and hypotheses to (WER, CER), for the curves and the selection.

    Raises:
        Failure: the model cannot be loaded, the loss became infinite, memory is short.
    """
    started = time.monotonic()
    quiet_transformers()
    import torch
    from transformers import TrainingArguments, set_seed

    from cvrecipes.training.callbacks import BestPlace, Recorder, Watchdog, evaluations_of
    from cvrecipes.training.checkpoints import last_checkpoint
    from cvrecipes.training.collator import Collator
    from cvrecipes.training.model import build_model
    from cvrecipes.training.trainer import CTCTrainer

    settings = task.settings
    device = choose(task.device)
    precision = precision_for(settings.precision, device)
    if settings.threads:
        torch.set_num_threads(settings.threads)
    set_seed(task.seed)
    watched = task.corpus.split(settings.watch)
    evaluating = watched.num_rows > 0
    selecting = evaluating and settings.select == "best" and settings.watch == "dev"
    for split in ("train", settings.watch) if evaluating else ("train",):
        _probe(task.corpus, split)
    resumed = last_checkpoint(folder, selecting=selecting)
    processor = save_processor(task.vocabulary, task.base.where, folder.checkpoints / "processor")
    extractor = processor.feature_extractor
    model = build_model(task.base, task.vocabulary, settings)
    parameters = sum(weight.numel() for weight in model.parameters())

    arguments = _arguments(task, folder, device.type, precision, evaluating, selecting)
    hooks.hook.prepare_training(arguments=arguments, corpus=task.corpus, recipe=task.recipe)
    recorder = Recorder(started=started, watch=settings.watch)
    collator = Collator(extractor, task.vocabulary, folder.unreadable)
    trainer = CTCTrainer(
        vocabulary=task.vocabulary,
        settings=settings,
        judge=judge,
        seed=task.seed,
        masked=bool(getattr(extractor, "return_attention_mask", True)),
        model=model,
        args=TrainingArguments(**arguments),
        data_collator=collator,
        train_dataset=_dataset(task.corpus.train),
        eval_dataset=_dataset(watched) if evaluating else None,
        callbacks=[
            recorder,
            Watchdog(),
            BestPlace(resumed.best if resumed else None),
            _tensorboard(folder),
        ],
    )
    _only_ours(trainer)
    try:
        trainer.train(resume_from_checkpoint=str(resumed.checkpoint) if resumed else None)
    except torch.cuda.OutOfMemoryError:
        raise Failure(
            "the GPU's memory is not enough",
            remedy="--set batch_seconds="
            + f"{settings.batch_seconds / 2:g}"
            + f" --set accumulation={settings.accumulation * 2}",
        ) from None
    finally:
        recorder.close()
    state = trainer.state
    best = state.best_model_checkpoint if selecting else None
    _save(trainer.model, processor, task, folder)
    return Trained(
        folder=folder.model,
        evaluations=tuple(evaluations_of(state.log_history)),
        losses=tuple(
            (entry["step"], float(entry["loss"]), float(entry.get("learning_rate", 0.0)))
            for entry in state.log_history
            if "loss" in entry
        ),
        best_step=int(str(best).rsplit("-", 1)[-1]) if best else state.global_step,
        steps=state.global_step,
        first_step_seconds=recorder.first_step_seconds,
        device=name_of(device),
        precision=precision,
        parameters=parameters,
        unreadable=_unreadable(task.corpus, folder),
        selected_on="dev" if best else None,
    )


def _probe(corpus: Corpus, split: str, clips: int = 8) -> None:
    """Decode a few clips, so that a release of broken files stops here and not in an hour.

    Raises:
        Failure: not one of them can be decoded.
    """
    paths = corpus.split(split)["path"].to_pylist()
    chosen = paths[:: max(1, len(paths) // clips)][:clips]
    for path in chosen:
        try:
            audio.load(path)
        except CvrecipesError as error:
            last = error
        else:
            return
    raise Failure(
        f"none of {len(chosen)} clips of {split} can be decoded: {last.what}",
        where=chosen[-1],
        remedy="is the release complete? see: cvrecipes doctor",
    )


def _unreadable(corpus: Corpus, folder: RunFolder) -> tuple[LeftOut, ...]:
    """What the collators wrote down of train and dev, each clip once, with its row.

    Clips of test are found again when test is transcribed.
    """
    if not folder.unreadable.is_file():
        return ()
    lines = folder.unreadable.read_text(encoding="utf-8").splitlines()
    why = dict(line.split("\t", 1) for line in lines if "\t" in line)
    return tuple(
        LeftOut(
            split,
            row["line"],
            row["clip"],
            f"unreadable audio: {why[row['clip']]}",
            row["raw"],
            row["file"],
        )
        for split in ("train", "dev")
        for row in _rows_of(corpus, split, list(why))
    )


def _rows_of(corpus: Corpus, split: str, clips: list[str]) -> list[dict[str, Any]]:
    import pyarrow as pa
    import pyarrow.compute as pc

    table = corpus.split(split).select(["clip", "line", "raw", "file"])
    rows: list[dict[str, Any]] = table.filter(
        pc.is_in(table["clip"], pa.array(clips, pa.string()))
    ).to_pylist()
    return rows


def _dataset(table: Any) -> Any:
    """The manifest as a `datasets.Dataset`: paths, texts and seconds, never audio."""
    from datasets import Dataset

    return Dataset(table.select(["clip", "path", "text", "seconds"]))


def steps_an_epoch(seconds: list[float], settings: Settings) -> int:
    """Optimizer steps of one pass over clips of these durations."""
    sampler = SecondsSampler(
        seconds, most_seconds=settings.batch_seconds, most_clips=settings.batch_clips, seed=0
    )
    return max(1, math.ceil(len(sampler) / settings.accumulation))


def _arguments(
    task: Task, folder: RunFolder, device: str, precision: str, evaluating: bool, selecting: bool
) -> dict[str, Any]:
    """Keyword arguments of transformers' TrainingArguments."""
    settings = task.settings
    epoch = steps_an_epoch(task.corpus.train["seconds"].to_pylist(), settings)
    steps = settings.max_steps or max(1, math.ceil(epoch * settings.epochs))
    every = settings.evaluate_every or max(epoch, math.ceil(steps / _EVALUATIONS_AT_MOST))
    every = min(every, steps)
    workers = settings.workers
    if workers < 0:
        import os

        workers = min(8, os.cpu_count() or 1) if device == "cuda" else 0
    return {
        "output_dir": str(folder.checkpoints),
        "max_steps": steps,
        "per_device_train_batch_size": settings.batch_clips,
        "gradient_accumulation_steps": settings.accumulation,
        "learning_rate": settings.learning_rate,
        "warmup_steps": min(settings.warmup_steps, steps // 2),
        "lr_scheduler_type": {"constant": "constant_with_warmup"}.get(
            settings.schedule, settings.schedule
        ),
        "weight_decay": settings.weight_decay,
        "max_grad_norm": settings.max_grad_norm,
        "eval_strategy": "steps" if evaluating else "no",
        "eval_steps": every,
        "save_strategy": "steps",
        "save_steps": every,
        "save_total_limit": settings.keep_checkpoints,
        "load_best_model_at_end": selecting,
        "metric_for_best_model": "wer" if evaluating else None,
        "greater_is_better": False if evaluating else None,
        "logging_steps": min(settings.log_every, steps),
        "logging_first_step": False,
        "bf16": precision == "bf16",
        "fp16": precision == "fp16",
        "dataloader_num_workers": workers,
        "dataloader_pin_memory": device == "cuda",
        "accelerator_config": {"even_batches": False},
        "remove_unused_columns": False,
        "label_names": ["labels"],
        "use_cpu": device == "cpu",
        "seed": task.seed,
        "report_to": [],
        "disable_tqdm": True,
        "ignore_data_skip": False,
    }


def _tensorboard(folder: RunFolder) -> Any:
    from torch.utils.tensorboard import SummaryWriter
    from transformers.integrations import TensorBoardCallback

    return TensorBoardCallback(SummaryWriter(str(folder.tensorboard)))


def _only_ours(trainer: Any) -> None:
    """Trainer prints every log line as a dict; our progress says it already."""
    from transformers.trainer_callback import PrinterCallback

    trainer.remove_callback(PrinterCallback)


def _save(model: Any, processor: Any, task: Task, folder: RunFolder) -> None:
    """``model/``: written beside its place, then renamed into it."""
    import shutil

    from cvrecipes.files import write_json

    half = Path(f"{folder.model}.half")
    shutil.rmtree(half, ignore_errors=True)
    try:
        model.save_pretrained(half)
        processor.save_pretrained(half)
        write_json(half / "vocab.json", task.vocabulary.numbers())
        write_json(half / "recipe.json", task.recipe.resolved())
        shutil.rmtree(folder.model, ignore_errors=True)
        half.rename(folder.model)
    except OSError as error:
        raise Failure(
            f"cannot be written ({error.strerror or error})", where=folder.model
        ) from None
