"""The listening loop: batches, long clips, unreadable files, and what leaves the device."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

from cvrecipes import audio
from cvrecipes.models import saved
from cvrecipes.models.inference import AcousticModel, best_path, infer, log_probabilities
from cvrecipes.records import RunReport

RATE = 16_000


@pytest.fixture(scope="module")
def acoustic(micro_run: RunReport) -> AcousticModel:
    return saved.load(micro_run.folder, "cpu").acoustic


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    """The shape of the input of every forward pass."""
    shapes: list[tuple[int, ...]] = []
    forward = AcousticModel._forward

    def watched(self: AcousticModel, inputs: Any) -> Any:
        shapes.append(tuple(inputs["input_values"].shape))
        return forward(self, inputs)

    monkeypatch.setattr(AcousticModel, "_forward", watched)
    return shapes


def noise(seconds: float) -> npt.NDArray[np.float32]:
    rng = np.random.default_rng(0)
    return (0.1 * rng.normal(size=round(seconds * RATE))).astype(np.float32)


def test_an_hour_is_never_one_batch(
    acoustic: AcousticModel, batches: list[tuple[int, ...]]
) -> None:
    clips = [np.tile(noise(60.0), 60), noise(2.0), noise(31.0)]
    observed: list[int] = []
    emissions = {
        emission.index: emission
        for emission in infer(
            acoustic, clips, [3600.0, 2.0, 31.0], best_path,
            observe=lambda index, logits: observed.append(index),
        )
    }  # fmt: skip
    assert max(rows * length for rows, length in batches) <= 120 * RATE
    for index, clip in enumerate(clips):
        counted = int(acoustic.framing.frames(len(clip) / RATE))
        assert emissions[index].frames.shape == (counted,)
        assert emissions[index].seconds == len(clip) / RATE
    assert observed == [1], "a clip in windows is never seen in one piece"


def test_durations_that_are_wrong_change_nothing_but_the_batches(acoustic: AcousticModel) -> None:
    clips = [noise(1.0), noise(40.0), noise(2.0)]
    right, wrong = (
        {e.index: e.frames for e in infer(acoustic, clips, seconds, best_path)}
        for seconds in ([1.0, 40.0, 2.0], [90.0, 0.1, 0.1])
    )
    assert sorted(right) == sorted(wrong) == [0, 1, 2]
    assert all(np.array_equal(right[index], wrong[index]) for index in right)


def test_an_unreadable_clip_is_reported_and_the_others_are_transcribed(
    acoustic: AcousticModel, micro_release: Path, tmp_path: Path
) -> None:
    good = sorted((micro_release / "clips").iterdir())[:2]
    (tmp_path / "bad.mp3").write_bytes(b"no audio")
    clips = [good[0], tmp_path / "bad.mp3", good[1], tmp_path / "absent.mp3"]
    emissions = {e.index: e for e in infer(acoustic, clips, [1.0] * 4, log_probabilities)}
    assert [bool(emissions[index].error) for index in range(4)] == [False, True, False, True]
    assert emissions[3].error == "no such file"
    for index in (0, 2):
        samples = audio.load(clips[index], RATE)
        assert emissions[index].seconds == len(samples) / RATE
        frames = emissions[index].frames
        assert frames.dtype == np.float32 and frames.ndim == 2
        assert np.exp(frames).sum(axis=1) == pytest.approx(1.0, abs=1e-5)


def test_only_what_is_kept_of_each_frame_is_returned(acoustic: AcousticModel) -> None:
    def two_best(logits: torch.Tensor) -> npt.NDArray[Any]:
        assert logits.ndim == 2 and logits.dtype == torch.float32
        best: npt.NDArray[Any] = logits.topk(2).indices.numpy()
        return best

    clips = [noise(1.0), noise(33.0)]
    emissions = {e.index: e.frames for e in infer(acoustic, clips, [1.0, 33.0], two_best)}
    for index, seconds in enumerate((1.0, 33.0)):
        assert emissions[index].shape == (int(acoustic.framing.frames(seconds)), 2)


def test_a_loop_that_is_left_early_or_has_nothing_to_do_ends(acoustic: AcousticModel) -> None:
    assert list(infer(acoustic, [], [], best_path)) == []
    loop = infer(acoustic, [noise(1.0)] * 9, [1.0] * 9, best_path, batch_seconds=1.0)
    assert next(loop).index == 0
    loop.close()
    with pytest.raises(StopIteration):
        next(loop)
