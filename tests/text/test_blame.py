"""The step that made a difference, found by following it back."""

from __future__ import annotations

import pytest

from cvrecipes.text.blame import Blame, blame
from cvrecipes.text.normalizer import Change


def chain(raw: str, *steps: tuple[str, str]) -> list[Change]:
    changes: list[Change] = []
    for name, after in steps:
        changes.append(Change(name, raw, after))
        raw = after
    return changes


@pytest.mark.parametrize(
    ("changes", "expected", "found"),
    [
        # A letter that was changed, before and after other steps moved it.
        (chain("Xİz.", ("lower", "xiz."), ("punctuation", "xiz")), "xız", ("lower", "İ", "i")),
        (chain("a-É b", ("lower", "a-é b"), ("hyphen", "aé b"), ("fold", "ae b")), "aé b",
         ("fold", "é", "e")),
        # What is missing was deleted, what is too much was put in.
        (chain("a'b", ("apostrophe", "ab"), ("other", "xab")), "xa'b", ("apostrophe", "'", "")),
        (chain("5 b", ("numbers", "five b")), "5 b", ("numbers", "5", "five")),
        # A step next to the difference is not to blame.
        (chain("ab.", ("punctuation", "ab")), "ad", None),
        (chain("Ab.", ("lower", "ab."), ("punctuation", "ab")), "a", None),
        (chain("ab", ("none", "ab")), "ab", None),
    ],
)  # fmt: skip
def test_the_last_step_that_wrote_the_difference_is_found(
    changes: list[Change], expected: str, found: tuple[str, str, str] | None
) -> None:
    assert blame(changes, changes[-1].after, expected) == (Blame(*found) if found else None)


def test_without_any_change_no_step_is_to_blame() -> None:
    assert blame([], "a", "b") is None
