"""The audio files of a release: are they there, are they audio, how long are they?"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cvrecipes import audio
from cvrecipes.data.tsv import read_tsv
from cvrecipes.errors import CvrecipesError
from cvrecipes.progress import progress
from cvrecipes.records import Release

_MAGIC = (b"ID3", b"RIFF", b"fLaC", b"OggS", b"FORM", b"caff", b"\x1aE\xdf\xa3")


def sizes(folder: Path) -> dict[str, int]:
    """Bytes of every file in a folder, by name."""
    with os.scandir(folder) as entries:
        return {entry.name: entry.stat().st_size for entry in entries if entry.is_file()}


def looks_like_audio(path: Path) -> bool:
    """Whether the first bytes are those of a format libsndfile knows.

    mp3 has no magic number: a frame starts with eleven set bits (ISO 11172-3, 2.4.2.3).
    """
    try:
        with path.open("rb") as file:
            start = file.read(16)
    except OSError:
        return False
    if start.startswith(_MAGIC):
        return True
    return len(start) > 2 and start[0] == 0xFF and start[1] & 0xE0 == 0xE0


def listed_durations(release: Release) -> dict[str, float]:
    """Seconds by clip from ``clip_durations.tsv`` (releases from 16.1 on); empty without it."""
    path = release.folder / "clip_durations.tsv"
    if not path.is_file():
        return {}
    rows = read_tsv(path).rows
    names = rows.column_names
    clip = next((name for name in names if name.startswith("clip")), None)
    length = next((name for name in names if name.startswith("duration")), None)
    if clip is None or length is None:
        return {}
    durations: dict[str, float] = {}
    for name, value in zip(rows[clip].to_pylist(), rows[length].to_pylist(), strict=True):
        try:
            durations[name] = float(value) / 1000
        except ValueError:
            continue
    return durations


def measure(paths: Sequence[Path]) -> list[tuple[float, str]]:
    """Seconds of each file from its header, or 0 and why not; same order as `paths`."""

    def one(path: Path) -> tuple[float, str]:
        try:
            return audio.duration(path), ""
        except CvrecipesError as error:
            return 0.0, error.what

    results: list[tuple[float, str]] = []
    with (
        ThreadPoolExecutor(max_workers=min(16, 2 * (os.cpu_count() or 1))) as pool,
        progress("measuring clips", len(paths)) as advance,
    ):
        for result in pool.map(one, paths):
            results.append(result)
            advance(1)
    return results
