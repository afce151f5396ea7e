"""The audio files of a release: are they there, are they audio, how long, which are the same?"""

from __future__ import annotations

import hashlib
import math
import os
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields, replace
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa

from cvrecipes import audio
from cvrecipes.console import progress
from cvrecipes.data.cache import changed, looks_key, recall, remember
from cvrecipes.data.tsv import read_tsv
from cvrecipes.errors import CvrecipesError
from cvrecipes.records import Release

_MAGIC = (b"ID3", b"RIFF", b"fLaC", b"OggS", b"FORM", b"caff", b"\x1aE\xdf\xa3")
_MIDDLE = 2048
_BLOCK = 128
# A clip with less than half the bytes a second of its release is decoded to see whether it
# ends early. Common Voice's mp3s have 48 or 64 kbit/s, a ratio of 0.75.
_SUSPICIOUS = 0.5
_FEW = 8
# Looking again at fewer files takes no time.
_WORTH_REMEMBERING = 500
_A = TypeVar("_A")
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at a clip's file tells.

    Attributes:
        reason: why it cannot be used; empty when it can.
        seconds: duration; nan when it is not known.
        middle: hash of a few bytes from its middle: equal files have equal ones.
        size: bytes.
        changed: time of the last change, in nanoseconds.
        given: the duration that was listed before the look; nan when none was.
    """

    reason: str
    seconds: float
    middle: bytes = b""
    size: int = 0
    changed: int = 0
    given: float = float("nan")


class Clips:
    """The files behind the rows; each is looked at once, and remembered for the next time.

    Arguments:
        release: where the files are.
        audio: whether to look at the files at all; without, only listed durations are known.
    """

    def __init__(self, release: Release, *, audio: bool = True) -> None:
        self.release, self.audio = release, audio
        self._known: dict[str, Look] = {}
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

    def look(
        self, names: Sequence[str], paths: Sequence[str], seconds: Sequence[float]
    ) -> list[Look]:
        """Look at files: there, not empty, audio, how long.

        Arguments:
            names: names as in the release's tables.
            paths: where the files are.
            seconds: durations that the source gave; nan where it did not.
        """
        listed = self.listed
        lengths = [
            own if own == own else listed.get(name, float("nan"))
            for name, own in zip(names, seconds, strict=True)
        ]
        if not self.audio:
            return [Look("empty audio", 0.0) if s <= 0 else Look("", s) for s in lengths]
        files: list[_File] = []
        for name, path, length in zip(names, paths, lengths, strict=True):
            if path in self._known:
                continue
            stamp = self._stamp(name, path)
            if stamp is None or not stamp[0]:
                self._known[path] = Look("missing audio" if stamp is None else "empty audio", 0.0)
                continue
            before = self._before.get(path)
            if before and before[1:] == (*stamp, _nan_as_none(length)):
                self._known[path] = before[0]
            else:
                files.append(_File(path, *stamp, length))
        new = [file.path for file in files]
        self._known.update(zip(new, _look_inside(files), strict=True))
        self._find_cut_short(new)
        self._new += len(files)
        return [self._known[path] for path in paths]

    def _find_cut_short(self, paths: Sequence[str]) -> None:
        """What is usual is told by every file known so far, however few were asked for now."""
        sound = {
            path: (look.seconds, look.size)
            for path, look in (self._known.items() if paths else ())
            if not look.reason and look.seconds > 0
        }
        for path, reason in _cut_short(sound, [path for path in paths if path in sound]).items():
            self._known[path] = replace(self._known[path], reason=reason)

    @cached_property
    def _folder(self) -> str:
        return str(self.release.clips / "x")[:-1]

    def known(self, paths: Sequence[str]) -> list[Look]:
        """What `look` found, again."""
        return [self._known[path] for path in paths]

    def _stamp(self, name: str, path: str) -> tuple[int, int] | None:
        """Bytes and time of change, None when it is missing; one listing tells of most."""
        if name in self.listing:
            return self.listing[name]
        if "/" not in name and "\\" not in name and self.release.read is None:
            return None
        try:
            found = os.stat(path)  # noqa: PTH116 (a Path for each of a million is slow)
        except (OSError, ValueError):
            return None
        return found.st_size, changed(found)

    @cached_property
    def _before(self) -> dict[str, tuple[Look, int, int, float | None]]:
        """Looks of an earlier start, each with what must not have changed."""
        found = recall(looks_key(self.release.clips))
        if found is None:
            return {}
        looks: dict[str, tuple[Look, int, int, float | None]] = {}
        for row in found[0].to_pylist():
            path = os.path.join(self._folder, row.pop("path"))  # noqa: PTH118 (as in `_stamp`)
            look = Look(**row)
            looks[path] = (look, look.size, look.changed, _nan_as_none(look.given))
        return looks

    def remember(self) -> None:
        """Write down what was looked at, for the next start."""
        if self._new < _WORTH_REMEMBERING:
            return
        looks = {path: one[0] for path, one in self._before.items()}
        looks |= {path: look for path, look in self._known.items() if look.size}
        # Without the folder, which may be named from elsewhere the next time.
        columns: dict[str, Any] = {"path": [path.removeprefix(self._folder) for path in looks]}
        for field in fields(Look):
            columns[field.name] = [getattr(look, field.name) for look in looks.values()]
        remember(looks_key(self.release.clips), pa.table(columns), {})
        self._new = 0


@dataclass(frozen=True, slots=True)
class _File:
    path: str
    size: int
    changed: int
    given: float


def _nan_as_none(value: float) -> float | None:
    return value if value == value else None


def _look_inside(files: Sequence[_File]) -> list[Look]:
    heads = _parallel(_open, files, "looking at clips")
    reasons = ["" if is_audio else "unreadable audio: not an audio file" for is_audio, _ in heads]
    seconds = [file.given for file in files]
    unknown = [n for n, s in enumerate(seconds) if s != s and not reasons[n]]
    for n, (value, why) in zip(unknown, measure([files[n].path for n in unknown]), strict=True):
        seconds[n] = value
        reasons[n] = f"unreadable audio: {why}" if why else ""
    for n, value in enumerate(seconds):
        if value <= 0 and not reasons[n]:
            reasons[n] = "empty audio"
    return [
        Look(reason, 0.0 if reason and s != s else max(0.0, s), middle, f.size, f.changed, f.given)
        for f, s, reason, (_, middle) in zip(files, seconds, reasons, heads, strict=True)
    ]


def same_audio(paths: Sequence[str], looks: Sequence[Look] | None) -> list[list[int]]:
    """Places of files with the same content, in groups of two or more, in order.

    Only files of equal size and equal middle are read whole and compared by SHA-256; where
    nobody looked at them, those of the same name are the same.
    """
    if looks is None:
        named: dict[str, list[int]] = defaultdict(list)
        for place, path in enumerate(paths):
            named[path].append(place)
        return [group for group in named.values() if len(group) > 1]
    alike: dict[tuple[int, bytes], list[int]] = defaultdict(list)
    for place, look in enumerate(looks):
        if look.middle:
            alike[look.size, look.middle].append(place)
    candidates = list(chain.from_iterable(g for g in alike.values() if len(g) > 1))
    whole: dict[bytes, list[int]] = defaultdict(list)
    hashes = _parallel(_content, [paths[place] for place in candidates], "comparing clips")
    for place, content in zip(candidates, hashes, strict=True):
        if content:
            whole[content].append(place)
    return [group for group in whole.values() if len(group) > 1]


def stamps(folder: Path) -> dict[str, tuple[int, int]]:
    """Bytes and time of change, in nanoseconds, of every file in a folder, by name."""
    found: dict[str, tuple[int, int]] = {}
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_file():
                stat = entry.stat()
                found[entry.name] = stat.st_size, changed(stat)
    return found


def listed_durations(release: Release) -> dict[str, float]:
    """Seconds by clip from ``clip_durations.tsv`` (releases from 16.1 on); empty without it."""
    path = release.folder / "clip_durations.tsv"
    if release.read is not None or not path.is_file():
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
        # Where the list knows no length the file tells.
        if math.isfinite(seconds):
            durations[name] = seconds
    return durations


def measure(paths: Sequence[str]) -> list[tuple[float, str]]:
    """Seconds of each file from its header, or 0 and why not; same order as `paths`."""
    return _parallel(_duration, paths, "measuring clips")


def looks_like_audio(start: bytes) -> bool:
    """Whether a file's first bytes are those of a format libsndfile knows.

    mp3 has no magic number: a frame starts with eleven set bits (ISO 11172-3, 2.4.2.3).
    """
    if start.startswith(_MAGIC):
        return True
    return len(start) > 2 and start[0] == 0xFF and start[1] & 0xE0 == 0xE0


def _open(file: _File) -> tuple[bool, bytes]:
    try:
        with open(file.path, "rb") as content:  # noqa: PTH123 (as in `_stamp`)
            if not looks_like_audio(content.read(16)):
                return False, b""
            content.seek(max(0, file.size // 2 - _MIDDLE // 2))
            return True, hashlib.blake2b(content.read(_MIDDLE), digest_size=8).digest()
    except (OSError, ValueError):
        return False, b""


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


def _cut_short(files: Mapping[str, tuple[float, int]], wanted: Sequence[str]) -> dict[str, str]:
    """Which of the `wanted` files end before their length, and where.

    Arguments:
        files: seconds and bytes by path: those that tell how many bytes a second are usual.
    """
    kinds: dict[str, list[str]] = defaultdict(list)
    for path in files:
        kinds[_kind(path)].append(path)
    least = {
        kind: _SUSPICIOUS * float(np.median([files[path][1] / files[path][0] for path in several]))
        for kind, several in kinds.items()
        if len(several) >= _FEW
    }
    # Where too few are known to tell what is usual, all are decoded: it takes no time.
    suspicious = [p for p in wanted if files[p][1] / files[p][0] < least.get(_kind(p), math.inf)]
    reasons: dict[str, str] = {}
    there = _parallel(_decoded, suspicious, "decoding short files")
    for path, value in zip(suspicious, there, strict=True):
        listed = files[path][0]
        if isinstance(value, str):
            reasons[path] = f"unreadable audio: {value}"
        elif value < 0.9 * listed - 0.1:
            reasons[path] = f"truncated audio: {value:.1f} of {listed:.1f} s are there"
    return reasons


def _kind(path: str) -> str:
    return path.rsplit(".", 1)[-1].lower()


def _decoded(path: str) -> float | str:
    try:
        return len(audio.load(path, 16_000)) / 16_000
    except CvrecipesError as error:
        return error.what


def _parallel(work: Callable[[_A], _T], items: Sequence[_A], what: str) -> list[_T]:
    """`work` on every item by several threads, with progress; same order."""
    if not items:
        return []
    blocks = [items[start : start + _BLOCK] for start in range(0, len(items), _BLOCK)]
    results: list[_T] = []
    with (
        ThreadPoolExecutor(max_workers=min(16, 2 * (os.cpu_count() or 1))) as pool,
        progress(what, len(items)) as advance,
    ):
        for block in pool.map(lambda some: [work(one) for one in some], blocks):
            results.extend(block)
            advance(len(block))
    return results
