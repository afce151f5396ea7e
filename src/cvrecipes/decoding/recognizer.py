"""A trained model and a decoder: audio in, text out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from cvrecipes.decoding.decoder import Decoder, Greedy
from cvrecipes.models import saved
from cvrecipes.models.inference import Samples, infer, log_probabilities


@dataclass(frozen=True, slots=True)
class Transcript:
    """The text of one audio, and the log-probabilities it was read from.

    Attributes:
        text: the transcript.
        seconds: duration of the audio.
        log_probabilities: log-probabilities of the classes, shape (frames, classes).
        frame_seconds: seconds from one frame to the next.
    """

    text: str
    seconds: float
    log_probabilities: Samples
    frame_seconds: float


class Recognizer:
    """A model folder (or Hub name) ready to transcribe.

    Arguments:
        where: a model folder, a run folder, or a Hub repository.
        device: ``cpu``, ``cuda``, ``mps``, ``cuda:1``, or ``auto``.
        decoder: turns log-probabilities into text; greedy when None.

    Raises:
        UsageError: it is no CTC model folder.
        Failure: it cannot be loaded.
    """

    def __init__(
        self, where: str | Path, device: str = "auto", decoder: Decoder | None = None
    ) -> None:
        loaded = saved.load(where, device)
        self.acoustic, self.vocabulary = loaded.acoustic, loaded.vocabulary
        self.model, self.processor = loaded.model, loaded.processor
        self.decoder: Decoder = decoder or Greedy(self.vocabulary)

    @property
    def rate(self) -> int:
        """Samples a second that the model expects."""
        return self.acoustic.rate

    def transcribe(self, samples: Samples) -> Transcript:
        """Transcribe audio of any length, and keep the log-probabilities of every frame."""
        import torch

        seconds = len(samples) / self.rate
        (emission,) = infer(self.acoustic, [samples], [seconds], log_probabilities)
        evidence = self.decoder.evidence(torch.from_numpy(emission.frames))
        return Transcript(
            self.text(evidence), seconds, emission.frames, self.acoustic.framing.frame_seconds
        )

    def text(self, evidence: npt.NDArray[np.int64] | Sequence[int]) -> str:
        """Text of what the decoder keeps of a clip's frames."""
        return self.decoder.text(np.asarray(evidence))
