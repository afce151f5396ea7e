"""Clips that are parts of one file and overlap in time: the same speech is in both."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

_PART = re.compile(r"#t=([\d.]*)(?:,([\d.]+))?\Z")
# Tables round times: parts that follow each other may seem to share so many seconds.
_TOLERANCE = 0.1


class Span(NamedTuple):
    """A stretch of a file, from `start` to `end` in seconds; `end` is infinite at its end."""

    file: str
    start: float
    end: float


def span_of(clip: str) -> Span:
    """The stretch that the name of a clip gives, such as ``long.wav#t=2.5,3.75``."""
    found = _PART.search(clip)
    if found is None:
        return Span(clip, 0.0, float("inf"))
    start, end = (float(text) if text else None for text in found.groups())
    return Span(clip[: found.start()], start or 0.0, float("inf") if end is None else end)


def overlapped(spans: Iterable[Span], by: Sequence[Span]) -> list[int | None]:
    """For each span, the place of one in `by` that shares more than 0.1 s with it; None without.

    A span shorter than 0.2 s is overlapped when half of it is shared. The time is that of sorting:
    in each file the ends are kept as the greatest so far, so one search finds the answer.
    """
    members: dict[str, list[int]] = defaultdict(list)
    for place, span in enumerate(by):
        members[span.file].append(place)

    def later(first: int, second: int) -> int:
        return second if by[second].end > by[first].end else first

    starts: dict[str, list[float]] = {}
    # Of the spans that start no later, the one that ends last.
    latest: dict[str, list[int]] = {}
    for file, places in members.items():
        places.sort(key=lambda place: by[place].start)
        starts[file] = [by[place].start for place in places]
        latest[file] = list(accumulate(places, later))
    found: list[int | None] = []
    for file, start, end in spans:
        shared = min(_TOLERANCE, (end - start) / 2)
        before = bisect_left(starts.get(file, ()), end - shared)
        last = latest[file][before - 1] if before else None
        found.append(last if last is not None and by[last].end > start + shared else None)
    return found


def shared_clips(
    clips: pa.ChunkedArray | pa.Array, others: pa.ChunkedArray | pa.Array
) -> npt.NDArray[np.bool_]:
    """A mask of the clips whose recording is among others: of the same name, or overlapping."""
    same = pc.is_in(clips, value_set=pc.unique(others)).to_numpy(zero_copy_only=False)
    mask: npt.NDArray[np.bool_] = same & pc.not_equal(clips, "").to_numpy(zero_copy_only=False)
    if _has_part(clips) or _has_part(others):
        by = [span_of(clip) for clip in pc.unique(others).to_pylist() if clip]
        found = overlapped(map(span_of, clips.to_pylist()), by)
        mask |= np.array([place is not None for place in found], bool)
    return mask


def _has_part(clips: pa.ChunkedArray | pa.Array) -> bool:
    return bool(pc.any(pc.match_substring(clips, "#t=")).as_py())
