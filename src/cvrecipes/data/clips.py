"""The audio files of clips: whether they exist and are complete, their durations, and copies."""

from __future__ import annotations

import hashlib
import math
import os
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cvrecipes import audio
from cvrecipes.console import progress
from cvrecipes.data.cache import changed, clips_key, recall, remember
from cvrecipes.data.headers import HEAD, looks_like_audio, missing_audio
from cvrecipes.data.tsv import read_tsv
from cvrecipes.errors import CvrecipesError
from cvrecipes.records import UNREADABLE_AUDIO, Release

MISSING, EMPTY, TRUNCATED = "missing audio", "empty audio", "truncated audio"
_MIDDLE = 2048
_BLOCK = 128
# A clip with less than half the bytes a second of its release is decoded to see whether it
# ends early. Common Voice's mp3s have 48 or 64 kbit/s, a ratio of 0.75.
_SUSPICIOUS = 0.5
_A = TypeVar("_A")
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class ClipFile:
    """The result of inspecting one clip's file.

    Attributes:
        defect: why the file cannot be used, such as ``missing audio``; empty when it can.
        detail: more about the defect of this file; may be empty.
        seconds: duration; nan when it is not known.
        middle: hash of 2 KiB from the middle of the file; equal files have equal hashes.
        size: bytes.
        changed: time of the last change, in nanoseconds.
        listed: duration that the release lists for the file; nan when it lists none.
    """

    defect: str
    detail: str
    seconds: float
    middle: bytes = b""
    size: int = 0
    changed: int = 0
    listed: float = float("nan")


@dataclass(frozen=True, slots=True)
class Inspection:
    """The result of inspecting several files.

    Attributes:
        seconds: durations, in the order of the files; nan where they are not known.
        defects: defect and detail of the files that cannot be used, by place in that order.
    """

    seconds: npt.NDArray[np.float64]
    defects: Mapping[int, tuple[str, str]]


