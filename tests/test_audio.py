"""Decoding: any rate, any number of channels, always 16 kHz mono float32."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from cvrecipes.audio import duration, load
from cvrecipes.errors import Failure
from releases import tone


def file(folder: Path, content: bytes, name: str = "clip.mp3") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def loudest(samples: np.ndarray, rate: int = 16_000) -> float:
    """The strongest frequency in Hz."""
    return float(np.abs(np.fft.rfft(samples)).argmax() * rate / len(samples))


@pytest.mark.parametrize("kind", ["mp3", "wav", "flac", "ogg"])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("rate", [16_000, 32_000, 48_000])
def test_what_is_loaded_is_mono_at_16_khz(
    kind: str, channels: int, rate: int, tmp_path: Path
) -> None:
    samples = load(file(tmp_path, tone(1.5, rate, channels, kind), f"clip.{kind}"))
    assert samples.dtype == np.float32
    assert samples.shape == (24_000,)
    assert samples.flags.c_contiguous
    assert loudest(samples) == pytest.approx(440, abs=1)
    assert np.abs(samples[4000:20_000]).max() == pytest.approx(0.3, abs=0.02)


@pytest.mark.parametrize("rate", [8_000, 22_050, 44_100])
def test_the_files_own_rate_is_read_and_never_assumed(rate: int, tmp_path: Path) -> None:
    path = file(tmp_path, tone(1.0, rate, 1, "wav"))
    assert loudest(load(path)) == pytest.approx(440, abs=1)
    assert load(path, rate).shape == (rate,)


def test_channels_are_averaged(tmp_path: Path) -> None:
    wave = 0.5 * np.sin(np.arange(16_000) / 10)
    path = tmp_path / "opposite.wav"
    soundfile.write(path, np.stack([wave, -wave], axis=1), 16_000)
    assert np.abs(load(path)).max() < 1e-3


def test_the_name_decides_nothing(tmp_path: Path) -> None:
    assert load(file(tmp_path, tone(1.0, kind="wav"), "clip.mp3")).shape == (16_000,)
    assert load(str(file(tmp_path, tone(1.0), "clip"))).shape == (16_000,)


@pytest.mark.parametrize("rate", [16_000, 32_000, 44_100, 48_000])
@pytest.mark.parametrize("kind", ["mp3", "wav"])
def test_the_duration_is_that_of_the_samples(kind: str, rate: int, tmp_path: Path) -> None:
    path = file(tmp_path, tone(1.25, rate, 2, kind))
    assert duration(path) == pytest.approx(1.25)
    assert duration(str(path)) == pytest.approx(len(load(path)) / 16_000)


NO_AUDIO = {
    "empty": b"",
    "text": b"<html>404 Not Found</html>\n" * 20,
    "zeros": bytes(4096),
    "an ID3 tag alone": b"ID3\x04\x00\x00\x00\x00\x00\x00",
    "too little of an mp3": tone(1.5)[:400],
    "half a wav header": tone(1.5, kind="wav")[:20],
}


@pytest.mark.parametrize("what", NO_AUDIO)
def test_a_file_without_audio_is_a_failure_that_names_it(what: str, tmp_path: Path) -> None:
    path = file(tmp_path, NO_AUDIO[what])
    for function in (load, duration):
        with pytest.raises(Failure) as caught:
            function(path)
        assert caught.value.where == str(path)
        assert "\n" not in caught.value.message


def test_a_wav_without_samples_is_a_failure(tmp_path: Path) -> None:
    path = file(tmp_path, tone(0.0, kind="wav"))
    assert duration(path) == 0
    with pytest.raises(Failure, match="holds no audio"):
        load(path)


def test_a_missing_file_or_a_folder_is_a_failure_that_names_it(tmp_path: Path) -> None:
    for path in (tmp_path / "nothing.mp3", tmp_path):
        for function in (load, duration):
            with pytest.raises(Failure) as caught:
                function(path)
            assert caught.value.where == str(path)


@pytest.mark.parametrize("function", [load, duration])
def test_a_missing_file_is_told_from_one_that_is_no_audio(
    function: Callable[[Path], object], tmp_path: Path
) -> None:
    with pytest.raises(Failure) as missing:
        function(tmp_path / "nothing.mp3")
    with pytest.raises(Failure) as broken:
        function(file(tmp_path, NO_AUDIO["text"]))
    assert "o such file" in missing.value.what
    assert "does not exist" not in broken.value.what


def test_half_an_mp3_gives_the_half_that_is_there(tmp_path: Path) -> None:
    whole = tone(3.0)
    samples = load(file(tmp_path, whole[: len(whole) // 2]))
    assert 0.8 * 24_000 < len(samples) < 1.2 * 24_000
