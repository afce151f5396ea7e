"""What turns the output of a CTC model into text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from cvrecipes.models.ctc import Vocabulary
from cvrecipes.models.inference import best_path

if TYPE_CHECKING:
    import torch


class Decoder(Protocol):
    """What turns log-probabilities into text, in two steps.

    The first runs where the model does, frame by frame, and keeps what the second needs: a
    greedy decoder the best class, a beam search `cvrecipes.models.inference.log_probabilities`.
    """

    def evidence(self, logits: torch.Tensor) -> npt.NDArray[Any]:
        """What is needed of each frame.

        Arguments:
            logits: of a clip or of a part of it, shape (frames, classes), on their device.

        Returns:
            An array of shape (frames, ...); those of parts are joined along their frames.
        """

    def text(self, evidence: npt.NDArray[Any]) -> str:
        """The text of a clip, words separated by single spaces."""


class Greedy:
    """The best class of every frame, repeats merged, blanks removed (Graves et al. 2006).

    Arguments:
        vocabulary: the model's classes.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary

    def evidence(self, logits: torch.Tensor) -> npt.NDArray[np.int64]:
        """The best class of each frame, shape (frames,)."""
        return best_path(logits)

    def text(self, evidence: npt.NDArray[Any]) -> str:
        """The text of a frame-wise path."""
        return self._vocabulary.decode(evidence.tolist())
