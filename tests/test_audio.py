"""Decoding: any rate, any number of channels, always 16 kHz mono float32."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from cvrecipes.audio import duration, flaw, load
from cvrecipes.errors import Failure
from support.releases import tone


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
def test_a_missing_file_is_distinguished_from_one_that_is_no_audio(
    function: Callable[[Path], object], tmp_path: Path
) -> None:
    with pytest.raises(Failure) as missing:
        function(tmp_path / "nothing.mp3")
    with pytest.raises(Failure) as broken:
        function(file(tmp_path, NO_AUDIO["text"]))
    assert "o such file" in missing.value.what
    assert "does not exist" not in broken.value.what


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_samples_that_are_no_numbers_are_a_failure(value: float, tmp_path: Path) -> None:
    samples = np.zeros(16_000, np.float32)
    samples[7] = value
    soundfile.write(tmp_path / "bad.wav", samples, 16_000, subtype="FLOAT")
    with pytest.raises(Failure, match="no numbers"):
        load(tmp_path / "bad.wav")


@pytest.mark.parametrize("kind", ["mp3", "wav", "flac", "ogg"])
def test_a_sound_file_has_no_flaw(kind: str, tmp_path: Path) -> None:
    path = file(tmp_path, tone(1.5, kind=kind), f"clip.{kind}")
    assert flaw(path, len(load(path)) / 16_000) == ""


@pytest.mark.parametrize("kind", ["mp3", "wav"])
def test_a_file_that_ends_early_says_how_much_is_there(kind: str, tmp_path: Path) -> None:
    whole = tone(3.0, kind=kind)
    path = file(tmp_path, whole[: len(whole) // 2], f"clip.{kind}")
    found = flaw(path, len(load(path)) / 16_000)
    assert found.startswith("ends early: 1.")
    assert found.endswith("of 3.0 s are there")


def test_a_wav_of_unknown_length_has_no_flaw(tmp_path: Path) -> None:
    whole = bytearray(tone(1.5, kind="wav"))
    place = whole.index(b"data") + 4
    whole[place : place + 4] = b"\xff" * 4
    path = file(tmp_path, bytes(whole), "piped.wav")
    assert flaw(path, len(load(path)) / 16_000) == ""


@pytest.mark.skipif(sys.platform != "linux", reason="names are text there")
def test_a_name_that_is_no_text_is_a_name(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/a\xff.mp3"))
    path.write_bytes(tone(1.5))
    assert len(load(path)) == 24_000
    assert duration(path) == pytest.approx(1.5)


def test_ten_samples_are_odd(tmp_path: Path) -> None:
    path = tmp_path / "short.wav"
    soundfile.write(path, np.zeros(10, np.float32), 16_000)
    assert flaw(path, len(load(path)) / 16_000) == "is only 0.625 ms long"


# libmpg123 writes of damaged frames to descriptor 2, so these have processes of their own.

NOISY = """
import os, sys, threading
from concurrent.futures import ThreadPoolExecutor
from cvrecipes import audio, console
from cvrecipes.console import say
if "part" in sys.argv:
    console.part_errors()
    console.part_errors()
def read(number):
    try:
        audio.load(sys.argv[1])
        audio.duration(sys.argv[1])
    except Exception:
        pass
    say(f"line {number}")
with ThreadPoolExecutor(8) as pool:
    list(pool.map(read, range(64)))
os.write(2, b"a library\\n")
"""


def noise(path: Path, *words: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", NOISY, str(path), *words],
        capture_output=True, encoding="utf-8", check=True,
    )  # fmt: skip
    return done.stderr.splitlines()


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    whole = bytearray(tone(3.0))
    return file(tmp_path, bytes(whole[: len(whole) // 2]))


@pytest.mark.skipif(os.name != "posix", reason="descriptors are not shared with libraries")
def test_damaged_audio_is_decoded_in_silence_and_no_line_of_ours_is_lost(damaged: Path) -> None:
    ours = sorted(f"line {number}" for number in range(64))
    assert any("Xing" in line for line in noise(damaged)), "nothing to silence"
    assert sorted(noise(damaged, "part")) == ["a library", *ours]


def test_half_an_mp3_gives_the_half_that_is_there(tmp_path: Path) -> None:
    whole = tone(3.0)
    samples = load(file(tmp_path, whole[: len(whole) // 2]))
    assert 0.8 * 24_000 < len(samples) < 1.2 * 24_000
