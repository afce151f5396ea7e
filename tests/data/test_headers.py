"""A WAV that is cut short is found by its header; what cannot be known is not called cut."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from cvrecipes.data.clips import ClipFiles
from cvrecipes.data.headers import HEAD, missing_audio
from cvrecipes.records import Release

SECONDS = 2.0


def written(path: Path, format: str = "WAV", subtype: str = "PCM_16") -> bytes:
    """Two seconds of noise as the bytes of a file."""
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, int(SECONDS * 16_000))
    soundfile.write(path, noise, 16_000, format=format, subtype=subtype)
    return path.read_bytes()


def inspected(content: bytes, folder: Path, seconds: float = np.nan) -> tuple[str, str]:
    """Defect and detail of one file without a listed duration."""
    path = folder / "a.wav"
    path.write_bytes(content)

    def read(name: str) -> None:
        raise AssertionError("no table is read")

    files = ClipFiles(Release("tr", "1", folder, {}, read, audio=folder))  # type: ignore[arg-type]
    inspection = files.inspect(["a.wav"], [str(path)], np.array([seconds]))
    return inspection.defects.get(0, ("", ""))


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "FLOAT", "ULAW", "MS_ADPCM"])
def test_a_wav_cut_to_half_is_truncated(tmp_path: Path, subtype: str) -> None:
    content = written(tmp_path / "whole.wav", subtype=subtype)
    assert inspected(content, tmp_path) == ("", "")
    defect, detail = inspected(content[: len(content) // 2], tmp_path)
    assert defect == "truncated audio"
    assert detail in ("1.0 of 2.0 s are there", "1.0 of 2.1 s are there")


def test_the_last_bytes_of_a_wav_may_be_missing(tmp_path: Path) -> None:
    assert inspected(written(tmp_path / "whole.wav")[:-100], tmp_path) == ("", "")


@pytest.mark.parametrize("length", [0, 0xFFFF_FFFF, 0x7FFF_FFFF, 0x7FFF_F000])
def test_a_wav_of_unknown_size_is_not_truncated(tmp_path: Path, length: int) -> None:
    content = written(tmp_path / "whole.wav")
    place = content.index(b"data") + 4
    streamed = content[:place] + struct.pack("<I", length) + content[place + 4 :]
    assert missing_audio(streamed[:HEAD], len(streamed)) is None


@pytest.mark.parametrize("format", ["RF64", "FLAC", "AIFF"])
def test_another_format_is_not_judged_by_the_header_of_wav(tmp_path: Path, format: str) -> None:
    content = written(tmp_path / "whole", format)
    assert missing_audio(content[:HEAD], len(content) // 2) is None
    assert inspected(content, tmp_path) == ("", "")


def test_chunks_before_the_data_are_skipped(tmp_path: Path) -> None:
    content = written(tmp_path / "whole.wav")
    place = content.index(b"data")
    more = content[:place] + struct.pack("<4sI", b"LIST", 5) + b"abcde\0" + content[place:]
    assert missing_audio(more[:HEAD], len(more)) is None
    seconds, whole = missing_audio(more[:HEAD], len(more) // 2) or (0.0, 0.0)
    assert (round(seconds, 1), whole) == (1.0, SECONDS)


@pytest.mark.parametrize("size", range(0, 44, 4))
def test_a_header_that_is_cut_itself_is_no_crash(tmp_path: Path, size: int) -> None:
    assert missing_audio(written(tmp_path / "whole.wav")[:size], size) is None
