"""Inference: clips in, one result for each frame out.

Dev, test, evaluate and transcribe all use this loop."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cvrecipes import audio
from cvrecipes.errors import CvrecipesError
from cvrecipes.models.base import family_of
from cvrecipes.models.batches import bucketed
from cvrecipes.records import Segment

if TYPE_CHECKING:
    import torch

Samples = npt.NDArray[np.float32]
# Takes the logits of a clip, shape (frames, classes), on their device, and gives an array with one
# entry for each frame.
Reduce = Callable[["torch.Tensor"], npt.NDArray[Any]]
# Arguments: a clip's index and its logits, on their device.
Observe = Callable[[int, "torch.Tensor"], None]

WINDOW_SECONDS, OVERLAP_SECONDS = 30.0, 5.0
BATCH_SECONDS, BATCH_CLIPS = 120.0, 64
_SHORTEST_SECONDS = 0.1  # a shorter clip is padded, so that it still gives a frame
_THREADS = 4


@dataclass(frozen=True, slots=True)
class Emission:
    """What a model computed for one clip.

    Attributes:
        index: the clip's index in the sequence of clips.
        seconds: duration of its audio as decoded.
        frames: what `reduce` kept of each frame, shape (frames, ...); empty for an unreadable clip.
        error: why the clip cannot be read; empty if it can.
    """

    index: int
    seconds: float
    frames: npt.NDArray[Any]
    error: str = ""


def best_path(logits: torch.Tensor) -> npt.NDArray[np.int64]:
    """The best class of every frame, shape (frames,): all that greedy decoding needs."""
    path: npt.NDArray[np.int64] = logits.argmax(dim=-1).cpu().numpy()
    return path


def log_probabilities(logits: torch.Tensor) -> npt.NDArray[np.float32]:
    """Log-probabilities of the classes, float32 of shape (frames, classes)."""
    scores: npt.NDArray[np.float32] = logits.float().log_softmax(dim=-1).cpu().numpy()
    return scores


class AcousticModel:
    """A CTC model with its feature extractor: clips to logits.

    Arguments:
        model: a transformers model for CTC, on its device.
        extractor: its feature extractor.
        device: where the inputs go.
        config: the model's configuration, where `model` is a wrapper around it.
        around: makes the context of each forward pass, such as autocast.
    """

    def __init__(
        self,
        model: Any,
        extractor: Any,
        device: Any,
        *,
        config: Any = None,
        around: Callable[[], AbstractContextManager[Any]] = nullcontext,
    ) -> None:
        values = (config or model.config).to_dict()
        self._model, self._extractor, self._device = model, extractor, device
        self._around = around
        self.family = family_of(values)
        self.framing = self.family.framing(values, extractor.to_dict())
        # Models with group normalization were trained without a mask, and must not get one.
        self._masked = bool(getattr(extractor, "return_attention_mask", True))
        self.equal_lengths = not self._masked or self.family.equal_lengths(values)

    @property
    def rate(self) -> int:
        """Samples a second that the model expects."""
        return int(self._extractor.sampling_rate)

    def logits(self, clips: Sequence[Samples]) -> list[torch.Tensor]:
        """Logits of a batch, each clip's of shape (frames, classes), float32, on the device."""
        return self._forward(self._inputs([self._long_enough(clip) for clip in clips]))

    def windows(self, clip: Samples, most: int) -> Iterator[torch.Tensor]:
        """Logits of a clip of any length, piece by piece, in order and without a gap.

        Windows of 30 s overlap by 5 s on each side. Only the middle of each window is used, so no
        word is cut. Every window begins where a frame begins. Features are extracted from the whole
        clip before it is cut: normalizing each window by itself would scale one second by whatever
        surrounds it, and up to 3 % of the letters would differ.

        Arguments:
            most: windows in a batch at most.
        """
        inputs = self._inputs([clip])
        extracted = self.framing.extracted
        hop = int(np.prod(self.framing.strides[extracted:]))
        unit = int(np.prod(self.framing.strides[:extracted])) / self.framing.rate
        window = round(WINDOW_SECONDS / unit) // hop * hop
        overlap = round(OVERLAP_SECONDS / unit) // hop * hop
        total = int(inputs[self.family.mask_name].sum())
        starts = [0]
        while starts[-1] + window < total:
            starts.append(starts[-1] + window - 2 * overlap)
        full, last = starts[:-1], starts[-1]
        for place in range(0, len(full), most):
            batch = full[place : place + most]
            for start, logits in zip(batch, self._slices(inputs, batch, window), strict=True):
                yield logits[(overlap if start else 0) // hop : (window - overlap) // hop]
        (logits,) = self._slices(inputs, [last], total - last)
        yield logits[(overlap if last else 0) // hop :]

    def _slices(
        self, inputs: Mapping[str, torch.Tensor], starts: Sequence[int], length: int
    ) -> list[torch.Tensor]:
        import torch

        cut = {}
        for name, value in inputs.items():
            # Time is the last axis of samples and of masks, and the second of spectra.
            axis = 1 if name == "input_features" else value.ndim - 1
            cut[name] = torch.cat([value.narrow(axis, start, length) for start in starts])
        return self._forward(cut)

    def _inputs(self, clips: Sequence[Samples]) -> dict[str, torch.Tensor]:
        return dict(
            self._extractor(
                list(clips), sampling_rate=self.rate, padding=True, return_tensors="pt",
                return_attention_mask=True,
            )
        )  # fmt: skip

    def _forward(self, inputs: Mapping[str, torch.Tensor]) -> list[torch.Tensor]:
        import torch

        tensors = dict(inputs)
        lengths = tensors[self.family.mask_name].sum(-1).cpu().numpy()
        if not self._masked:
            del tensors[self.family.mask_name]
        with torch.inference_mode(), self._around():
            moved = {name: value.to(self._device) for name, value in tensors.items()}
            logits = self._model(**moved).logits.float()
        frames = self.framing.frames_of_inputs(lengths)
        return [row[: int(count)] for row, count in zip(logits, frames, strict=True)]

    def _long_enough(self, samples: Samples) -> Samples:
        shortage = max(self.framing.fewest_samples, int(_SHORTEST_SECONDS * self.rate))
        shortage -= len(samples)
        return np.pad(samples, (0, shortage)) if shortage > 0 else samples


def infer(
    model: AcousticModel,
    clips: Sequence[str | Path | Segment | Samples],
    seconds: Sequence[float],
    reduce: Reduce,
    *,
    batch_seconds: float = BATCH_SECONDS,
    observe: Observe | None = None,
) -> Iterator[Emission]:
    """Run a model over clips, batch by batch; audio is decoded by threads a batch ahead.

    Only what `reduce` keeps leaves the device. Clips of more than 30 s are cut into windows and
    joined, so that a batch holds `batch_seconds` of speech at most, whatever the clips' length.

    Arguments:
        clips: audio files, segments of them, or samples at the model's rate, shape (samples,).
        seconds: durations of the clips, as far as known; they decide which clips share a batch.
        reduce: takes the logits of a clip, or of a part of it; returns what to keep of each frame.
        batch_seconds: speech in a batch, padding included.
        observe: takes the index and logits of each clip that is computed in one piece.

    Yields:
        An emission for every clip, the longest first.
    """
    batches = bucketed(seconds, most_seconds=batch_seconds, most_clips=BATCH_CLIPS, seed=None)
    windows = max(1, int(batch_seconds / WINDOW_SECONDS))
    for batch, decoded in _decoded(batches, clips, model.rate):
        short: list[tuple[int, Samples]] = []
        for index, samples in zip(batch, decoded, strict=True):
            if isinstance(samples, CvrecipesError):
                yield Emission(index, 0.0, np.empty(0), samples.what)
            elif len(samples) <= WINDOW_SECONDS * model.rate:
                short.append((index, samples))
            else:
                pieces = [reduce(logits) for logits in model.windows(samples, windows)]
                yield Emission(index, len(samples) / model.rate, np.concatenate(pieces))
        for group in _groups(short, equal=model.equal_lengths):
            outputs = model.logits([samples for _, samples in group])
            for (index, samples), logits in zip(group, outputs, strict=True):
                if observe is not None:
                    observe(index, logits)
                yield Emission(index, len(samples) / model.rate, reduce(logits))


def _groups(clips: list[tuple[int, Samples]], *, equal: bool) -> list[list[tuple[int, Samples]]]:
    """Groups of clips that may be computed together: all of a batch, or those of equal length."""
    if not equal:
        return [clips] if clips else []
    groups: dict[int, list[tuple[int, Samples]]] = {}
    for index, samples in clips:
        groups.setdefault(len(samples), []).append((index, samples))
    return list(groups.values())


def _decoded(
    batches: Sequence[Sequence[int]], clips: Sequence[str | Path | Segment | Samples], rate: int
) -> Iterator[tuple[Sequence[int], list[Samples | CvrecipesError]]]:
    """Each batch with its samples; threads decode the next batch at the same time."""

    def load(index: int) -> Samples | CvrecipesError:
        clip = clips[index]
        if isinstance(clip, np.ndarray):
            return clip
        try:
            return audio.load(clip, rate)
        except CvrecipesError as error:
            return error

    pool = ThreadPoolExecutor(max_workers=min(_THREADS, os.cpu_count() or 1))
    try:
        ahead = [pool.submit(load, index) for index in batches[0]] if batches else []
        for place, batch in enumerate(batches):
            loading = ahead
            following = batches[place + 1] if place + 1 < len(batches) else ()
            ahead = [pool.submit(load, index) for index in following]
            yield batch, [future.result() for future in loading]
    finally:
        pool.shutdown(cancel_futures=True)
