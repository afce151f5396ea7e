"""What a run leaves in its folder, read for tests; and a run that is interrupted."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

# It begins as an mp3 frame does, and no frame follows.
GARBAGE = b"\xff\xfb\x90\x64" + bytes(4000)
PROMISED = {
    "run.json", "plan.json", "left_out.tsv", "clips.parquet", "pairs.parquet", "pairs.tsv",
    "vocab.json", "recipe.json", "model", "report.html", "tensorboard", "checkpoints", "job",
    "trained.json",
}  # fmt: skip


def facts_of(folder: Path) -> dict[str, Any]:
    facts = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert isinstance(facts, dict)
    return facts


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def log_of(folder: Path, step: int = 6) -> list[dict[str, Any]]:
    """Trainer's log at a checkpoint, without what depends on the clock."""
    state = folder / "checkpoints" / f"checkpoint-{step}" / "trainer_state.json"
    history = json.loads(state.read_text(encoding="utf-8"))["log_history"]
    return [{k: v for k, v in entry.items() if "second" not in k} for entry in history]


def losses_of(folder: Path) -> list[tuple[int, float]]:
    return [(entry["step"], entry["loss"]) for entry in log_of(folder) if "loss" in entry]


def nothing_finished(folder: Path) -> None:
    assert (folder / "plan.json").is_file()
    assert not (folder / "run.json").exists()
    assert not (folder / "report.html").exists()


def interrupt_at(step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while the evaluation at `step` is under way."""
    from cvrecipes.training.trainer import CTCTrainer

    evaluate = CTCTrainer.evaluate

    def interrupted(self: Any, *arguments: Any, **named: Any) -> Any:
        if self.state.global_step == step:
            raise KeyboardInterrupt
        return evaluate(self, *arguments, **named)

    monkeypatch.setattr(CTCTrainer, "evaluate", interrupted)


def replaced(words: list[str], option: str, value: object) -> list[str]:
    place = words.index(option) + 1
    return [*words[:place], str(value), *words[place + 1 :]]
