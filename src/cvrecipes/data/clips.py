"""The audio of clips: whether it exists and is complete, its duration, and copies."""

from __future__ import annotations

import math
import os
from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cvrecipes.data.audio_files import (
    EMPTY,
    MISSING,
    TRUNCATED,
    AudioFile,
    contents,
    decode,
    measure,
    open_files,
    stamps,
    truncation,
)
from cvrecipes.data.cache import changed, clips_key, recall, remember
from cvrecipes.data.encoding import Encoding
from cvrecipes.data.tsv import read_tsv
from cvrecipes.records import UNREADABLE_AUDIO, Release

__all__ = ["BEYOND", "EMPTY", "MISSING", "TRUNCATED", "WRONG", "ClipFiles", "Inspection"]

BEYOND, WRONG = "part beyond the file", "wrong length"
# A clip with less than half the bytes a second of its release is decoded to see whether it
# ends early. Common Voice's mp3s have 48 or 64 kbit/s, a ratio of 0.75.
_SUSPICIOUS = 0.5
# Tables round lengths, so a part may seem to end so many seconds behind its file.
_TOLERANCE = 0.1
# A row that tells a whole file's length may round it to seconds; a file that is longer by more
# than that, and by a tenth, holds other speech than the row's.
_LONGER, _ROUNDED = 0.1, 1.0
# Without a Xing header, the length of an MP3 is an estimate.
_ESTIMATED = "mp3"
_Seconds = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Inspection:
    """The result of inspecting several clips.

    Attributes:
        seconds: durations, in the order of the clips; nan where they are not known.
        defects: defect and detail of the clips that cannot be used, by place in that order.
    """

    seconds: _Seconds
    defects: Mapping[int, tuple[str, str]]


