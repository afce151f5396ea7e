"""What a training will take: steps, memory and disk, before it begins."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from cvrecipes.errors import UsageError
from cvrecipes.job import Job
from cvrecipes.models.batches import SecondsSampler
from cvrecipes.settings import Settings

_GIB = 1024**3
_MOST_STEPS = 100_000_000
# Python, torch and the libraries beside the model: 0.6 to 0.8 GB on Linux.
_PROGRAM_GB = 0.7


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a training will take.

    Attributes:
        steps: optimizer steps in all.
        steps_an_epoch: optimizer steps of one pass over train.
        parameters: weights of the model, output layer included.
        memory_gb: of the device, in GiB; a rough figure, meant to tell 4 GB from 40.
        disk_gb: of checkpoints and model, in GiB.
    """

    steps: int
    steps_an_epoch: int
    parameters: int
    memory_gb: float
    disk_gb: float

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for JSON."""
        return asdict(self)


def steps_an_epoch(seconds: Sequence[float], settings: Settings) -> int:
    """Optimizer steps of one pass over clips of these durations."""
    sampler = SecondsSampler(
        seconds, most_seconds=settings.batch_seconds, most_clips=settings.batch_clips, seed=0
    )
    return max(1, math.ceil(len(sampler) / settings.accumulation))


def steps_of(epoch: int, settings: Settings) -> int:
    """Optimizer steps of a training whose epochs have so many."""
    return settings.max_steps or max(1, math.ceil(epoch * settings.epochs))


def estimate(job: Job) -> Estimate:
    """Steps, memory and disk of a job.

    Memory is weights, gradients and AdamW's two moments at four bytes each (frozen
    weights only once), plus activations: with gradient checkpointing one hidden state per
    layer is kept, without it about 16 (attention and feed-forward), besides the
    convolutions.

    Raises:
        UsageError: more steps than any training takes, or masks larger than what they cover.
    """
    settings, base = job.plan.settings, job.base
    config = base.sizes
    seconds: list[float] = job.corpus.train["seconds"].to_pylist()
    epoch = steps_an_epoch(seconds, settings)
    steps = steps_of(epoch, settings)
    if steps > _MOST_STEPS:
        setting = "max_steps" if settings.max_steps else "epochs"
        raise UsageError(
            f"setting {setting} asks for {steps:.3g} steps", remedy=f"{_MOST_STEPS:,} at most"
        )
    hidden, layers = int(config.get("hidden_size", 0)), int(config.get("num_hidden_layers", 0))
    longest = max(seconds)
    _check_masks(settings, hidden, int(longest / base.framing.frame_seconds))
    batch = settings.batch_seconds or settings.batch_clips * longest
    kept = 1 if settings.gradient_checkpointing else 16
    activations = batch / base.framing.frame_seconds * hidden * layers * kept * 4
    channels, length = config.get("conv_dim", ()), batch * base.framing.rate
    for width, stride in zip(channels, base.framing.strides, strict=False):
        length /= stride
        activations += length * width * 4 * (1 if settings.freeze_feature_encoder else 3)
    weights = base.parameters + (hidden + 1) * len(job.vocabulary)
    return Estimate(
        steps=int(steps),
        steps_an_epoch=epoch,
        parameters=int(weights),
        memory_gb=round((weights * 16 + activations) / _GIB + _PROGRAM_GB, 1),
        disk_gb=round(weights * 4 * (1 + 3 * (settings.keep_checkpoints + 1)) / _GIB, 2),
    )


def _check_masks(settings: Settings, features: int, frames: int) -> None:
    """Refuse masks that do not fit even into the longest clip."""
    for prob, name, most, unit in (
        (settings.mask_time_prob, "mask_time_length", frames, "frames of the longest clip"),
        (settings.mask_feature_prob, "mask_feature_length", features, "features of the base"),
    ):
        if prob and most and getattr(settings, name) > most:
            raise UsageError(
                f"setting {name} ({getattr(settings, name)}) is above the {most} {unit}",
                remedy=f"--set {name}={max(1, most // 10)}",
            )
