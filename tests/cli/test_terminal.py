"""What a terminal shows: colors, bars, and lines that fit its width."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cvrecipes.cli import doctor, output
from cvrecipes.console import color
from cvrecipes.records import Rate, Score
from cvrecipes.words import columns, wrapped
from support.command_line import COMMAND, on_terminal, process

if TYPE_CHECKING:
    from cvrecipes.records import RunReport

Call = Callable[..., Any]


@pytest.mark.parametrize(
    ("variables", "wanted"),
    [
        ({}, None),
        ({"NO_COLOR": "1"}, False),
        ({"NO_COLOR": ""}, None),
        ({"FORCE_COLOR": "1"}, True),
        ({"FORCE_COLOR": "0"}, None),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_the_environment_decides_about_colors(
    call: Call, variables: dict[str, str], wanted: bool | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert color() is wanted
    assert ("\x1b[" in call("test", "tr").out) == bool(wanted)
    assert ("\x1b[" in call("nix").err) == bool(wanted)


@pytest.mark.skipif(os.name != "posix", reason="a terminal of its own")
@pytest.mark.parametrize(("variables", "colored"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_a_terminal_has_colors_and_a_bar_unless_no_color_is_set(
    variables: dict[str, str], colored: bool
) -> None:
    code = (
        "from cvrecipes.console import progress\n"
        "with progress('measuring', 2) as advance: advance(1)\n"
        "from cvrecipes.cli import main; main(['test', 'tr'])"
    )
    kept = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR")}
    environment = {**kept, "TERM": "xterm-256color", "COLUMNS": "80", **variables}
    text = on_terminal([sys.executable, "-c", code], environment)
    assert "measuring" in text and "50%" in text
    assert "1 passed, 0 failed" in text
    assert bool(re.search(r"\x1b\[[\d;]*m", text)) == colored


def lines_on_terminal(width: int, *words: str) -> list[str]:
    """The lines that a command prints on a terminal of some width, without colors."""
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": str(width), "NO_COLOR": "1"}
    return on_terminal([*COMMAND, *words], environment, errors=False).split("\r\n")


@pytest.mark.skipif(os.name != "posix", reason="a terminal of its own")
@pytest.mark.parametrize("width", [40, 80])
@pytest.mark.parametrize(
    "words",
    [
        ("list",),
        ("show", "tr"),
        ("show", "ja"),
        ("plugins",),
        ("settings",),
        ("run", "tr", "--dry-run"),
    ],
    ids=" ".join,
)
def test_every_line_fits_the_terminal_and_every_word_is_there(
    words: tuple[str, ...], width: int
) -> None:
    lines = lines_on_terminal(width, *words)
    assert [line for line in lines if columns(line) > width] == []
    # What no terminal wraps; a line may be broken inside a word that is longer than it.
    whole = process(*words).stdout
    assert re.sub(r"\s", "", "".join(lines)) == re.sub(r"\s", "", whole)


def test_a_pipe_gets_a_line_for_each_row(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    longest = max(len(line) for line in call("list").out.splitlines())
    assert longest > 60


@pytest.mark.parametrize("width", [20, 40, 80])
@pytest.mark.parametrize("command", ["scores", "doctor"])
def test_scores_and_findings_fit_the_terminal(
    command: str, width: int, call: Call, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setattr(output, "terminal_width", lambda: width)
    if command == "doctor":
        long = doctor.Finding("built-in sample", "bad", "word " * 20, "pip install a b c d e f")
        monkeypatch.setattr(doctor, "examine", lambda: [long])
        lines = call("doctor").out.splitlines()[:-1]  # a command to copy is never wrapped
        width = max(width, 31)  # the column of findings has at least ten columns
    else:
        rate = Rate(0.1234, 0.1012, 0.1456, 1204, 312, 95, 12345)
        output.print_scores(
            Score(rate, rate, ()), "Turkish (tr), test of cv-corpus-25.0-2026-03-09"
        )
        lines = capsys.readouterr().out.splitlines()
    assert lines and [line for line in lines if columns(line) > width] == []


def test_columns_fold_before_they_break(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [["tr", "one two three"], ["zh", "中文 字"]]
    for width, printed in (
        (80, "a   b\ntr  one two three\nzh  中文 字\n"),
        (12, "a   b\ntr  one two\n    three\nzh  中文 字\n"),
        (10, "a   b\ntr  one\n    two\n    three\nzh  中文\n    字\n"),
        (8, "a  b\ntr\n  one\n  two\n  three\nzh\n  中文\n  字\n"),
    ):
        monkeypatch.setattr(output, "terminal_width", lambda width=width: width)
        output.print_table(["a", "b"], rows)
        assert capsys.readouterr().out == printed


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("", 10, [""]),
        ("one two", 7, ["one two"]),
        ("one two", 6, ["one", "two"]),
        ("abcdefgh", 3, ["abc", "def", "gh"]),
        ("a bcdefg h", 3, ["a", "bcd", "efg", "h"]),
        ("日本語", 4, ["日本", "語"]),
        ("日", 1, ["日"]),
    ],
)
def test_text_is_wrapped_by_the_columns_it_takes(text: str, width: int, lines: list[str]) -> None:
    assert wrapped(text, width) == lines


@pytest.mark.parametrize("width", [40, 80])
def test_the_last_screen_of_a_run_fits_the_terminal(
    width: int, call: Call, micro_run: RunReport, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("cvrecipes.run.run", lambda _: micro_run)
    monkeypatch.setattr(output, "terminal_width", lambda: width)
    lines = call("run", "tr", "--out", tmp_path / "out").out.splitlines()
    # A path stays on one line, to be copied.
    paths = [line for line in lines if str(micro_run.folder) in line]
    assert len(paths) == 2
    assert [line for line in lines if columns(line) > width and line not in paths] == []
    assert any(line.startswith("WER ") for line in lines)
