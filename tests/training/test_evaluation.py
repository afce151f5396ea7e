"""The evaluation during training: the texts of the recognizer, in little memory."""

from __future__ import annotations

import gc
import math
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch

from cvrecipes import audio
from cvrecipes.catalog import open_recipe
from cvrecipes.decoding.recognizer import Recognizer
from cvrecipes.job import Job
from cvrecipes.models.inference import AcousticModel
from cvrecipes.run import make_judge
from cvrecipes.run_folder import RunFolder
from cvrecipes.training import fit
from cvrecipes.training.callbacks import evaluations_of
from cvrecipes.training.collator import read_unreadable
from cvrecipes.training.trainer import CTCTrainer
from support.training import changed, processor_of

pytestmark = pytest.mark.usefixtures("quiet_transformers")


def test_an_evaluation_hears_what_the_recognizer_hears(
    job: Job, make_trainer: Callable[..., CTCTrainer], tmp_path: Path
) -> None:
    recipe, hooks = open_recipe("tr")
    judged: list[tuple[str, str]] = []

    def judge(references: Sequence[str], hypotheses: Sequence[str]) -> tuple[float, float]:
        judged.extend(zip(references, hypotheses, strict=True))
        return make_judge(recipe, hooks)(references, hypotheses)

    job = changed(job)
    trainer = make_trainer(job, judge)
    metrics = trainer.evaluate()
    processor = processor_of(job, tmp_path)
    fit._save(trainer.model, processor, job, RunFolder(tmp_path / "run"))
    recognizer = Recognizer(tmp_path / "run" / "model", "cpu")
    rows = job.corpus.dev.to_pylist()
    alone = [recognizer.transcribe(audio.load(row["path"])).text for row in rows]
    assert any(alone), "a silent model would prove nothing"
    assert sorted(judged) == sorted(zip((row["text"] for row in rows), alone, strict=True))
    wer, cer = make_judge(recipe, hooks)([row["text"] for row in rows], alone)
    assert metrics["eval_wer"] == pytest.approx(wer)
    assert metrics["eval_cer"] == pytest.approx(cer)
    clips = [recognizer.transcribe(audio.load(row["path"])) for row in rows]
    paths = [clip.log_probabilities.argmax(axis=1) for clip in clips]
    blanks = sum(int((path == job.vocabulary.blank).sum()) for path in paths)
    assert metrics["eval_blank_share"] == pytest.approx(blanks / sum(map(len, paths)))


def test_an_evaluation_does_not_depend_on_its_batches(
    job: Job, make_trainer: Callable[..., CTCTrainer], monkeypatch: pytest.MonkeyPatch
) -> None:
    import cvrecipes.training.trainer as trainers

    trainer = make_trainer(changed(job))
    together = trainer.evaluate()
    monkeypatch.setattr(trainers, "_EVALUATION_SECONDS", 0.1)
    assert trainer.evaluate() == pytest.approx(together, rel=1e-4)


def test_the_loss_of_an_evaluation_is_that_of_training_without_dropout(
    job: Job, make_trainer: Callable[..., CTCTrainer]
) -> None:
    trainer = make_trainer(changed(job))
    batch = trainer._prepare_inputs(trainer.data_collator(job.corpus.dev.to_pylist()))
    trainer.model.eval()
    with torch.no_grad():
        expected = float(trainer.compute_loss(trainer.model, batch))
    assert trainer.evaluate()["eval_loss"] == pytest.approx(expected, rel=1e-5)


