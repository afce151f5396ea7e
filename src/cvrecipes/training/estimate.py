"""What a training will take: steps, memory, disk and time, before it begins."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from cvrecipes.errors import UsageError
from cvrecipes.job import Job
from cvrecipes.models.batches import SecondsSampler
from cvrecipes.models.devices import kind_of
from cvrecipes.settings import Settings
from cvrecipes.training.costs import GIB, memory_gb, operations, shape_of

_MOST_STEPS = 100_000_000
_EVALUATIONS_AT_MOST = 10
# Floating-point operations a second that one core reaches in trainings in fp32. Idle cores of an
# AMD EPYC reach about 70e9 (`benchmarks/dry_run.py`); old or shared cores reach less.
_SLOW, _FAST = 20e9, 100e9


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a training will take; None stands for what is not known.

    Attributes:
        steps: optimizer steps in all.
        steps_an_epoch: optimizer steps of one pass over train.
        device: ``cpu``, ``cuda`` or ``mps``.
        parameters: weights of the model, output layer included.
        memory_gb: of the device, in GiB; on a CPU of the whole program.
        disk_gb: of checkpoints and model, in GiB.
        operations: floating-point operations of all steps and evaluations.
        cores: CPU cores that will be used; None on a GPU.
        seconds: the shortest and the longest time that training may take; None on a GPU, whose
            speed is not known before it has trained.
    """

    steps: int
    steps_an_epoch: int
    device: str
    parameters: int | None = None
    memory_gb: float | None = None
    disk_gb: float | None = None
    operations: float | None = None
    cores: int | None = None
    seconds: tuple[float, float] | None = None

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


def steps_between(epoch: int, steps: int, settings: Settings) -> int:
    """Optimizer steps from one evaluation to the next."""
    every = settings.evaluate_every or max(epoch, math.ceil(steps / _EVALUATIONS_AT_MOST))
    return min(every, steps)


def estimate(job: Job) -> Estimate:
    """Steps, memory, disk and time of a job; see `cvrecipes.training.costs` for the formulas.

    Where the base's configuration could not be read, only the steps are known.

    Raises:
        UsageError: more steps than any training takes, or masks larger than what they cover.
    """
    settings, base = job.plan.settings, job.base
    seconds: list[float] = job.corpus.train["seconds"].to_pylist()
    epoch = steps_an_epoch(seconds, settings)
    steps = steps_of(epoch, settings)
    if steps > _MOST_STEPS:
        setting = "max_steps" if settings.max_steps else "epochs"
        raise UsageError(
            f"setting {setting} asks for {steps:.3g} steps", remedy=f"{_MOST_STEPS:,} at most"
        )
    known = Estimate(int(steps), epoch, kind_of(job.plan.request.device))
    if not base.config:
        return known
    shape = shape_of(base, len(job.vocabulary))
    longest = max(seconds)
    _check_masks(settings, shape.hidden, int(longest / base.framing.frame_seconds))
    evaluations = steps // steps_between(epoch, steps, settings)
    work = operations(
        shape,
        settings,
        trained=sum(seconds) * steps / epoch,
        read=sum(job.corpus.split(settings.watch)["seconds"].to_pylist()) * evaluations,
    )
    cpu = known.device == "cpu"
    cores = settings.threads or _cores()
    return replace(
        known,
        parameters=shape.weights,
        memory_gb=round(memory_gb(shape, _largest_batch(seconds, settings), settings, cpu=cpu), 1),
        disk_gb=round(shape.weights * 4 * (1 + 3 * (settings.keep_checkpoints + 1)) / GIB, 2),
        operations=work,
        cores=cores if cpu else None,
        seconds=(work / _FAST / cores, work / _SLOW / cores) if cpu else None,
    )


def _largest_batch(seconds: Sequence[float], settings: Settings) -> float:
    """Seconds of speech and padding that a batch has at most."""
    longest = max(seconds)
    clips = min(settings.batch_clips, len(seconds)) * longest
    return max(longest, min(clips, settings.batch_seconds or clips))


def _cores() -> int:
    """CPU cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


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
