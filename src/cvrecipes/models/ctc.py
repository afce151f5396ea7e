"""The arithmetic of CTC that needs no tensors: frames, feasibility, collapsing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby, pairwise

import numpy as np
import numpy.typing as npt

# Classes that stand for no text, as tokenizers name them: ``<s>``, ``<pad>``, ``[CLS]``.
_SPECIAL = re.compile(r"<.+>|\[.+\]")


@dataclass(frozen=True, slots=True)
class Framing:
    """How an encoder turns samples into frames, one stage after the other.

    A stage takes every `stride` inputs the `kernel` inputs from there on, so that n inputs give
    floor((n - kernel) / stride) + 1 outputs. A convolution padded by p on each side counts as
    one whose kernel is smaller by 2p; so does a spectrum of windows.

    Attributes:
        rate: samples a second that the model expects.
        kernels: kernel of each stage, in its inputs.
        strides: stride of each stage, likewise.
        extracted: how many stages the feature extractor carries out; the model begins there.
    """

    rate: int = 16_000
    kernels: tuple[int, ...] = (10, 3, 3, 3, 3, 2, 2)
    strides: tuple[int, ...] = (5, 2, 2, 2, 2, 2, 2)
    extracted: int = 0

    def frames(self, seconds: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Logit frames for clips of so many seconds; same shape as `seconds`."""
        # Seconds are samples divided by the rate, in float32 at worst: rounding undoes that.
        length = np.rint(np.asarray(seconds, dtype=np.float64) * self.rate).astype(np.int64)
        return self._through(length, 0)

    def frames_of_inputs(self, lengths: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Logit frames for so many inputs of the model (samples, or frames of spectra)."""
        return self._through(np.asarray(lengths, dtype=np.int64), self.extracted)

    def _through(self, length: npt.NDArray[np.int64], first: int) -> npt.NDArray[np.int64]:
        stages = zip(self.kernels[first:], self.strides[first:], strict=True)
        for kernel, stride in stages:
            length = np.maximum(0, (length - kernel) // stride + 1)
        return length

    @property
    def fewest_samples(self) -> int:
        """The shortest clip that gives a frame."""
        length = 1
        for kernel, stride in zip(reversed(self.kernels), reversed(self.strides), strict=True):
            length = (length - 1) * stride + kernel
        return max(1, length)

    @property
    def frame_seconds(self) -> float:
        """Seconds from one frame to the next."""
        return float(np.prod(self.strides)) / self.rate


def frames_needed(text: str) -> int:
    """The fewest frames in which CTC can write `text`: its signs, and a blank between equal
    neighbors (Graves et al. 2006, section 3.1)."""
    return len(text) + sum(1 for left, right in pairwise(text) if left == right)


def collapse(path: Iterable[int], blank: int) -> list[int]:
    """The labels of a frame-wise path: repeats merged, then blanks removed."""
    return [label for label, _ in groupby(path) if label != blank]


@dataclass(frozen=True)
class Vocabulary:
    """The CTC classes in the order of their numbers.

    ``[PAD]`` is the blank, ``|`` the space between words.
    """

    tokens: tuple[str, ...]
    blank_token: str = "[PAD]"
    unknown_token: str = "[UNK]"
    delimiter: str = "|"

    def __len__(self) -> int:
        return len(self.tokens)

    @cached_property
    def blank(self) -> int:
        """Number of the blank; ValueError where it is not among the tokens.

        Remembered, because searching thousands of tokens for every frame takes seconds an hour
        of speech.
        """
        return self.tokens.index(self.blank_token)

    def numbers(self) -> dict[str, int]:
        """Number of each token: the content of vocab.json."""
        return dict(self._numbers)

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {token: number for number, token in enumerate(self.tokens)}

    @cached_property
    def _written(self) -> frozenset[str]:
        """The characters that the classes write; ``[UNK]``, ``<s>`` and the like write none."""
        special = (self.blank_token, self.unknown_token, self.delimiter)
        tokens = (t for t in self.tokens if t not in special and not _SPECIAL.fullmatch(t))
        return frozenset("".join(tokens))

    def missing(self, text: str) -> list[str]:
        """The characters of a normalized text that no class writes, sorted, each once.

        A word with one of them is always wrong, whatever the model hears.
        """
        return sorted(set(text) - self._written - {" "})

    def encode(self, text: str) -> list[int]:
        """Labels of a normalized text.

        Raises:
            KeyError: a character is outside the vocabulary.
        """
        number = self._numbers
        return [number[self.delimiter if sign == " " else sign] for sign in text]

    def decode(self, path: Sequence[int], *, collapsed: bool = False) -> str:
        """Text of a frame-wise path, or of labels when `collapsed`.

        Labels are never merged: the doubled letters of a reference survive.
        """
        labels = list(path) if collapsed else collapse(path, self.blank)
        text = "".join(self.tokens[label] for label in labels if label != self.blank)
        return " ".join(text.replace(self.delimiter, " ").split())
