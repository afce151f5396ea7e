"""One call from a job to a saved model."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cvrecipes import audio
from cvrecipes.console import say
from cvrecipes.errors import CvrecipesError, Failure
from cvrecipes.files import read_json, write_json
from cvrecipes.job import Job
from cvrecipes.models.devices import choose, name_of, precision_for, quiet_transformers
from cvrecipes.models.vocabulary import save_processor
from cvrecipes.records import (
    UNREADABLE_AUDIO,
    Corpus,
    Evaluation,
    LeftOut,
    Segment,
    Trained,
    segments,
)
from cvrecipes.run_folder import RunFolder
from cvrecipes.settings import Settings
from cvrecipes.training.checkpoints import STATE, Damaged, Resumed, check_weights, last_checkpoint
from cvrecipes.training.estimate import steps_an_epoch, steps_between, steps_of


def train(job: Job, folder: RunFolder, judge: Any) -> Trained:
    """Fine-tune and save ``model/`` and ``trained.json``.

    An interrupted training in `folder` goes on; a finished one is read back.

    Arguments:
        judge: references and hypotheses to (WER, CER), for the curves and the selection.

    Raises:
        Failure: the model cannot be loaded, the loss became infinite, memory is short.
    """
    if folder.trained.is_file() and folder.model.is_dir():
        finished = read_trained(folder)
        try:
            _check_model(folder)
        except Damaged as error:
            say(f"warning: model/ is damaged ({error}); it is made again from the checkpoints")
        else:
            return finished
    started = time.monotonic()
    quiet_transformers()
    import torch
    from transformers import TrainingArguments, set_seed

    from cvrecipes.training.callbacks import (
        BestPlace,
        LossBeforeCheckpoint,
        Recorder,
        Watchdog,
        evaluations_of,
    )
    from cvrecipes.training.collator import Collator
    from cvrecipes.training.model import build_model
    from cvrecipes.training.trainer import CTCTrainer

    settings = job.plan.settings
    device = choose(job.plan.request.device)
    precision = precision_for(settings.precision, device)
    if settings.threads:
        torch.set_num_threads(settings.threads)
    set_seed(job.plan.request.seed)
    watched = job.corpus.split(settings.watch)
    evaluating = watched.num_rows > 0
    selecting = evaluating and settings.select == "best" and settings.watch == "dev"
    for split in ("train", settings.watch) if evaluating else ("train",):
        _probe(job.corpus, split)
    resumed = last_checkpoint(folder, selecting=selecting)
    processor = save_processor(
        job.vocabulary, job.base.where, folder.checkpoints / "processor", job.base.family
    )
    extractor = processor.feature_extractor
    model = build_model(job.base, job.vocabulary, settings)
    parameters = sum(weight.numel() for weight in model.parameters())

    arguments = _arguments(job, folder, device.type, precision, evaluating, selecting)
    job.hooks.hook.prepare_training(arguments=arguments, corpus=job.corpus, recipe=job.recipe)
    recorder = Recorder(started=started, watch=settings.watch)
    collator = Collator(extractor, job.vocabulary, folder.unreadable)
    trainer = CTCTrainer(
        vocabulary=job.vocabulary,
        settings=settings,
        judge=judge,
        seed=job.plan.request.seed,
        extractor=extractor,
        unreadable=folder.unreadable,
        model=model,
        args=TrainingArguments(**arguments),
        data_collator=collator,
        train_dataset=_dataset(job.corpus.train),
        eval_dataset=_dataset(watched) if evaluating else None,
        callbacks=[
            recorder,
            LossBeforeCheckpoint(),
            Watchdog(),
            BestPlace(resumed.best if resumed else None),
            _tensorboard(folder),
        ],
    )
    _only_ours(trainer)
    try:
        if resumed and resumed.step >= trainer.args.max_steps:
            _end_at(trainer, resumed)
        else:
            trainer.train(resume_from_checkpoint=str(resumed.checkpoint) if resumed else None)
    except torch.cuda.OutOfMemoryError:
        raise Failure("the GPU's memory is not enough", remedy=_smaller_batches(settings)) from None
    finally:
        recorder.close()
    state = trainer.state
    best = state.best_model_checkpoint if selecting else None
    _save(trainer.model, processor, job, folder)
    trained = Trained(
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
        unreadable=_unreadable(job.corpus, folder),
        selected_on="dev" if best else None,
    )
    write_trained(folder, trained)
    return trained


def _end_at(trainer: Any, resumed: Resumed) -> None:
    """Take over the checkpoint of the last step: Trainer would train one step more."""
    from safetensors.torch import load_file
    from transformers import TrainerState

    trainer.state = TrainerState.load_from_json(str(resumed.checkpoint / STATE))
    if resumed.best is not None:
        trainer.state.best_model_checkpoint = str(resumed.best)
    weights: dict[str, Any] = {}
    for file in sorted((resumed.best or resumed.checkpoint).glob("*.safetensors")):
        weights.update(load_file(file))
    # As Trainer loads them: tied weights are saved once.
    unexpected = trainer.model.load_state_dict(weights, strict=False).unexpected_keys
    if unexpected:
        raise Failure(
            f"its weights are of another model ({unexpected[0]})",
            where=resumed.best or resumed.checkpoint,
            remedy="start over with another --out",
        )
    trainer.model.tie_weights()


def write_trained(folder: RunFolder, trained: Trained) -> None:
    """Write ``trained.json``: training is over, and ``model/`` is whole.

    It lists the files of ``model/`` with their sizes in bytes.
    """
    files = {path.name: path.stat().st_size for path in sorted(folder.model.iterdir())}
    content = {**asdict(trained), "folder": folder.model.name, "files": files}
    write_json(folder.trained, content)


def _check_model(folder: RunFolder) -> None:
    """Check that ``model/`` is as training saved it; raises Damaged."""
    files = read_json(folder.trained).get("files", {})
    for name, size in {"config.json": None, **files}.items():
        path = folder.model / name
        if not path.is_file():
            raise Damaged(f"{name} is missing")
        if size is not None and path.stat().st_size != size:
            raise Damaged(f"{name} has {path.stat().st_size} bytes, not {size}")
    check_weights(folder.model)


def read_trained(folder: RunFolder) -> Trained:
    """What a training that is over has written down.

    Raises:
        Failure: the file is damaged.
    """
    remedy = "delete it: training goes on from its last checkpoint"
    try:
        content = read_json(folder.trained)
    except Failure as error:
        raise Failure(error.what, where=folder.trained, remedy=remedy) from None
    try:
        return Trained(
            **{
                **{name: value for name, value in content.items() if name != "files"},
                "folder": folder.root / content["folder"],
                "evaluations": tuple(Evaluation(**row) for row in content["evaluations"]),
                "losses": tuple((step, loss, rate) for step, loss, rate in content["losses"]),
                "unreadable": tuple(LeftOut(**row) for row in content["unreadable"]),
            }
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Failure(f"is damaged ({error})", where=folder.trained, remedy=remedy) from None


def _smaller_batches(settings: Settings) -> str:
    """The settings that halve a batch and keep what an optimizer step sees."""
    if settings.batch_seconds:
        smaller = f"batch_seconds={settings.batch_seconds / 2:g}"
    else:
        smaller = f"batch_clips={max(1, settings.batch_clips // 2)}"
    return f"--set {smaller} --set accumulation={settings.accumulation * 2}"


def _probe(corpus: Corpus, split: str, clips: int = 8) -> None:
    """Decode a few clips, so that a release of broken files stops here and not in an hour.

    Raises:
        Failure: not one of them can be decoded.
    """
    every = segments(corpus.split(split))
    chosen = every[:: max(1, len(every) // clips)][:clips]
    for clip in chosen:
        try:
            audio.load(clip)
        except CvrecipesError as error:
            last = error
        else:
            return
    raise Failure(
        f"none of {len(chosen)} clips of {split} can be decoded: {last.what}",
        where=chosen[-1].path,
        remedy="is the release complete? see: cvrecipes doctor",
    )


def _unreadable(corpus: Corpus, folder: RunFolder) -> tuple[LeftOut, ...]:
    """What the collators wrote down of train and dev, each clip once, with its row.

    Clips of test are found again when test is transcribed.
    """
    from cvrecipes.training.collator import read_unreadable

    why = read_unreadable(folder.unreadable)
    return tuple(
        LeftOut(split=split, rule=UNREADABLE_AUDIO, detail=why[row["clip"]], **row)
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
    """The corpus as a `datasets.Dataset`: names, places, texts and seconds, never audio."""
    from datasets import Dataset

    return Dataset(table.select(["clip", *Segment._fields, "text", "seconds"]))


def _arguments(
    job: Job, folder: RunFolder, device: str, precision: str, evaluating: bool, selecting: bool
) -> dict[str, Any]:
    """Keyword arguments of transformers' TrainingArguments."""
    settings = job.plan.settings
    epoch = steps_an_epoch(job.corpus.train["seconds"].to_pylist(), settings)
    steps = steps_of(epoch, settings)
    every = steps_between(epoch, steps, settings)
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
        "seed": job.plan.request.seed,
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


def _save(model: Any, processor: Any, job: Job, folder: RunFolder) -> None:
    """``model/``: written beside its place, then renamed into it."""
    import shutil

    half = Path(f"{folder.model}.half")
    shutil.rmtree(half, ignore_errors=True)
    try:
        model.save_pretrained(half)
        processor.save_pretrained(half)
        write_json(half / "vocab.json", job.vocabulary.numbers())
        write_json(half / "recipe.json", job.recipe.resolved())
        shutil.rmtree(folder.model, ignore_errors=True)
        half.rename(folder.model)
    except OSError as error:
        raise Failure(
            f"cannot be written ({error.strerror or error})", where=folder.model
        ) from None
