"""What a run is going to do, before it does it: checked, counted and estimated."""

from __future__ import annotations

import hashlib
import math
import shutil
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cvrecipes.errors import Failure, UsageError
from cvrecipes.models import base as bases
from cvrecipes.models.base import Base
from cvrecipes.models.batches import SecondsSampler
from cvrecipes.models.ctc import Vocabulary
from cvrecipes.recipe import Recipe
from cvrecipes.records import SPLITS, Corpus, Release
from cvrecipes.settings import Settings, preset

_GIB = 1024**3
_MOST_STEPS = 100_000_000


@dataclass(frozen=True, slots=True)
class Request:
    """What the user asked for on the command line; None means: choose for me."""

    locale: str
    data: str | None = None
    out: Path | None = None
    base: str | None = None
    preset: str | None = None
    changes: Mapping[str, Any] | None = None
    limit: int | None = None
    seed: int = 42
    device: str = "auto"
    resume: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """A request with every choice made."""

    request: Request
    preset: str
    settings: Settings
    base_name: str


def make_plan(request: Request, recipe: Recipe, *, builtin_sample: bool) -> Plan:
    """Choose base and preset, and check every setting.

    The order of precedence is: preset, then the recipe's ``[training]``, then ``--set``.
    The recipe's settings do not apply to the presets ``blog`` and ``tiny``, which stand
    for exact configurations.

    Raises:
        UsageError: unknown preset or setting, or a value out of range.
    """
    base_name = request.base or (bases.TINY if builtin_sample else bases.DEFAULT)
    name = request.preset or ("tiny" if base_name == bases.TINY else "default")
    settings = preset(name)
    if name == "default":
        settings = settings.changed(recipe.training)
    return Plan(request, name, settings.changed(request.changes or {}), base_name)


def fingerprint(plan: Plan, recipe: Recipe, release: Release) -> dict[str, Any]:
    """What must be equal for an interrupted run to go on."""
    return {
        "locale": recipe.locale,
        "recipe": recipe.digest,
        "release": release.version,
        "data": str(release.folder.resolve()),
        "tables": table_hashes(plan.settings, release),
        "base": plan.base_name,
        "preset": plan.preset,
        "settings": plan.settings.as_dict(),
        "limit": plan.request.limit,
        "seed": plan.request.seed,
    }


def table_hashes(settings: Settings, release: Release) -> dict[str, str]:
    """The start of the SHA-256 of every file that a run reads its rows from, by file name.

    The content counts and not the time of change: a release may be unpacked again.

    Raises:
        Failure: one of them cannot be read.
    """
    asked = {
        "validated": settings.split == "strict-all",
        "other": settings.include_other,
        "reported": bool(settings.skip_reported),
    }
    names = [*SPLITS, *(name for name, wanted in asked.items() if wanted)]
    files = {release.tables[name] for name in names if name in release.tables}
    hashes: dict[str, str] = {}
    for path in sorted(path for path in files if path.is_file()):
        inside = path.is_relative_to(release.folder)
        name = path.relative_to(release.folder).as_posix() if inside else path.name
        try:
            with path.open("rb") as content:
                hashes[name] = hashlib.file_digest(content, "sha256").hexdigest()[:16]
        except OSError as error:
            raise Failure(f"cannot be read ({error.strerror})", where=path) from None
    return hashes


def split_counts(corpus: Corpus) -> dict[str, dict[str, Any]]:
    """Clips, hours, speakers and rows in the release of each split."""
    counts: dict[str, dict[str, Any]] = {}
    for split in SPLITS:
        table = corpus.split(split)
        counts[split] = {
            "clips": table.num_rows,
            "hours": round(corpus.hours(split), 4),
            "speakers": len(set(table["speaker"].to_pylist())),
            "rows": int(corpus.rows.get(split, 0)),
        }
    return counts


def reasons(corpus: Corpus, *, held_out: bool = False) -> dict[str, int]:
    """How many rows each reason left out; the part after a colon is detail.

    Arguments:
        held_out: count the rows that dev and test keep out of train instead of the others.
    """
    rows = (row for row in corpus.left_out if row.held_out == held_out)
    return dict(Counter(row.kind for row in rows).most_common())


