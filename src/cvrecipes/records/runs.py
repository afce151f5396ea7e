"""What training leaves, and what a finished run says about itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cvrecipes.records.data import LeftOut
from cvrecipes.records.scores import Pair, Score


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One line of the training table.

    Attributes:
        training_loss: mean since the evaluation before; None if no loss was logged.
        loss: mean CTC loss of the watched split; None if no clip of it has one.
    """

    step: int
    epoch: float
    training_loss: float | None
    loss: float | None
    wer: float
    cer: float
    blank_share: float


@dataclass(frozen=True, slots=True)
class Trained:
    """What training leaves behind.

    Attributes:
        folder: a plain transformers folder (weights, config, processor).
        evaluations: one record an evaluation on dev, in order.
        losses: (step, training loss, learning rate) as logged.
        best_step: the step whose weights were kept.
        steps: optimizer steps taken.
        first_step_seconds: from the start of training to the end of the first step.
        device: the device that trained, in words.
        precision: ``fp32``, ``bf16`` or ``fp16``.
        parameters: number of weights.
        unreadable: clips of train and dev that turned out to be no audio while decoding.
        selected_on: the split whose WER chose the weights; None when the last were kept.
    """

    folder: Path
    evaluations: tuple[Evaluation, ...]
    losses: tuple[tuple[int, float, float], ...]
    best_step: int
    steps: int
    first_step_seconds: float
    device: str
    precision: str
    parameters: int
    unreadable: tuple[LeftOut, ...] = ()
    selected_on: str | None = None


@dataclass(frozen=True, slots=True)
class RunReport:
    """Everything a finished run says about itself; `facts` is the content of run.json."""

    folder: Path
    score: Score
    pairs: tuple[Pair, ...]
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class EvaluationReport:
    """The score of a model on one split of a release; `facts` is what ``--json`` prints."""

    score: Score
    pairs: tuple[Pair, ...]
    facts: Mapping[str, Any]