class ClipFiles:
    """The files of a release's clips. Each is read once; the cache keeps what it is.

    A file is one thing, and what a row says of it another: several rows may name the same file,
    as parts of it or with different lengths, and each is judged by itself.

    Arguments:
        release: where the files are.
        audio: whether to open the files; if not, only the listed durations are known.

    Attributes:
        enough_for_usual_size: how many clips of a kind it takes to know how many bytes a second are
            usual. Fewer clips are all decoded, which takes no time.
        worth_remembering: how many new files are worth an entry in the cache; fewer are soon
            read again.
    """

    enough_for_usual_size = 8
    worth_remembering = 500

    def __init__(self, release: Release, *, audio: bool = True) -> None:
        self.release, self.audio = release, audio
        self._files: dict[str, AudioFile] = {}
        self._contents: dict[str, bytes] = {}
        # Bytes a second below which a clip is decoded, by kind of file, once that is known.
        self._least: dict[str, float] = {}
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
        self,
        names: Sequence[str],
        paths: Sequence[str],
        seconds: _Seconds,
        parts: _Seconds | None = None,
    ) -> Inspection:
        """Inspect clips: whether they exist and are complete audio, and how long they are.

        Arguments:
            names: names as in the release's tables.
            paths: where the files are.
            seconds: durations that the source gives; nan where it gives none. Those of whole files
                are compared with the file, whose own length counts.
            parts: start and end of each clip in its file, in seconds, shape (clips, 2); nan where
                the file begins or ends. None when every clip is a whole file.
        """
        stated = np.nan_to_num(seconds) > 0
        if self.listed:
            listed = np.array([self.listed.get(name, math.nan) for name in names], np.float64)
            seconds = np.where(np.isnan(seconds), listed, seconds)
        if parts is None:
            parts = np.full((len(paths), 2), np.nan)
        if not self.audio:
            empty = np.flatnonzero(seconds <= 0).tolist()
            return Inspection(seconds, dict.fromkeys(empty, (EMPTY, "")))
        self._open(names, paths)
        is_part = ~np.isnan(parts).all(axis=1)
        stated &= ~is_part
        asked = (is_part | stated | np.isnan(seconds)).tolist()
        self._measure([path for path, ask in zip(paths, asked, strict=True) if ask])
        measured = self._lengths(paths)
        doubtful = stated & (np.abs(measured - seconds) > _TOLERANCE)
        estimated = [
            paths[n] for n in np.flatnonzero(doubtful).tolist() if _kind(paths[n]) == _ESTIMATED
        ]
        if estimated:
            self._decode(estimated)
            measured = self._lengths(paths)
        files = [self._files[path] for path in paths]
        # How long the whole file is, as far as its row, or its header, says.
        whole = np.where(is_part | np.isnan(seconds), measured, seconds)
        starts = np.nan_to_num(parts[:, 0])
        ends = np.where(np.isnan(parts[:, 1]), whole, parts[:, 1])
        lengths = np.minimum(ends, whole) - starts
        lengths = np.where(doubtful & ~np.isnan(measured), measured, lengths)
        defects = {n: (file.defect, file.detail) for n, file in enumerate(files) if file.defect}
        beyond = is_part & ((starts >= whole) | (ends > whole + _TOLERANCE))
        for n in np.flatnonzero(beyond).tolist():
            where = "" if np.isnan(parts[n, 1]) else f"to {ends[n]:g} "
            defects.setdefault(n, (BEYOND, f"{starts[n]:g} {where}of {whole[n]:.1f} s"))
        longer = doubtful & (measured > seconds + _ROUNDED)
        for n in np.flatnonzero(longer & (seconds < (1 - _LONGER) * measured)).tolist():
            defects.setdefault(
                n, (WRONG, f"{seconds[n]:.1f} s by its row, the file has {measured[n]:.1f} s")
            )
        for n in np.flatnonzero(lengths <= 0).tolist():
            defects.setdefault(n, (EMPTY, ""))
        sound = [n for n in range(len(paths)) if n not in defects]
        defects |= self._cut_short(sound, paths, whole, ends)
        lengths[[n for n in defects if not lengths[n] >= 0]] = 0.0
        return Inspection(lengths, defects)

    def same_audio(
        self, paths: Sequence[str], parts: Sequence[tuple[float | None, float | None]]
    ) -> list[list[int]]:
        """Groups of two or more clips with the same audio, each clip by its place in `paths`.

        Files of equal size and equal middle are read whole and compared by SHA-256. If audio is not
        opened, files of the same name count as the same. Parts are the same if they begin and end
        at the same place.

        Arguments:
            paths: files that were inspected.
            parts: start and end of each clip in its file; None where the file begins or ends.
        """
        if not self.audio:
            return _repeated(list(zip(paths, parts, strict=True)))
        files = [self._files[path] for path in paths]
        keys = [(f.size, f.middle, part) for f, part in zip(files, parts, strict=True)]
        alike = Counter(keys)
        compared = [bool(key[1]) and alike[key] > 1 for key in keys]
        chosen = [path for path, compare in zip(paths, compared, strict=True) if compare]
        unread = [path for path in dict.fromkeys(chosen) if path not in self._contents]
        self._contents.update(zip(unread, contents(unread), strict=True))
        return _repeated(
            [
                (self._contents[path], part) if compare and self._contents[path] else None
                for path, part, compare in zip(paths, parts, compared, strict=True)
            ]
        )

    def copies(self, paths: Sequence[str]) -> list[str]:
        """For each inspected file the first one of `paths` with the same bytes, or itself."""
        files = list(dict.fromkeys(paths))
        first = {path: path for path in files}
        for group in self.same_audio(files, [(None, None)] * len(files)):
            first |= {files[place]: files[group[0]] for place in group}
        return [first[path] for path in paths]

    def _open(self, names: Sequence[str], paths: Sequence[str]) -> None:
        """Read the first bytes of files that no command has read since they changed."""
        new: dict[str, tuple[str, int, int]] = {}
        for name, path in zip(names, paths, strict=True):
            if path in self._files or path in new:
                continue
            stamp = self._stamp(name, path)
            if stamp is None or not stamp[0]:
                self._files[path] = AudioFile(MISSING if stamp is None else EMPTY)
                continue
            cached = self._remembered.get(path)
            if cached and (cached.size, cached.changed) == stamp:
                self._files[path] = cached
            else:
                new[path] = (path, *stamp)
        self._files.update(zip(new, open_files(list(new.values())), strict=True))
        self._new += len(new)

    def _measure(self, paths: Sequence[str]) -> None:
        """Ask the headers of files for their lengths, each file once."""
        files = {path: self._files[path] for path in paths}
        asked = [p for p, file in files.items() if not file.defect and math.isnan(file.measured)]
        for path, (value, why) in zip(asked, measure(asked), strict=True):
            self._learn(path, replace(files[path], measured=value), why)

    def _lengths(self, paths: Sequence[str]) -> _Seconds:
        """Seconds of files as far as they are known: decoded, or else by the header."""
        files = [self._files[path] for path in paths]
        known = (f.measured if math.isnan(f.decoded) else f.decoded for f in files)
        return np.fromiter(known, np.float64, len(files))

    def _decode(self, paths: Sequence[str]) -> None:
        """Decode files, each file once."""
        files = {path: self._files[path] for path in paths}
        asked = [p for p, file in files.items() if not file.defect and math.isnan(file.decoded)]
        for path, (value, why) in zip(asked, decode(asked), strict=True):
            self._learn(path, replace(files[path], decoded=value), why)

    def _learn(self, path: str, file: AudioFile, why: str) -> None:
        """Keep what is known of a file now; `why` it cannot be decoded, if so."""
        self._files[path] = replace(file, defect=UNREADABLE_AUDIO, detail=why) if why else file
        self._new += 1

    def _cut_short(
        self, places: Sequence[int], paths: Sequence[str], whole: _Seconds, ends: _Seconds
    ) -> dict[int, tuple[str, str]]:
        """Find clips whose file ends before them: defect and detail by place.

        Files with far fewer bytes a second than usual are decoded. What is usual is learned from
        the first clips of each kind, and stays: a clip is judged alike whenever it is asked about.

        Arguments:
            places: the clips to judge, without another defect.
            whole: seconds that each clip's file has, by its row or its header.
            ends: where each clip ends in its file.
        """
        kinds: dict[str, list[int]] = defaultdict(list)
        for place in places:
            kinds[_kind(paths[place])].append(place)
        defects: dict[int, tuple[str, str]] = {}
        for kind, clips in kinds.items():
            files = [self._files[paths[n]] for n in clips]
            rates = np.array([file.size for file in files]) / whole[clips]
            if kind not in self._least and len(clips) >= self.enough_for_usual_size:
                self._least[kind] = _SUSPICIOUS * float(np.median(rates))
            odd = rates < self._least.get(kind, math.inf)
            odd |= np.array([file.measured for file in files]) < 0.9 * whole[clips] - 0.1
            known = ~np.isnan(np.array([file.decoded for file in files]))
            judged = [clips[n] for n in np.flatnonzero(odd | known)]
            self._decode([paths[n] for n in judged])
            for n in judged:
                file = self._files[paths[n]]
                if file.defect:
                    defects[n] = (file.defect, file.detail)
                elif file.decoded < 0.9 * whole[n] - 0.1 and file.decoded < ends[n] - _TOLERANCE:
                    defects[n] = truncation(file.decoded, float(ends[n]))
        return defects

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
    def _remembered(self) -> dict[str, AudioFile]:
        """The files that earlier commands read, by path."""
        entry = recall(clips_key(self.release.clips))
        if entry is None:
            return {}
        return {
            os.path.join(self._folder, row.pop("path")): AudioFile(**row)  # noqa: PTH118 (as above)
            for row in entry[0].to_pylist()
        }

    def remember(self) -> None:
        """Store what the files are in the cache, for the next command."""
        if self._new < self.worth_remembering:
            return
        files = dict(self._remembered)
        files |= {path: file for path, file in self._files.items() if file.size}
        # Paths relative to the clips folder: the next command may name the folder differently.
        columns: dict[str, Any] = {"path": [path.removeprefix(self._folder) for path in files]}
        for field in fields(AudioFile):
            columns[field.name] = [getattr(file, field.name) for file in files.values()]
        remember(clips_key(self.release.clips), pa.table(columns), {})
        self._new = 0


def listed_durations(release: Release) -> dict[str, float]:
    """Seconds by clip from ``clip_durations.tsv`` (releases from 16.1 on); empty without it."""
    path = release.folder / "clip_durations.tsv"
    if not release.common_voice or not path.is_file():
        return {}
    rows = read_tsv(path, Encoding(release.encoding, release.locale)).rows
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


def _repeated(values: Sequence[Hashable]) -> list[list[int]]:
    """The places of each value that occurs more than once; None does not count."""
    places: dict[Hashable, list[int]] = defaultdict(list)
    for place, value in enumerate(values):
        if value is not None:
            places[value].append(place)
    return [group for group in places.values() if len(group) > 1]


def _kind(path: str) -> str:
    return path.rsplit(".", 1)[-1].lower()