class ClipFiles:
    """The files of a release's clips. Each is inspected once; the cache keeps the result.

    Arguments:
        release: where the files are.
        audio: whether to open the files; if not, only the listed durations are known.

    Attributes:
        enough_for_usual_size: how many files of a kind it takes to know how many bytes a second are
            usual. Fewer files are all decoded, which takes no time.
        worth_remembering: how many new files are worth an entry in the cache; fewer are soon
            inspected again.
    """

    enough_for_usual_size = 8
    worth_remembering = 500

    def __init__(self, release: Release, *, audio: bool = True) -> None:
        self.release, self.audio = release, audio
        self._inspected: dict[str, ClipFile] = {}
        self._contents: dict[str, bytes] = {}
        self._new = 0

    @cached_property
    def listed(self) -> dict[str, float]:
        """Seconds by clip from ``clip_durations.tsv``."""
        return listed_durations(self.release)

    @cached_property
    def listing(self) -> dict[str, tuple[int, int]]:
        """Bytes and time of change of every file in the clips folder, by name."""
        folder = self.release.clips
        return stamps(folder) if folder.is_dir() else {}

    def inspect(
        self, names: Sequence[str], paths: Sequence[str], seconds: npt.NDArray[np.float64]
    ) -> Inspection:
        """Inspect files: whether they exist and are complete audio, and how long they are.

        Arguments:
            names: names as in the release's tables.
            paths: where the files are.
            seconds: durations that the source gives; nan where it gives none.
        """
        if self.listed:
            listed = np.array([self.listed.get(name, math.nan) for name in names], np.float64)
            seconds = np.where(np.isnan(seconds), listed, seconds)
        if not self.audio:
            empty = np.flatnonzero(seconds <= 0).tolist()
            return Inspection(seconds, dict.fromkeys(empty, (EMPTY, "")))
        files: list[_File] = []
        for name, path, length in zip(names, paths, seconds.tolist(), strict=True):
            if path in self._inspected:
                continue
            stamp = self._stamp(name, path)
            if stamp is None or not stamp[0]:
                self._inspected[path] = ClipFile(MISSING if stamp is None else EMPTY, "", 0.0)
                continue
            cached = self._remembered.get(path)
            if cached and (cached.size, cached.changed) == stamp and _same(cached.listed, length):
                self._inspected[path] = cached
            else:
                files.append(_File(path, *stamp, length))
        new = [file.path for file in files]
        self._inspected.update(zip(new, _inspect_content(files), strict=True))
        self._find_truncated(new)
        self._new += len(files)
        clips = [self._inspected[path] for path in paths]
        return Inspection(
            np.array([clip.seconds for clip in clips], np.float64),
            {n: (clip.defect, clip.detail) for n, clip in enumerate(clips) if clip.defect},
        )

    def _find_truncated(self, paths: Sequence[str]) -> None:
        """Find files that end early, by the usual size of all files inspected so far."""
        sound = {
            path: (clip.seconds, clip.size)
            for path, clip in (self._inspected.items() if paths else ())
            if not clip.defect and clip.seconds > 0
        }
        asked = [path for path in paths if path in sound]
        for path, (defect, detail) in _truncated(sound, asked, self.enough_for_usual_size).items():
            self._inspected[path] = replace(self._inspected[path], defect=defect, detail=detail)

    def same_audio(self, paths: Sequence[str]) -> list[list[int]]:
        """Groups of two or more files with the same content, each file by its place in `paths`.

        Files of equal size and equal middle are read whole and compared by SHA-256. If audio is not
        opened, files of the same name count as the same.

        Arguments:
            paths: files that were inspected.
        """
        if not self.audio:
            return _repeated(paths)
        clips = [self._inspected[path] for path in paths]
        alike = Counter((clip.size, clip.middle) for clip in clips if clip.middle)
        compared = [
            path if alike[clip.size, clip.middle] > 1 else ""
            for path, clip in zip(paths, clips, strict=True)
        ]
        unread = [p for p in dict.fromkeys(compared) if p and p not in self._contents]
        hashes = _parallel(_content, unread, "comparing clips")
        self._contents.update(zip(unread, hashes, strict=True))
        return _repeated([self._contents.get(path, b"") for path in compared])

    @cached_property
    def _folder(self) -> str:
        return str(self.release.clips / "x")[:-1]

    def _stamp(self, name: str, path: str) -> tuple[int, int] | None:
        """Bytes and time of change of a file, mostly from the folder's listing; None if missing."""
        if name in self.listing:
            return self.listing[name]
        if "/" not in name and "\\" not in name and self.release.common_voice:
            return None
        try:
            status = os.stat(path)  # noqa: PTH116 (a Path for each of a million is slow)
        except (OSError, ValueError):
            return None
        return status.st_size, changed(status)

    @cached_property
    def _remembered(self) -> dict[str, ClipFile]:
        """The files that earlier commands inspected, by path."""
        entry = recall(clips_key(self.release.clips))
        if entry is None:
            return {}
        return {
            os.path.join(self._folder, row.pop("path")): ClipFile(**row)  # noqa: PTH118 (as above)
            for row in entry[0].to_pylist()
        }

    def remember(self) -> None:
        """Store the inspected files in the cache, for the next command."""
        if self._new < self.worth_remembering:
            return
        clips = dict(self._remembered)
        clips |= {path: clip for path, clip in self._inspected.items() if clip.size}
        # Paths relative to the clips folder: the next command may name the folder differently.
        columns: dict[str, Any] = {"path": [path.removeprefix(self._folder) for path in clips]}
        for field in fields(ClipFile):
            columns[field.name] = [getattr(clip, field.name) for clip in clips.values()]
        remember(clips_key(self.release.clips), pa.table(columns), {})
        self._new = 0


@dataclass(frozen=True, slots=True)
class _File:
    path: str
    size: int
    changed: int
    listed: float


def _same(first: float, second: float) -> bool:
    """Whether two durations are equal, or both unknown."""
    return first == second or (math.isnan(first) and math.isnan(second))


def _repeated(values: Sequence[str | bytes]) -> list[list[int]]:
    """The places of each value that occurs more than once; empty values do not count."""
    places: dict[str | bytes, list[int]] = defaultdict(list)
    for place, value in enumerate(values):
        if value:
            places[value].append(place)
    return [group for group in places.values() if len(group) > 1]


