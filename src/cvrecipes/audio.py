"""Decoding and resampling: any file libsndfile reads (mp3 included), to mono float32."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cvrecipes.console import hushed
from cvrecipes.errors import Failure
from cvrecipes.records import Segment

_SHORT = 0.1
# Samples of each channel that are decoded at once where only their number counts.
_BLOCK = 1 << 20


def load(clip: Path | str | Segment, rate: int = 16_000) -> npt.NDArray[np.float32]:
    """Decode a clip: an audio file, or a part of one.

    Arguments:
        clip: the file, whose own sampling rate is read, never assumed; or a segment of it, of
            which no more is read. A segment that ends behind its file ends with it.
        rate: samples a second wanted.

    Returns:
        Samples in [-1, 1], shape (samples,); channels are averaged.

    Raises:
        Failure: the file is missing, empty or no audio, or holds nan; or the segment begins
            behind its end.
    """
    import soxr

    path, start, end = clip if isinstance(clip, Segment) else Segment(str(clip))
    with _opened(path) as file:
        file_rate = file.samplerate
        first = round((start or 0.0) * file_rate)
        if first:
            file.seek(first)
        frames = -1 if end is None else max(0, round(end * file_rate) - first)
        samples = file.read(frames, dtype="float32", always_2d=True)
    if len(samples) == 0:
        raise Failure("holds no audio", where=path)
    _check_numbers(samples, path)
    mono = samples[:, 0] if samples.shape[1] == 1 else samples.mean(axis=1)
    if file_rate != rate:
        mono = soxr.resample(mono, file_rate, rate)
    return np.ascontiguousarray(mono, dtype=np.float32)


def duration(path: Path | str) -> float:
    """Seconds of an audio file, from its header where the format has one.

    Raises:
        Failure: the file is missing or no audio.
    """
    with _opened(path) as file:
        return float(file.frames) / float(file.samplerate) if file.samplerate else 0.0


def decoded(path: Path | str) -> float:
    """Seconds that come out of an audio file, decoded block by block: headers may promise more.

    Raises:
        Failure: the file is missing, empty or no audio, or holds nan.
    """
    frames = 0
    with _opened(path) as file:
        while len(samples := file.read(_BLOCK, dtype="float32", always_2d=True)):
            _check_numbers(samples, path)
            frames += len(samples)
        rate = float(file.samplerate)
    if not frames:
        raise Failure("holds no audio", where=path)
    return frames / rate


@contextmanager
def _opened(path: Path | str) -> Iterator[Any]:
    """A file for libsndfile, whose errors become ours.

    Raises:
        Failure: the file is missing or no audio.
    """
    import soundfile

    _check_there(path)
    try:
        with hushed(), soundfile.SoundFile(native(path)) as file:
            yield file
    except (soundfile.SoundFileError, OSError, RuntimeError) as error:
        raise Failure(f"cannot be decoded: {_short(error)}", where=path) from None


def _check_numbers(samples: npt.NDArray[np.float32], path: Path | str) -> None:
    if not np.isfinite(samples.sum(dtype=np.float64)):
        # One such sample makes the loss of a whole batch nan.
        raise Failure("holds samples that are no numbers (nan or infinite)", where=path)


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
