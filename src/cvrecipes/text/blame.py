"""Which step made a text differ from what was expected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from cvrecipes.text.normalizer import Change


@dataclass(frozen=True, slots=True)
class Blame:
    """The last step that wrote what differs: `before` became `after` there."""

    step: str
    before: str
    after: str


def blame(changes: Sequence[Change], got: str, expected: str) -> Blame | None:
    """Follow the first difference of `got` and `expected` back to the step that made it.

    Arguments:
        changes: of `Normalizer.explain`; the last one's `after` is `got`.

    Returns:
        None if no step changed that place: the raw text has the difference.
    """
    wrong = next((op for op in _differences(got, expected)), None)
    if wrong is None:
        return None
    start, end = wrong[0], wrong[1]
    for change in reversed(changes):
        for a, b, c, d in _differences(change.before, change.after):
            # What was deleted lies between two letters, and so does what is missing.
            inside = c < end and d > start if c < d else start < c < end
            touched = inside if start < end else c <= start <= d
            if touched:
                return Blame(change.step, change.before[a:b], change.after[c:d])
        start, end = _back(change, start, end)
    return None


def _differences(left: str, right: str) -> list[tuple[int, int, int, int]]:
    """The parts that differ; parts of equal length letter by letter."""
    differences: list[tuple[int, int, int, int]] = []
    matcher = SequenceMatcher(None, left, right, autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            continue
        if b - a == d - c:
            differences += [(a + i, a + i + 1, c + i, c + i + 1) for i in range(b - a)]
        else:
            differences.append((a, b, c, d))
    return differences


def _back(change: Change, start: int, end: int) -> tuple[int, int]:
    """Where an untouched part of `after` stands in `before`."""
    matcher = SequenceMatcher(None, change.before, change.after, autojunk=False)
    for a, c, size in matcher.get_matching_blocks():
        if c <= start and end <= c + size:
            return start - c + a, end - c + a
    return start, end
