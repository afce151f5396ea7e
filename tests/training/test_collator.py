"""Batches: padding, labels, and clips that cannot be decoded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from cvrecipes import audio
from cvrecipes.job import Job
from cvrecipes.training.collator import IGNORED, Collator, note_unreadable, read_unreadable
from support.training import processor_of

pytestmark = pytest.mark.usefixtures("quiet_transformers")


@pytest.fixture
def collator(job: Job, tmp_path: Path) -> Collator:
    processor = processor_of(job, tmp_path)
    return Collator(processor.feature_extractor, job.vocabulary)


def rows_of(job: Job, count: int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = job.corpus.train.slice(0, count).to_pylist()
    return rows


def test_inputs_and_labels_are_padded_apart(job: Job, collator: Collator) -> None:
    rows = rows_of(job, 4)
    batch = collator(rows)
    assert set(batch) == {"input_values", "attention_mask", "labels"}
    lengths = [len(audio.load(row["path"])) for row in rows]
    assert batch["input_values"].shape == (4, max(lengths))
    assert batch["input_values"].dtype == torch.float32
    assert batch["attention_mask"].sum(-1).tolist() == lengths
    assert batch["labels"].shape == (4, max(len(row["text"]) for row in rows))
    assert batch["labels"].dtype == torch.long
    for row, labels, values, length in zip(
        rows, batch["labels"], batch["input_values"], lengths, strict=True
    ):
        count = len(row["text"])
        assert job.vocabulary.decode(labels[:count].tolist(), collapsed=True) == row["text"]
        assert labels[count:].eq(IGNORED).all() and values[length:].eq(0).all()


def test_labels_never_hold_the_blank_and_keep_doubled_letters(collator: Collator) -> None:
    row = {"path": "", "clip": "x", "text": "dikkat saat"}
    numbers = collator._numbers
    with pytest.MonkeyPatch.context() as during:
        during.setattr(audio, "load", lambda *_: np.zeros(1600, np.float32))
        labels = collator([row])["labels"][0].tolist()
    assert labels == [numbers["|" if sign == " " else sign] for sign in row["text"]]
    assert numbers["[PAD]"] not in labels


def test_an_unreadable_clip_leaves_its_batch_and_is_remembered(
    job: Job, collator: Collator, tmp_path: Path
) -> None:
    rows = rows_of(job, 3)
    bad = tmp_path / "bad.mp3"
    bad.write_bytes(b"\xff\xfb\x90\x64" + bytes(500))
    rows[1] = {**rows[1], "path": str(bad), "clip": "bad.mp3"}
    written = tmp_path / "checkpoints" / "unreadable.jsonl"
    collator._unreadable = written
    batch = collator(rows)
    assert len(batch["input_values"]) == len(batch["labels"]) == 2
    ((clip, why),) = read_unreadable(written).items()
    assert clip == "bad.mp3" and "decoded" in why


def test_odd_names_and_a_line_cut_short_do_not_spoil_the_list_of_unreadable_clips(
    tmp_path: Path,
) -> None:
    file = tmp_path / "checkpoints" / "unreadable.jsonl"
    assert read_unreadable(file) == {}
    note_unreadable(file, "a\tb\n.mp3", "no\taudio")
    note_unreadable(file, "ç.mp3", "empty")
    note_unreadable(None, "x", "y")
    with file.open("a") as lines:
        lines.write('{"clip": "half')
    assert read_unreadable(file) == {"a\tb\n.mp3": "no\taudio", "ç.mp3": "empty"}


def test_a_batch_without_a_single_readable_clip_is_silence_without_labels(
    job: Job, collator: Collator
) -> None:
    batch = collator([{**row, "path": "nowhere.mp3"} for row in rows_of(job, 2)])
    assert len(batch["input_values"]) == 1
    assert (batch["labels"] == -100).all()
