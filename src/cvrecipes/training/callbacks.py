"""What happens beside the loop: progress, the evaluation table, and a watchdog."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from cvrecipes.console import Advance, progress, say
from cvrecipes.records import Evaluation
from cvrecipes.words import clock

_PATIENCE_STEPS = 200
_COLLAPSED = 0.999


class Recorder(TrainerCallback):
    """Shows progress with time left, and each evaluation."""

    def __init__(self, *, started: float, watch: str) -> None:
        self.first_step_seconds = 0.0
        self._started = started
        self._watch = watch
        self._bar: AbstractContextManager[Advance] | None = None
        self._advance: Advance | None = None
        self._shown = 0

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Start the bar at the step that training resumes from."""
        self._bar = progress("training", state.max_steps)
        self._advance = self._bar.__enter__()
        self._shown = 0
        self._show(state)

    def _show(self, state: Any) -> None:
        if self._advance is not None:
            self._advance(state.global_step - self._shown)
            self._shown = state.global_step

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Move the bar; remember when the first step was over."""
        if not self.first_step_seconds:
            self.first_step_seconds = time.monotonic() - self._started
        self._show(state)

    def on_evaluate(
        self, args: Any, state: Any, control: Any, metrics: Any = None, **_: Any
    ) -> None:
        """Print a line of the evaluation table."""
        values = metrics or {}
        if "eval_wer" not in values:
            return
        spent = clock(time.monotonic() - self._started)
        loss = values["eval_loss"]
        shown = "unknown" if math.isnan(loss) else f"{loss:.3f}"
        say(
            f"step {state.global_step}/{state.max_steps}, epoch {state.epoch or 0.0:.1f}: "
            f"{self._watch} loss {shown}, WER {values['eval_wer']:.1%}, "
            f"CER {values['eval_cer']:.1%} ({spent})"
        )

    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Close the bar."""
        self.close()

    def close(self) -> None:
        """Close the bar, also after an interruption."""
        if self._bar is not None:
            self._bar.__exit__(None, None, None)
            self._bar = self._advance = None


def evaluations_of(history: Iterable[Mapping[str, Any]]) -> Iterator[Evaluation]:
    """The evaluation table in Trainer's log, which survives an interruption.

    The training loss is the mean over the steps since the evaluation before; None if none of
    their losses was logged. A logged loss is itself the mean since the one logged before.
    """
    total = steps = logged = 0.0
    for entry in history:
        if "loss" in entry:
            total += float(entry["loss"]) * (entry["step"] - logged)
            steps += entry["step"] - logged
            logged = entry["step"]
        if "eval_wer" in entry:
            yield Evaluation(
                step=int(entry["step"]),
                epoch=round(float(entry.get("epoch", 0.0)), 2),
                training_loss=total / steps if steps else None,
                loss=None if math.isnan(entry["eval_loss"]) else float(entry["eval_loss"]),
                wer=float(entry["eval_wer"]),
                cer=float(entry["eval_cer"]),
                blank_share=float(entry["eval_blank_share"]),
            )
            total = steps = 0.0


class LossBeforeCheckpoint(TrainerCallback):
    """Has the loss logged before each evaluation and checkpoint.

    A checkpoint does not hold the sum of the losses since the last line of the log: Trainer would
    begin a new sum when training resumes, and the steps before would be missing from the curve.
    """

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Ask for a line of the log; comes after Trainer's own callback has decided."""
        if control.should_evaluate or control.should_save:
            control.should_log = True


class BestPlace(TrainerCallback):
    """Gives Trainer the place of the best weights so far: a run folder may have been moved.

    Arguments:
        best: the checkpoint with the best weights; None when there is none yet.
    """

    def __init__(self, best: Path | None) -> None:
        self._best = best

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Replace the path of the machine and folder that the checkpoint was written in."""
        if self._best is not None:
            state.best_model_checkpoint = str(self._best)


class Watchdog(TrainerCallback):
    """Warns about a model that writes nothing but blanks, while there is time to act."""

    def __init__(self) -> None:
        self.warned = False

    def on_evaluate(
        self, args: Any, state: Any, control: Any, metrics: Any = None, **_: Any
    ) -> None:
        """Warn once when all frames are blanks long after the warm-up."""
        share = (metrics or {}).get("eval_blank_share", 0.0)
        late = state.global_step >= _PATIENCE_STEPS + args.warmup_steps
        if share >= _COLLAPSED and late and not self.warned:
            self.warned = True
            say(
                f"warning: after {state.global_step} steps the model still writes only blanks; "
                "if that lasts, lower learning_rate or lengthen warmup_steps"
            )
