"""Decoders: greedy, and any other that says what it needs of each frame."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

from cvrecipes import audio
from cvrecipes.decoding.decoder import Decoder, Greedy
from cvrecipes.decoding.recognizer import Recognizer
from cvrecipes.models.ctc import Vocabulary
from cvrecipes.models.inference import log_probabilities
from cvrecipes.records import RunReport

VOCABULARY = Vocabulary(("|", "a", "b", "[UNK]", "[PAD]"))


def test_greedy_decoding_keeps_a_class_a_frame_and_collapses_the_path() -> None:
    path = [1, 1, 4, 1, 0, 0, 4, 2, 0]
    logits = torch.nn.functional.one_hot(torch.tensor(path), len(VOCABULARY)).float()
    greedy = Greedy(VOCABULARY)
    evidence = greedy.evidence(logits)
    assert evidence.tolist() == path
    assert greedy.text(evidence) == "aa b"
    assert greedy.text(evidence[:0]) == ""


class BackwardSearch:
    """A decoder that needs every log-probability, as a beam search does."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self.seen: list[tuple[int, ...]] = []

    def evidence(self, logits: torch.Tensor) -> npt.NDArray[np.float32]:
        return log_probabilities(logits)

    def text(self, evidence: npt.NDArray[Any]) -> str:
        self.seen.append(evidence.shape)
        assert np.exp(evidence).sum(axis=1) == pytest.approx(1.0, abs=1e-4)
        return self._vocabulary.decode(evidence.argmax(axis=1)[::-1].tolist())


def test_a_decoder_that_needs_log_probabilities_gets_them_whatever_the_length(
    micro_run: RunReport, micro_release: Path
) -> None:
    greedy = Recognizer(micro_run.folder, "cpu")
    search = BackwardSearch(greedy.vocabulary)
    decoder: Decoder = search
    backward = Recognizer(micro_run.folder, "cpu", decoder)
    clip = audio.load(min((micro_release / "clips").iterdir()))
    for samples in (clip, np.tile(clip, 40 * 16_000 // len(clip))):
        result = backward.transcribe(samples)
        assert search.seen[-1] == result.log_probabilities.shape
        assert sorted(result.text) == sorted(greedy.transcribe(samples).text)
        assert result.text == greedy.transcribe(samples).text[::-1] != ""
