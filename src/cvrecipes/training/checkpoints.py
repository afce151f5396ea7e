"""Choosing the checkpoint to go on from: the last that is whole."""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cvrecipes.console import say
from cvrecipes.errors import Failure
from cvrecipes.run_folder import RunFolder

STATE = "trainer_state.json"
_NEEDED, _OPTIONAL = ("optimizer.pt", "scheduler.pt"), ("rng_state.pth", "scaler.pt")


class Damaged(Exception):
    """A file of a checkpoint is missing or cannot be read; says which."""


@dataclass(frozen=True, slots=True)
class Resumed:
    """Where training goes on.

    Attributes:
        checkpoint: its folder.
        step: optimizer steps taken there.
        best: the checkpoint with the best weights so far, when weights are selected.
    """

    checkpoint: Path
    step: int
    best: Path | None


def last_checkpoint(folder: RunFolder, *, selecting: bool) -> Resumed | None:
    """The last checkpoint that training can go on from; None to start from the beginning.

    Later ones, which are damaged or were not written to their end, are deleted with a warning:
    Trainer would count them among those to keep.

    Arguments:
        selecting: whether the best weights so far are needed, too.

    Raises:
        Failure: a checkpoint cannot be read at all.
    """
    pattern = re.compile(r"checkpoint-(\d+)")
    numbered = [(pattern.fullmatch(p.name), p) for p in folder.checkpoints.glob("checkpoint-*")]
    checkpoints = sorted(((int(match[1]), p) for match, p in numbered if match), reverse=True)
    troubles: list[str] = []
    chosen: Resumed | None = None
    for _, path in checkpoints:
        try:
            chosen = _look(path, selecting)
            break
        except Damaged as error:
            troubles.append(f"{path.name} ({error})")
        except OSError as error:
            raise Failure(f"cannot be read ({error.strerror})", where=path) from None
    for _, path in checkpoints[: len(troubles)]:
        shutil.rmtree(path, ignore_errors=True)
    if troubles:
        then = f"going on from {chosen.checkpoint.name}" if chosen else "training starts anew"
        say(f"warning: damaged checkpoint: {', '.join(troubles)}; {then}")
    return chosen


def _look(path: Path, selecting: bool) -> Resumed:
    state = _state(path / STATE)
    check_weights(path)
    for name in (*_NEEDED, *_OPTIONAL):
        _check_archive(path / name, needed=name in _NEEDED)
    best = state.get("best_model_checkpoint") if selecting else None
    if not best:
        return Resumed(path, state["global_step"], None)
    place = path.with_name(re.split(r"[/\\]", str(best))[-1])
    if place != path:
        check_weights(place)
    return Resumed(path, state["global_step"], place)


def _state(path: Path) -> Mapping[str, Any]:
    try:
        state = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Damaged(f"{path.name} is missing") from None
    except ValueError:
        raise Damaged(f"{path.name} is no JSON") from None
    if not (
        isinstance(state, dict)
        and isinstance(state.get("global_step"), int)
        and isinstance(state.get("log_history"), list)
    ):
        raise Damaged(f"{path.name} is incomplete")
    return state


def check_weights(folder: Path) -> None:
    """Check that all safetensors of a folder are whole; raises Damaged."""
    from safetensors import SafetensorError, safe_open

    files = sorted(folder.glob("*.safetensors"))
    if not files:
        raise Damaged(f"{folder.name} has no weights")
    for file in files:
        try:
            with safe_open(str(file), framework="pt") as tensors:
                tensors.keys()
        except SafetensorError:
            raise Damaged(f"{folder.name}/{file.name} is damaged") from None


def _check_archive(path: Path, *, needed: bool) -> None:
    """torch.save writes a zip archive, whose checksums tell whether it is whole."""
    if not path.is_file():
        if needed:
            raise Damaged(f"{path.name} is missing")
        return
    try:
        with zipfile.ZipFile(path) as archive:
            broken = archive.testzip()
    except (zipfile.BadZipFile, EOFError):
        broken = path.name
    if broken is not None:
        raise Damaged(f"{path.name} is damaged")