def left_out(corpus: Corpus, *, merge_dev: bool) -> dict[str, Any]:
    """Rows left out, all and of each split, with their share of the rows considered.

    A row was considered when it is used or left out; rows that ``--limit`` did not choose
    were not, nor those that dev and test keep out of train.

    Arguments:
        merge_dev: dev was merged into train, and so were the rows that it lost.
    """
    lost = Counter(row.split for row in corpus.left_out if not row.held_out)
    if merge_dev:
        lost["train"] += lost.pop("dev", 0)
    used = {split: corpus.split(split).num_rows for split in SPLITS}
    splits = {s: {"clips": lost[s], "share": _share(lost[s], used[s])} for s in SPLITS}
    return {
        "clips": lost.total(),
        "share": _share(lost.total(), sum(used.values())),
        "reasons": reasons(corpus),
        "splits": splits,
        "held_out": reasons(corpus, held_out=True),
    }


def _share(lost: int, used: int) -> float:
    return lost / (lost + used) if lost else 0.0


def part_of_test(corpus: Corpus, limit: int | None) -> dict[str, int] | None:
    """Clips of test used and the rows that its table has, when ``--limit`` took only some."""
    rows = int(corpus.rows.get("test", 0))
    considered = corpus.test.num_rows + sum(row.split == "test" for row in corpus.left_out)
    if limit is None or considered >= rows:
        return None
    return {"clips": corpus.test.num_rows, "of": rows}


def estimate(plan: Plan, base: Base, corpus: Corpus, vocabulary: Vocabulary) -> dict[str, Any]:
    """Steps and memory of a run.

    Memory is weights, gradients and AdamW's two moments at four bytes each (frozen
    weights only once), plus activations: with gradient checkpointing one hidden state per
    layer is kept, without it about 16 (attention and feed-forward), besides the
    convolutions. It is a rough figure, meant to tell 4 GB from 40.

    Raises:
        UsageError: more steps than any training takes, or masks larger than what they cover.
    """
    settings, config = plan.settings, base.config
    sampler = SecondsSampler(
        corpus.train["seconds"].to_pylist(),
        most_seconds=settings.batch_seconds,
        most_clips=settings.batch_clips,
        seed=0,
    )
    epoch = max(1, math.ceil(len(sampler) / settings.accumulation))
    steps = settings.max_steps or math.ceil(epoch * settings.epochs)
    if steps > _MOST_STEPS:
        what = "max_steps" if settings.max_steps else "epochs"
        raise UsageError(
            f"setting {what} asks for {steps:.3g} steps", remedy=f"{_MOST_STEPS:,} at most"
        )
    hidden, layers = int(config.get("hidden_size", 0)), int(config.get("num_hidden_layers", 0))
    longest = max(corpus.train["seconds"].to_pylist())
    _check_masks(settings, hidden, int(longest / base.framing.frame_seconds))
    seconds = settings.batch_seconds or settings.batch_clips * longest
    frames = seconds / base.framing.frame_seconds
    kept = 1 if settings.gradient_checkpointing else 16
    activations = frames * hidden * layers * kept * 4
    channels, length = config.get("conv_dim", ()), seconds * base.framing.rate
    for width, stride in zip(channels, base.framing.strides, strict=False):
        length /= stride
        activations += length * width * 4 * (1 if settings.freeze_feature_encoder else 3)
    weights = base.parameters + (hidden + 1) * len(vocabulary)
    return {
        "steps": int(steps),
        "steps_an_epoch": epoch,
        "parameters": int(weights),
        "memory_gb": round((weights * 16 + activations) / _GIB + 0.7, 1),
        "disk_gb": round(weights * 4 * (1 + 3 * (settings.keep_checkpoints + 1)) / _GIB, 2),
    }


def _check_masks(settings: Settings, features: int, frames: int) -> None:
    """Refuse masks that do not fit even into the longest clip."""
    for prob, name, most, what in (
        (settings.mask_time_prob, "mask_time_length", frames, "frames of the longest clip"),
        (settings.mask_feature_prob, "mask_feature_length", features, "features of the base"),
    ):
        if prob and most and getattr(settings, name) > most:
            raise UsageError(
                f"setting {name} ({getattr(settings, name)}) is above the {most} {what}",
                remedy=f"--set {name}={max(1, most // 10)}",
            )


def check_disk(folder: Path, needed_gb: float) -> None:
    """Refuse to start what the disk cannot hold.

    Raises:
        Failure: there is less free space than the run's checkpoints need.
    """
    place = folder.absolute()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free / _GIB
    if free < needed_gb:
        raise Failure(
            f"{free:.1f} GB are free, the run needs about {needed_gb:.1f} GB",
            where=place,
            remedy="free some space, choose another --out, or --set keep_checkpoints=1",
        )