def test_a_long_clip_of_dev_is_transcribed_in_windows_and_has_no_loss(
    job: Job, make_trainer: Callable[..., CTCTrainer], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    import soundfile

    dev = job.corpus.dev.to_pylist()
    path = tmp_path / "long.wav"
    soundfile.write(path, np.tile(audio.load(dev[0]["path"]), 200)[: 130 * 16_000], 16_000)
    long = {**dev[0], "path": str(path), "clip": "long.wav", "seconds": 130.0}
    absent = {**dev[0], "path": "absent.wav", "clip": "absent.wav"}
    table = pa.Table.from_pylist([*dev, long, absent], schema=job.corpus.dev.schema)
    references: list[str] = []

    def judge(texts: Sequence[str], hypotheses: Sequence[str]) -> tuple[float, float]:
        references.extend(texts)
        return 0.5, 0.25

    trainer = make_trainer(changed(job), judge)
    without = trainer.evaluate()
    del references[:]
    seconds: list[float] = []
    forward = AcousticModel._forward

    def watched(self: AcousticModel, inputs: Any) -> Any:
        seconds.append(inputs["input_values"].numel() / 16_000)
        return forward(self, inputs)

    monkeypatch.setattr(AcousticModel, "_forward", watched)
    trainer._unreadable = tmp_path / "unreadable.jsonl"
    metrics = trainer.evaluate(fit._dataset(table))
    assert max(seconds) <= 120
    assert sorted(references) == sorted([*(row["text"] for row in dev), long["text"]])
    assert metrics["eval_loss"] == pytest.approx(without["eval_loss"], rel=1e-5)
    assert list(read_unreadable(tmp_path / "unreadable.jsonl")) == ["absent.wav"]


def test_a_clip_of_dev_with_a_letter_without_a_class_is_scored_and_has_no_loss(
    job: Job, make_trainer: Callable[..., CTCTrainer]
) -> None:
    dev = job.corpus.dev.to_pylist()
    foreign = {**dev[0], "text": "ɣueen ə", "clip": "foreign.mp3"}
    judged: list[str] = []

    def judge(references: Sequence[str], hypotheses: Sequence[str]) -> tuple[float, float]:
        judged.extend(references)
        return 0.5, 0.25

    trainer = make_trainer(changed(job), judge)
    without = trainer.evaluate()
    del judged[:]
    schema = job.corpus.dev.schema
    metrics = trainer.evaluate(fit._dataset(pa.Table.from_pylist([*dev, foreign], schema=schema)))
    assert sorted(judged) == sorted([*(row["text"] for row in dev), "ɣueen ə"])
    assert metrics["eval_loss"] == pytest.approx(without["eval_loss"], rel=1e-5)
    alone = trainer.evaluate(fit._dataset(pa.Table.from_pylist([foreign], schema=schema)))
    assert math.isnan(alone["eval_loss"]) and alone["eval_wer"] == 0.5
    (entry,) = evaluations_of([{"step": 1, **alone}])
    assert entry.loss is None


def test_an_evaluation_keeps_no_logits(
    job: Job, make_trainer: Callable[..., CTCTrainer], monkeypatch: pytest.MonkeyPatch
) -> None:
    import cvrecipes.training.trainer as trainers

    monkeypatch.setattr(trainers, "_EVALUATION_SECONDS", 0.1)  # a batch of each clip
    trainer = make_trainer(changed(job))
    trainer.evaluation_loop = lambda *_, **__: pytest.fail("Trainer's loop keeps logits")
    kept: list[weakref.ref[torch.Tensor]] = []
    alive: list[int] = []
    forward = AcousticModel.logits

    def watched(self: AcousticModel, clips: Any) -> Any:
        alive.append(sum(logits() is not None for logits in kept))
        outputs = forward(self, clips)
        kept.extend(weakref.ref(logits) for logits in outputs)
        return outputs

    monkeypatch.setattr(AcousticModel, "logits", watched)
    trainer.evaluate()
    gc.collect()
    assert len(kept) == 4 and max(alive) <= 1
    assert all(logits() is None for logits in kept)


def test_an_evaluation_leaves_the_model_training_and_unchanged(
    job: Job, make_trainer: Callable[..., CTCTrainer]
) -> None:
    trainer = make_trainer(changed(job, hidden_dropout=0.5))
    before = {name: weight.clone() for name, weight in trainer.model.state_dict().items()}
    first, second = trainer.evaluate(), trainer.evaluate()
    assert first == second, "dropout was on"
    assert trainer.model.training
    for name, weight in trainer.model.state_dict().items():
        assert torch.equal(weight, before[name])
