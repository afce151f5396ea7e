"""What check prints: its width, its colors, and text that cannot act on a terminal."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cvrecipes.check.wording import letter, shown
from support.checking import DEFECTIVE
from support.releases import GOOD, Row, make_release

pytestmark = pytest.mark.usefixtures("cache", "eighty_columns")

Call = Callable[..., Any]


@pytest.mark.parametrize("columns", [40, 80, 140])
def test_lines_are_no_wider_than_the_window(
    columns: int, call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    rows = [*DEFECTIVE, Row("güneş " * 60), Row("güneş" * 60, "test")]
    outcome = call("check", "tr", "--data", make_release(tmp_path, rows=rows))
    lines = outcome.out.splitlines()
    assert max(map(len, lines)) <= columns
    assert not [line for line in lines if line != line.rstrip()]
    for part in ("Splits", "Left out", "Characters", "Some clips", "Findings"):
        assert part in lines


def test_what_is_piped_has_no_colors_and_no_control_characters(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    place = make_release(tmp_path, rows=DEFECTIVE)
    assert "\x1b" not in call("check", "tr", "--data", place).out
    monkeypatch.setenv("FORCE_COLOR", "1")
    colored = call("check", "tr", "--data", place).out
    assert "\x1b[" in colored and "\x1b[31m güneş" not in colored
    assert "\\x1b[31m güneş" in colored
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in call("check", "tr", "--data", place).out


def test_long_lists_are_cut_and_say_so(call: Call, tmp_path: Path) -> None:
    rows = [*GOOD, *(Row(f"{chr(0x5D0 + number)} güneş") for number in range(15))]
    out = call("check", "tr", "--data", make_release(tmp_path, rows=rows)).out
    assert "15 characters outside the alphabet, in 15 sentences" in out
    assert out.count("HEBREW") == 10
    assert "... and 5 more (see --html or --json)" in out


def test_text_of_a_release_is_one_harmless_line() -> None:
    assert shown("a\nb\tc\x1b") == "a\\nb\\tc\\x1b"
    assert shown("\u202etxt") == "\\u202etxt"
    assert shown("a" * 500, 10) == "aaaaaaaaa…"
    assert letter("\u0301") == "\u25cc\u0301"
    assert letter("\u202e") == letter("\u200b") == ""
