"""From rows of a corpus to tensors: decoding on the fly, inputs and labels padded apart."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cvrecipes import audio
from cvrecipes.errors import CvrecipesError
from cvrecipes.models.ctc import Vocabulary
from cvrecipes.records import Segment

IGNORED = -100


class Collator:
    """Decode, pad and label a batch of rows with ``path``, ``text`` and ``clip``, and of parts of
    files ``start`` and ``end``.

    A clip that turns out to be unreadable is left out of its batch and written down in
    `unreadable`, a file, because collators also work in processes of their own.

    Arguments:
        extractor: the model's feature extractor; it scales and pads.
        vocabulary: turns texts into labels.
        unreadable: takes an object of JSON on a line of its own each time.
    """

    def __init__(
        self, extractor: Any, vocabulary: Vocabulary, unreadable: Path | None = None
    ) -> None:
        self._extractor = extractor
        self._rate = int(extractor.sampling_rate)
        self._numbers = vocabulary.numbers()
        self._delimiter = vocabulary.delimiter
        self._unreadable = unreadable

    def __call__(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """A batch: what the extractor gives (``input_values`` or ``input_features``, and a
        mask), and ``labels``, int64 of shape (clips, longest text) filled up with -100.

        Where not one clip can be decoded, the batch is a second of silence without labels:
        the loop needs a batch, and silence is what an empty text sounds like.
        """
        import torch

        samples, texts = [], []
        for row in rows:
            try:
                samples.append(audio.load(Segment.of(row), self._rate))
            except CvrecipesError as error:
                note_unreadable(self._unreadable, row["clip"], error.what)
            else:
                texts.append(row["text"])
        if not samples:
            samples, texts = [np.zeros(self._rate, np.float32)], [""]
        batch = dict(
            self._extractor(
                samples, sampling_rate=self._rate, padding=True, return_tensors="pt",
                return_attention_mask=True,
            )
        )  # fmt: skip
        labels = torch.full((len(texts), max(1, max(map(len, texts)))), IGNORED, dtype=torch.long)
        for index, text in enumerate(texts):
            numbers = [self._numbers[self._delimiter if c == " " else c] for c in text]
            labels[index, : len(numbers)] = torch.tensor(numbers)
        batch["labels"] = labels
        return batch


def note_unreadable(file: Path | None, clip: str, why: str) -> None:
    """Write down a clip that cannot be decoded; whole lines survive several writers."""
    if file is None:
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8") as lines:
        lines.write(json.dumps({"clip": clip, "why": why}) + "\n")


def read_unreadable(file: Path) -> dict[str, str]:
    """Why each clip could not be decoded, by clip; a line cut short by a stop is passed over."""
    reasons: dict[str, str] = {}
    if not file.is_file():
        return reasons
    for line in file.read_text(encoding="utf-8").splitlines():
        try:
            entry = json.loads(line)
            reasons[str(entry["clip"])] = str(entry["why"])
        except (ValueError, KeyError, TypeError):
            continue
    return reasons