def _inspect_content(files: Sequence[_File]) -> list[ClipFile]:
    heads = _parallel(_open, files, "inspecting clips")
    defects = [defect for defect, _ in heads]
    seconds = [file.listed for file in files]
    unknown = [n for n, s in enumerate(seconds) if math.isnan(s) and not defects[n][0]]
    for n, (value, why) in zip(unknown, measure([files[n].path for n in unknown]), strict=True):
        seconds[n] = value
        defects[n] = (UNREADABLE_AUDIO, why) if why else ("", "")
    for n, value in enumerate(seconds):
        if value <= 0 and not defects[n][0]:
            defects[n] = (EMPTY, "")
    return [
        ClipFile(
            *defect,
            0.0 if defect[0] and math.isnan(length) else max(0.0, length),
            middle,
            file.size,
            file.changed,
            file.listed,
        )
        for file, length, defect, (_, middle) in zip(files, seconds, defects, heads, strict=True)
    ]


def stamps(folder: Path) -> dict[str, tuple[int, int]]:
    """Bytes and time of change, in nanoseconds, of every file in a folder, by name."""
    files: dict[str, tuple[int, int]] = {}
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_file():
                status = entry.stat()
                files[entry.name] = status.st_size, changed(status)
    return files


def listed_durations(release: Release) -> dict[str, float]:
    """Seconds by clip from ``clip_durations.tsv`` (releases from 16.1 on); empty without it."""
    path = release.folder / "clip_durations.tsv"
    if not release.common_voice or not path.is_file():
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
            seconds = float(value) / 1000
        except ValueError:
            continue
        # A duration that is listed as infinite is not used: the file is measured.
        if math.isfinite(seconds):
            durations[name] = seconds
    return durations


def measure(paths: Sequence[str]) -> list[tuple[float, str]]:
    """Seconds of each file from its header, or 0 and the reason; in the order of `paths`."""
    return _parallel(_duration, paths, "measuring clips")


def _open(file: _File) -> tuple[tuple[str, str], bytes]:
    """Defect and detail by the first bytes of a file, and the hash of its middle."""
    no_audio = (UNREADABLE_AUDIO, "not an audio file"), b""
    try:
        with open(file.path, "rb") as content:  # noqa: PTH123 (as in `_stamp`)
            start = content.read(16)
            if not looks_like_audio(start):
                return no_audio
            cut = start[:4] == b"RIFF" and missing_audio(start + content.read(HEAD), file.size)
            content.seek(max(0, file.size // 2 - _MIDDLE // 2))
            middle = hashlib.blake2b(content.read(_MIDDLE), digest_size=8).digest()
    except (OSError, ValueError):
        return no_audio
    return (_truncation(*cut) if cut else ("", "")), middle


def _truncation(seconds: float, whole: float) -> tuple[str, str]:
    return TRUNCATED, f"{seconds:.1f} of {whole:.1f} s are there"


def _content(path: str) -> bytes:
    try:
        return hashlib.sha256(Path(path).read_bytes()).digest()
    except OSError:
        return b""


def _duration(path: str) -> tuple[float, str]:
    try:
        return audio.duration(path), ""
    except CvrecipesError as error:
        return 0.0, error.what


def _truncated(
    files: Mapping[str, tuple[float, int]], asked: Sequence[str], enough: int
) -> dict[str, tuple[str, str]]:
    """Find files that end before their duration: defect and detail by path.

    Arguments:
        files: seconds and bytes by path, of all files that show how many bytes a second are usual.
        asked: the paths to check.
        enough: how many files of a kind show it; fewer files are all decoded.
    """
    kinds: dict[str, list[float]] = defaultdict(list)
    for path, (seconds, size) in files.items():
        kinds[_kind(path)].append(size / seconds)
    least = {
        kind: _SUSPICIOUS * float(np.median(rates))
        for kind, rates in kinds.items()
        if len(rates) >= enough
    }
    suspicious = [p for p in asked if files[p][1] / files[p][0] < least.get(_kind(p), math.inf)]
    defects: dict[str, tuple[str, str]] = {}
    decoded = _parallel(_decoded, suspicious, "decoding short files")
    for path, value in zip(suspicious, decoded, strict=True):
        length = files[path][0]
        if isinstance(value, str):
            defects[path] = (UNREADABLE_AUDIO, value)
        elif value < 0.9 * length - 0.1:
            defects[path] = _truncation(value, length)
    return defects


def _kind(path: str) -> str:
    return path.rsplit(".", 1)[-1].lower()


def _decoded(path: str) -> float | str:
    try:
        return len(audio.load(path, 16_000)) / 16_000
    except CvrecipesError as error:
        return error.what


def _parallel(work: Callable[[_A], _T], items: Sequence[_A], what: str) -> list[_T]:
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
