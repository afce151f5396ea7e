"""Audio files as they lie on the disk: what each is, read as little as it takes."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from cvrecipes import audio
from cvrecipes.console import progress
from cvrecipes.data.cache import changed
from cvrecipes.data.headers import HEAD, looks_like_audio, missing_audio
from cvrecipes.errors import CvrecipesError
from cvrecipes.records import UNREADABLE_AUDIO

MISSING, EMPTY, TRUNCATED = "missing audio", "empty audio", "truncated audio"
_MIDDLE = 2048
_BLOCK = 128
_NAN = float("nan")
_A = TypeVar("_A")
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class AudioFile:
    """What a file is, whatever a table says of the clips in it.

    Attributes:
        defect: why the file cannot be used, such as ``missing audio``; empty when it can.
        detail: more about the defect of this file; may be empty.
        size: bytes.
        changed: time of the last change, in nanoseconds.
        middle: hash of 2 KiB from the middle of the file; equal files have equal hashes.
        measured: seconds by its header; nan when that was not asked yet.
        decoded: seconds that come out of it; nan when that was not asked yet.
    """

    defect: str
    detail: str = ""
    size: int = 0
    changed: int = 0
    middle: bytes = b""
    measured: float = _NAN
    decoded: float = _NAN


def open_files(files: Sequence[tuple[str, int, int]]) -> list[AudioFile]:
    """What the first bytes of files show.

    Arguments:
        files: path, bytes, and time of the last change.
    """
    return parallel(_open, files, "inspecting clips")


def measure(paths: Sequence[str]) -> list[tuple[float, str]]:
    """Seconds of each file from its header, or 0 and the reason; in the order of `paths`."""
    return parallel(lambda path: _seconds(audio.duration, path), paths, "measuring clips")


def decode(paths: Sequence[str]) -> list[tuple[float, str]]:
    """Seconds that come out of each file, or 0 and the reason; in the order of `paths`."""
    return parallel(lambda path: _seconds(audio.decoded, path), paths, "decoding short files")


def contents(paths: Sequence[str]) -> list[bytes]:
    """SHA-256 of each file; empty for one that cannot be read."""
    return parallel(_content, paths, "comparing clips")


def stamps(folder: Path) -> dict[str, tuple[int, int]]:
    """Bytes and time of change, in nanoseconds, of every file in a folder, by name."""
    files: dict[str, tuple[int, int]] = {}
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_file():
                status = entry.stat()
                files[entry.name] = status.st_size, changed(status)
    return files


def truncation(seconds: float, whole: float) -> tuple[str, str]:
    """Defect and detail of a file that ends before its length."""
    return TRUNCATED, f"{seconds:.1f} of {whole:.1f} s are there"


def parallel(work: Callable[[_A], _T], items: Sequence[_A], what: str) -> list[_T]:
    """Call `work` on every item in several threads, with progress; results in the same order."""
    if not items:
        return []
    blocks = [items[start : start + _BLOCK] for start in range(0, len(items), _BLOCK)]
    results: list[_T] = []
    with (
        ThreadPoolExecutor(max_workers=min(16, 2 * (os.cpu_count() or 1))) as pool,
        progress(what, len(items)) as advance,
    ):
        for block in pool.map(lambda part: [work(item) for item in part], blocks):
            results.extend(block)
            advance(len(block))
    return results


def _open(file: tuple[str, int, int]) -> AudioFile:
    path, size, when = file
    no_audio = AudioFile(UNREADABLE_AUDIO, "not an audio file", size, when)
    try:
        with open(path, "rb") as content:  # noqa: PTH123 (a Path for each of a million is slow)
            start = content.read(16)
            if not looks_like_audio(start):
                return no_audio
            cut = start[:4] == b"RIFF" and missing_audio(start + content.read(HEAD), size)
            content.seek(max(0, size // 2 - _MIDDLE // 2))
            middle = hashlib.blake2b(content.read(_MIDDLE), digest_size=8).digest()
    except (OSError, ValueError):
        return no_audio
    return AudioFile(*(truncation(*cut) if cut else ("", "")), size, when, middle)


def _content(path: str) -> bytes:
    try:
        return hashlib.sha256(Path(path).read_bytes()).digest()
    except OSError:
        return b""


def _seconds(of: Callable[[str], float], path: str) -> tuple[float, str]:
    try:
        return of(path), ""
    except CvrecipesError as error:
        return 0.0, error.what
