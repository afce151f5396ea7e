"""From audio to text: clips of any length, alone and in a batch."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from rapidfuzz.distance import Levenshtein

from cvrecipes import audio
from cvrecipes.decoding.alignment import align_words
from cvrecipes.decoding.recognizer import Recognizer
from cvrecipes.decoding.transcribe import transcribe
from cvrecipes.models.inference import AcousticModel, best_path, infer, log_probabilities
from cvrecipes.records import RunReport

Samples = npt.NDArray[np.float32]


def in_one_piece(recognizer: Recognizer, samples: Samples) -> Samples:
    """Log-probabilities of a clip of any length, as one batch of one."""
    return log_probabilities(recognizer.acoustic.logits([samples])[0])


def test_long_audio_is_transcribed_as_its_clips_are(
    local_recognizer: Recognizer, micro_clips: list[Samples]
) -> None:
    # Each clip begins where a frame begins; a random model hears a shift of a few samples.
    whole = [clip[: len(clip) // 320 * 320] for clip in micro_clips]
    chosen: list[Samples] = []
    while sum(map(len, chosen)) < 75 * local_recognizer.rate:
        chosen.append(whole[len(chosen) % len(whole)])
    long = np.concatenate(chosen)
    result = local_recognizer.transcribe(long)
    pieces = [local_recognizer.transcribe(clip).text for clip in chosen]
    expected = "".join(pieces).replace(" ", "")
    errors = Levenshtein.distance(result.text.replace(" ", ""), expected)
    assert len(expected) > 500 and errors < 0.1 * len(expected)
    assert result.seconds == len(long) / local_recognizer.rate
    assert result.frame_seconds == pytest.approx(0.02, rel=0.01)
    assert len(result.log_probabilities) == pytest.approx(result.seconds / 0.02, abs=3)
    assert result.log_probabilities.shape[1] == len(local_recognizer.vocabulary)
    assert np.exp(result.log_probabilities).sum(axis=1) == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize("seconds", [29.99, 30.0, 30.01, 44.7, 50.0, 50.02, 75.0])
def test_windows_are_joined_without_a_seam(
    seconds: float, local_recognizer: Recognizer, micro_clips: list[Samples]
) -> None:
    endless = np.tile(np.concatenate(micro_clips), 3)
    long = endless[: round(seconds * local_recognizer.rate)]
    whole = in_one_piece(local_recognizer, long)
    result = local_recognizer.transcribe(long)
    assert result.log_probabilities.shape == whole.shape
    assert result.log_probabilities == pytest.approx(whole, abs=1e-3)
    assert result.text == local_recognizer.text(whole.argmax(axis=1))


def test_long_audio_is_normalized_as_a_whole_whatever_its_windows_hold(
    local_recognizer: Recognizer, micro_clips: list[Samples]
) -> None:
    # Half a minute of nearly nothing before the speech: a window of it would be blown up.
    speech = np.tile(np.concatenate(micro_clips), 2)[: 40 * local_recognizer.rate]
    long = np.concatenate([speech[: 35 * local_recognizer.rate] * 0.001, speech]) + np.float32(0.02)
    assert local_recognizer.transcribe(long).log_probabilities == pytest.approx(
        in_one_piece(local_recognizer, long), abs=1e-3
    )


def test_a_model_that_normalizes_nothing_gets_the_samples_as_they_are(
    local_recognizer: Recognizer, micro_clips: list[Samples], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_recognizer.processor.feature_extractor, "do_normalize", False)
    long = np.tile(micro_clips[0], 20)[: 40 * local_recognizer.rate]
    given: list[float] = []

    def measured(_: Any, inputs: Any) -> None:
        given.append(float(inputs["input_values"].abs().max()))

    handle = local_recognizer.model.register_forward_pre_hook(
        lambda module, _, kwargs: measured(module, kwargs), with_kwargs=True
    )
    local_recognizer.transcribe(long)
    handle.remove()
    assert len(given) == 2 and max(given) == pytest.approx(float(np.abs(long).max()))


@pytest.mark.parametrize("length", [0, 1, 10, 399, 1600, 16_000])
def test_short_and_silent_audio_is_transcribed_without_complaint(
    length: int, recognizer: Recognizer
) -> None:
    result = recognizer.transcribe(np.zeros(length, np.float32))
    assert isinstance(result.text, str) and len(result.log_probabilities) >= 1
    assert result.seconds == length / 16_000
    assert np.isfinite(result.log_probabilities).all() and result.frame_seconds > 0
    align_words(result, recognizer.vocabulary)


def test_clips_in_a_batch_are_transcribed_as_they_are_alone(
    recognizer: Recognizer, micro_clips: list[Samples]
) -> None:
    chosen = [micro_clips[0], micro_clips[1][:8000], np.tile(micro_clips[2], 3)]
    together = list(infer(recognizer.acoustic, chosen, [9.0, 9.0, 9.0], best_path))
    assert [emission.index for emission in together] == [0, 1, 2]
    for clip, emission in zip(chosen, together, strict=True):
        assert recognizer.text(emission.frames) == recognizer.transcribe(clip).text


def test_a_model_without_a_mask_gets_clips_of_equal_length_only(
    micro_run: RunReport, micro_release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(micro_run.folder / "model", folder)
    path = folder / "processor_config.json"
    settings = json.loads(path.read_text(encoding="utf-8"))
    settings["feature_extractor"]["return_attention_mask"] = False
    path.write_text(json.dumps(settings), encoding="utf-8")
    unmasked = Recognizer(folder, "cpu")
    assert unmasked.acoustic.equal_lengths
    batches: list[list[int]] = []
    logits = AcousticModel.logits

    def counted(self: AcousticModel, clips: list[Samples]) -> list[Any]:
        batches.append([len(clip) for clip in clips])
        return logits(self, clips)

    monkeypatch.setattr(AcousticModel, "logits", counted)
    table = _table(micro_release)
    pairs, undecodable = transcribe(unmasked, table)
    assert sum(map(len, batches)) == 4 and undecodable == []
    assert all(len(set(lengths)) == 1 for lengths in batches)
    alone = [unmasked.transcribe(audio.load(path)).text for path in table["path"].to_pylist()]
    assert [pair.hypothesis for pair in pairs] == alone


def _table(release: Path) -> Any:
    from cvrecipes.catalog import open_recipe
    from cvrecipes.data.corpus import read_split
    from cvrecipes.data.release import open_release
    from cvrecipes.models.ctc import Framing
    from cvrecipes.settings import Settings

    recipe, hooks = open_recipe("tr")
    opened = open_release(str(release), "tr", hooks)
    return read_split(opened, recipe, hooks, "test", Framing(), Settings())[0]
