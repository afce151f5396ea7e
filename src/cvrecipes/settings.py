"""Every training setting, in one class, and the presets.

`Settings` is validated before anything runs: an unknown name, a wrong type or a value
out of range ends in one line that says what is allowed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from cvrecipes.errors import UsageError, did_you_mean


def _setting(
    default: Any, help: str, *, low: float | None = None, high: float | None = None,
    choices: tuple[str, ...] = (),
) -> Any:  # fmt: skip
    return field(
        default=default, metadata={"help": help, "low": low, "high": high, "choices": choices}
    )


@dataclass(frozen=True)
class Settings:
    """How to train and evaluate. Durations are seconds unless the name says otherwise."""

    learning_rate: float = _setting(
        1e-4, "Highest learning rate, reached at the end of the warm-up.", low=1e-9, high=1.0
    )
    warmup_steps: int = _setting(500, "Optimizer steps until the highest rate.", low=0)
    schedule: str = _setting(
        "linear", "How the rate falls after the warm-up.", choices=("linear", "cosine", "constant")
    )
    weight_decay: float = _setting(0.01, "AdamW's weight decay.", low=0.0, high=1.0)
    epochs: float = _setting(15.0, "Passes over the training split.", low=0.001)
    max_steps: int = _setting(0, "Stop after so many optimizer steps; 0 for no limit.", low=0)
    batch_seconds: float = _setting(
        160.0, "Speech in one batch, padding included; 0 to count clips instead.", low=0.0, high=1e6
    )
    batch_clips: int = _setting(64, "Clips in one batch at most.", low=1)
    accumulation: int = _setting(1, "Batches per optimizer step.", low=1)
    evaluate_every: int = _setting(
        0, "Steps between evaluations on dev; 0 for once an epoch, at most ten times.", low=0
    )
    log_every: int = _setting(10, "Steps between lines of the loss curve.", low=1)
    select: str = _setting(
        "best", "Which weights to keep: the best on dev, or the last.", choices=("best", "last")
    )
    watch: str = _setting(
        "dev",
        "The split whose WER is shown during training. Weights are never selected on test.",
        choices=("dev", "test"),
    )
    merge_dev: bool = _setting(False, "Train on train and dev together, as the tutorial did.")
    keep_checkpoints: int = _setting(2, "Checkpoints kept for resuming.", low=1, high=10_000)
    precision: str = _setting(
        "auto",
        "auto takes bf16 on a GPU that has it, fp16 on older ones, fp32 elsewhere. "
        "CTC loss is always fp32.",
        choices=("auto", "fp32", "bf16", "fp16"),
    )
    gradient_checkpointing: bool = _setting(True, "Save memory by computing activations twice.")
    max_grad_norm: float = _setting(
        1.0, "Gradients are clipped to this norm; 0 for no limit.", low=0.0
    )
    freeze_feature_encoder: bool = _setting(True, "Keep the convolutions as pretrained.")
    transplant_head: bool = _setting(
        True, "Start the output layer from the base model's rows for the same characters."
    )
    attention_dropout: float = _setting(0.0, "Of attention weights.", low=0.0, high=0.99)
    hidden_dropout: float = _setting(0.0, "Of hidden layers.", low=0.0, high=0.99)
    activation_dropout: float = _setting(0.0, "Inside feed-forward layers.", low=0.0, high=0.99)
    feat_proj_dropout: float = _setting(0.0, "Of projected features.", low=0.0, high=0.99)
    final_dropout: float = _setting(0.0, "Before the output layer.", low=0.0, high=0.99)
    layerdrop: float = _setting(0.0, "Chance to skip a whole layer.", low=0.0, high=0.99)
    mask_time_prob: float = _setting(
        0.05, "SpecAugment: share of frames that start a time mask.", low=0.0, high=1.0
    )
    mask_time_length: int = _setting(10, "SpecAugment: frames a time mask covers.", low=1)
    mask_feature_prob: float = _setting(
        0.0, "SpecAugment: share of features that start a mask.", low=0.0, high=1.0
    )
    mask_feature_length: int = _setting(10, "SpecAugment: features a mask covers.", low=1)
    ctc_zero_infinity: bool = _setting(True, "Ignore clips whose loss is infinite.")
    shortest: float = _setting(0.5, "Shorter clips are left out.", low=0.0)
    longest: float = _setting(20.0, "Longer clips are left out of train.", low=0.1)
    rate_outliers: float = _setting(
        6.0,
        "Clips of train spoken so many robust standard deviations faster or slower than usual "
        "(logarithm of characters a second) are left out; 0 for none.",
        low=0.0,
    )
    split: str = _setting(
        "official",
        "What to train on: the release's train split, or all validated clips without any speaker "
        "or sentence of dev and test.",
        choices=("official", "strict-all"),
    )
    include_other: bool = _setting(False, "Also train on other.tsv: clips with too few votes.")
    min_up_votes: int = _setting(0, "Votes that a clip of train needs.", low=0)
    max_down_votes: int = _setting(
        -1, "Votes against a clip of train at most; -1 for any number.", low=-1
    )
    skip_reported: str = _setting(
        "",
        "Leave out sentences that reported.tsv gives one of these reasons for, separated by "
        "commas; all for any reason.",
    )
    clips_per_speaker: int = _setting(0, "Clips of one speaker in train; 0 for all.", low=0)
    clips_per_sentence: int = _setting(0, "Clips of one sentence in train; 0 for all.", low=0)
    workers: int = _setting(
        -1, "Processes that decode audio; -1 to choose by device.", low=-1, high=256
    )
    threads: int = _setting(0, "CPU threads of torch; 0 leaves its own choice.", low=0, high=1024)
    push_to_hub: str = _setting("", "Hub repository to push the model to; empty for none.")

    def changed(self, values: Mapping[str, Any]) -> Settings:
        """A copy with other values, checked.

        Raises:
            UsageError: unknown name, wrong type, out of range, or two that exclude each other.
        """
        settings = {f.name: f for f in fields(self)}
        checked: dict[str, Any] = {}
        for name, value in values.items():
            if name not in settings:
                meant = ALIASES.get(name.lower())
                raise UsageError(
                    f"unknown setting {name!r}",
                    remedy=f"did you mean {meant}?"
                    if meant
                    else did_you_mean(name, settings, "see: cvrecipes settings"),
                )
            checked[name] = _check(name, value, type(getattr(self, name)), settings[name].metadata)
        changed = replace(self, **checked)
        if changed.shortest > changed.longest:
            raise UsageError(
                f"setting shortest ({changed.shortest:g}) is above longest ({changed.longest:g})",
                remedy="no clip could be used; change one of them",
            )
        return changed

    def as_dict(self) -> dict[str, Any]:
        """Plain data for run.json."""
        return asdict(self)


_BOOLEANS = {
    **dict.fromkeys(("true", "yes", "1", "on"), True),
    **dict.fromkeys(("false", "no", "0", "off"), False),
}


def _check(name: str, value: Any, kind: type, meta: Mapping[str, Any]) -> Any:
    text = str(value).strip()
    try:
        if kind is bool:
            value = _BOOLEANS[text.lower()]
        elif kind is int:
            value = int(text)
        elif kind is float:
            value = float(text)
            if value != value or value in (float("inf"), float("-inf")):
                raise ValueError
        else:
            value = text
    except (KeyError, ValueError):
        expected = {bool: "true or false", int: "a whole number", float: "a number"}[kind]
        raise UsageError(f"setting {name} must be {expected}, not {text!r}") from None
    low, high, choices = meta["low"], meta["high"], meta["choices"]
    if choices and value not in choices:
        raise UsageError(f"setting {name} must be one of {', '.join(choices)}, not {text!r}")
    if low is not None and value < low:
        raise UsageError(f"setting {name} must be at least {low:g}, not {text}")
    if high is not None and value > high:
        raise UsageError(f"setting {name} must be at most {high:g}, not {text}")
    return value


# What other programs call them.
ALIASES = {
    "lr": "learning_rate",
    "batch_size": "batch_clips",
    "num_epochs": "epochs",
    "num_train_epochs": "epochs",
    "num_workers": "workers",
    "warmup": "warmup_steps",
    "gradient_accumulation_steps": "accumulation",
}

PRESETS: dict[str, tuple[str, dict[str, Any]]] = {
    "default": ("for XLS-R and its like on a GPU", {}),
    "blog": (
        "the 2021 tutorial's settings: train and dev merged, batches of 16 x 2, lr 3e-4, 30 epochs",
        {
            "merge_dev": True,
            "select": "last",
            "watch": "test",
            "learning_rate": 3e-4,
            "warmup_steps": 500,
            "weight_decay": 0.0,
            "epochs": 30.0,
            "batch_seconds": 0.0,
            "batch_clips": 16,
            "accumulation": 2,
            "evaluate_every": 400,
            "log_every": 400,
            "precision": "fp16",
            "gradient_checkpointing": True,
            "freeze_feature_encoder": True,
            "transplant_head": False,
            "mask_time_prob": 0.05,
            "ctc_zero_infinity": False,
            "keep_checkpoints": 2,
            "longest": 1e9,
            "shortest": 0.0,
            "rate_outliers": 0.0,
        },
    ),
    "tiny": (
        "for the built-in tiny encoder on a CPU; each of the two is chosen with the other",
        {
            "learning_rate": 8e-4,
            "warmup_steps": 60,
            "schedule": "cosine",
            "epochs": 8.0,
            "batch_seconds": 48.0,
            "batch_clips": 24,
            "gradient_checkpointing": False,
            "mask_time_prob": 0.05,
            "mask_time_length": 4,
            "evaluate_every": 0,
        },
    ),
}


def preset(name: str) -> Settings:
    """The settings of a preset.

    Raises:
        UsageError: there is no such preset.
    """
    if name not in PRESETS:
        raise UsageError(
            f"unknown preset {name!r}",
            remedy=did_you_mean(name, PRESETS, "known: " + ", ".join(PRESETS)),
        )
    return Settings().changed(PRESETS[name][1])


def parse_assignments(assignments: Iterable[str]) -> dict[str, str]:
    """``key=value`` pairs of the command line.

    Raises:
        UsageError: one of them has no equals sign.
    """
    values: dict[str, str] = {}
    for assignment in assignments:
        name, sign, value = assignment.partition("=")
        if not sign or not name.strip():
            raise UsageError(f"--set {assignment!r} is not of the form key=value")
        values[name.strip().replace("-", "_")] = value
    return values
