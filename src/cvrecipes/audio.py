"""Decoding and resampling: any file libsndfile reads (mp3 included), to mono float32."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import numpy.typing as npt

from cvrecipes.console import hushed
from cvrecipes.errors import Failure

_SHORT = 0.1


def load(path: Path | str, rate: int = 16_000) -> npt.NDArray[np.float32]:
    """Decode an audio file.

    Arguments:
        path: the file; its own sampling rate is read, never assumed.
        rate: samples a second wanted.

    Returns:
        Samples in [-1, 1], shape (samples,); channels are averaged.

    Raises:
        Failure: the file is missing, empty or no audio, or holds nan.
    """
    import soundfile
    import soxr

    _check_there(path)
    try:
        with hushed():
            samples, file_rate = soundfile.read(native(path), dtype="float32", always_2d=True)
    except (soundfile.SoundFileError, OSError, RuntimeError) as error:
        raise Failure(f"cannot be decoded: {_short(error)}", where=path) from None
    if len(samples) == 0:
        raise Failure("holds no audio", where=path)
    if not np.isfinite(samples.sum(dtype=np.float64)):
        # One such sample makes the loss of a whole batch nan.
        raise Failure("holds samples that are no numbers (nan or infinite)", where=path)
    mono = samples[:, 0] if samples.shape[1] == 1 else samples.mean(axis=1)
    if file_rate != rate:
        mono = soxr.resample(mono, file_rate, rate)
    return np.ascontiguousarray(mono, dtype=np.float32)


def duration(path: Path | str) -> float:
    """Seconds of an audio file, from its header where the format has one.

    Raises:
        Failure: the file is missing or no audio.
    """
    import soundfile

    _check_there(path)
    try:
        with hushed():
            info = soundfile.info(native(path))
    except (soundfile.SoundFileError, OSError, RuntimeError) as error:
        raise Failure(f"cannot be decoded: {_short(error)}", where=path) from None
    return float(info.frames) / float(info.samplerate) if info.samplerate else 0.0


def flaw(path: Path | str, seconds: float) -> str:
    """What is odd about a file that was decoded, in words; empty for a sound one.

    Arguments:
        path: the file.
        seconds: how much speech came out of it.
    """
    promised = max(duration(path), _riff_seconds(path))
    if seconds < 0.9 * promised - 0.1:
        return f"ends early: {seconds:.1f} of {promised:.1f} s are there"
    return f"is only {1000 * seconds:.3g} ms long" if seconds < _SHORT else ""


def _riff_seconds(path: Path | str) -> float:
    """What the header of a wav says; libsndfile believes the file's size instead."""
    with Path(path).open("rb") as file:
        start = file.read(4096)
    place = start.find(b"data")
    rate = int.from_bytes(start[28:32], "little")
    if not start.startswith(b"RIFF") or start[8:16] != b"WAVEfmt " or place < 0 or not rate:
        return 0.0
    size = int.from_bytes(start[place + 4 : place + 8], "little")
    # Programs that write to a pipe cannot know the size and leave the largest number.
    return 0.0 if size >= 0x7FFFFFFF - 0xFF else size / rate


def native(path: Path | str) -> str | bytes:
    """A path as libsndfile takes it: names on Linux may be no text in any encoding."""
    return str(path) if os.name == "nt" else os.fsencode(path)


def _check_there(path: Path | str) -> None:
    if not Path(path).is_file():
        raise Failure("no such file", where=path)


def _short(error: Exception) -> str:
    """libsndfile's words, except where they are known to mislead about a file that is there."""
    text = str(error).strip().rstrip(".")
    text = text.split(": ")[-1] if ": " in text else text or type(error).__name__
    return "no audio that libsndfile knows" if "does not exist" in text else text
