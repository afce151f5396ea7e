"""Decoding and resampling: any file libsndfile reads (mp3 included), to mono float32."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from cvrecipes.errors import Failure


def load(path: Path | str, rate: int = 16_000) -> npt.NDArray[np.float32]:
    """Decode an audio file.

    Arguments:
        path: the file; its own sampling rate is read, never assumed.
        rate: samples a second wanted.

    Returns:
        Samples in [-1, 1], shape (samples,); channels are averaged.

    Raises:
        Failure: the file is missing, empty or no audio.
    """
    import soundfile
    import soxr

    _check_there(path)
    try:
        samples, own = soundfile.read(str(path), dtype="float32", always_2d=True)
    except (soundfile.SoundFileError, OSError, RuntimeError) as error:
        raise Failure(f"cannot be decoded: {_short(error)}", where=path) from None
    if len(samples) == 0:
        raise Failure("holds no audio", where=path)
    mono = samples[:, 0] if samples.shape[1] == 1 else samples.mean(axis=1)
    if own != rate:
        mono = soxr.resample(mono, own, rate)
    return np.ascontiguousarray(mono, dtype=np.float32)


def duration(path: Path | str) -> float:
    """Seconds of an audio file, from its header where the format has one.

    Raises:
        Failure: the file is missing or no audio.
    """
    import soundfile

    _check_there(path)
    try:
        info = soundfile.info(str(path))
    except (soundfile.SoundFileError, OSError, RuntimeError) as error:
        raise Failure(f"cannot be decoded: {_short(error)}", where=path) from None
    return float(info.frames) / float(info.samplerate) if info.samplerate else 0.0


def _check_there(path: Path | str) -> None:
    if not Path(path).is_file():
        raise Failure("no such file", where=path)


def _short(error: Exception) -> str:
    """libsndfile's words, except where they are known to mislead about a file that is there."""
    text = str(error).strip().rstrip(".")
    text = text.split(": ")[-1] if ": " in text else text or type(error).__name__
    return "no audio that libsndfile knows" if "does not exist" in text else text
