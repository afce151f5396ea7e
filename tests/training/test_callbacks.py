"""Callbacks: the table of evaluations, and the watchdog for a silent model."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from cvrecipes.records import Evaluation
from cvrecipes.training.callbacks import Watchdog, evaluations_of

pytestmark = pytest.mark.usefixtures("quiet_transformers")


def history() -> Iterator[dict[str, Any]]:
    dev = {"eval_loss": 2.5, "eval_wer": 0.5, "eval_cer": 0.25, "eval_blank_share": 0.75}
    yield {"step": 5, "epoch": 0.5, **dev}
    yield {"step": 6, "epoch": 0.6, "loss": 4.0, "learning_rate": 1e-4}
    yield {"step": 8, "epoch": 0.8, "loss": 3.0, "learning_rate": 1e-4}
    yield {"step": 10, "epoch": 1.004, **dev}
    yield {"step": 15, "epoch": 1.5, **dev}
    yield {"step": 10, "train_runtime": 1.0, "train_loss": 3.5}


def test_the_evaluation_table_is_read_from_the_log() -> None:
    assert list(evaluations_of(history())) == [
        Evaluation(5, 0.5, None, 2.5, 0.5, 0.25, 0.75),
        Evaluation(10, 1.0, (6 * 4.0 + 2 * 3.0) / 8, 2.5, 0.5, 0.25, 0.75),
        Evaluation(15, 1.5, None, 2.5, 0.5, 0.25, 0.75),
    ]


def test_the_watchdog_warns_once_and_only_after_the_warm_up(
    capsys: pytest.CaptureFixture[str],
) -> None:
    dog, arguments = Watchdog(), SimpleNamespace(warmup_steps=100)

    def at(step: int, share: float) -> str:
        state = SimpleNamespace(global_step=step)
        dog.on_evaluate(arguments, state, None, metrics={"eval_blank_share": share})
        return capsys.readouterr().err

    assert at(299, 1.0) == ""
    assert at(300, 0.9) == ""
    warning = at(300, 1.0)
    assert warning.startswith("warning: after 300 steps") and warning.count("\n") == 1
    assert at(400, 1.0) == ""
