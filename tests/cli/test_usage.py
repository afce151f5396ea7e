"""Wrong usage: one line that says what is wrong, and what was meant."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from cvrecipes.cli import cli, hints
from cvrecipes.settings import ALIASES, Settings
from cvrecipes.words import visible

Call = Callable[..., Any]


@pytest.mark.parametrize("command", ["show", "normalize", "test", "run"])
def test_every_command_refuses_an_unknown_locale(call: Call, command: str) -> None:
    done = call(command, "TR")
    assert (done.code, done.complaint) == (2, "no recipe for 'TR'; did you mean tr?")


@pytest.mark.parametrize(("wanted", "near"), [("tu", "tr"), ("tr_TR", "tr"), ("de-DE", "de")])
def test_an_unknown_locale_suggests_the_near_one(call: Call, wanted: str, near: str) -> None:
    done = call("show", wanted)
    assert done.code == 2
    assert re.match(rf"no recipe for '{wanted}'; did you mean .*\b{near}\b", done.complaint)


def test_an_unknown_command_is_wrong_usage(call: Call) -> None:
    done = call("shwo")
    assert done.code == 2
    assert done.complaint == "no such command 'shwo'; did you mean show?"
    assert done.out == ""


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (
            "list --jsn",
            "no such option '--jsn'; did you mean --json?",
        ),
        ("frobnicate", "no such command 'frobnicate'; see: cvrecipes --help"),
        ("--frobnicate", "no such option '--frobnicate'; see: cvrecipes --help"),
        ("run", "missing argument 'LOCALE'; see: cvrecipes run --help"),
        ("sample fi", "missing option '--out'; see: cvrecipes sample --help"),
        ("show tr de", "got unexpected extra argument (de); see: cvrecipes show --help"),
        ("run tr --limit", "option '--limit' requires an argument; see: cvrecipes run --help"),
        (
            "evaluate m --split all",
            "invalid value for '--split': 'all' is not one of 'train', 'dev', 'test'; "
            "see: cvrecipes evaluate --help",
        ),
    ],
)
def test_wrong_usage_is_one_line_that_names_the_help(
    call: Call, words: str, complaint: str
) -> None:
    done = call(*words.split())
    assert (done.code, done.out, done.err) == (2, "", f"error: {complaint}\n")


@pytest.mark.parametrize("command", ["run tr", "evaluate m", "sample fi --out x"])
@pytest.mark.parametrize("seed", ["4294967296", "-1", "1e3"])
def test_a_seed_out_of_range_is_wrong_usage(call: Call, command: str, seed: str) -> None:
    done = call(*command.split(), "--seed", seed)
    assert done.code == 2
    assert done.complaint.startswith("invalid value for '--seed': ")


@pytest.mark.parametrize(
    "words",
    [
        ("run", ""),
        ("run", "tr", "--data", ""),
        ("run", "tr", "--data="),
        ("run", "tr", "--base", ""),
        ("run", "tr", "--out", ""),
        ("run", "tr", "--preset", ""),
        ("run", "tr", "--set", ""),
        ("evaluate", ""),
        ("evaluate", "m", "--data", ""),
        ("evaluate", "m", "--locale", ""),
        ("evaluate", "m", "--pairs", ""),
        ("transcribe", "", "a.wav"),
        ("transcribe", "m", ""),
        ("show", "tr", "--data", ""),
        ("test", ""),
        ("suggest", "xx", "--data", ""),
        ("sample", "fi", "--out", ""),
        ("sample", "fi", "--out", "x", "--text", ""),
        ("settings", ""),
    ],
    ids=" ".join,
)
def test_an_empty_value_is_wrong_usage(call: Call, words: tuple[str, ...]) -> None:
    done = call(*words)
    assert done.code == 2
    assert "it is empty; is a shell variable not set?" in done.complaint


def test_an_empty_variable_counts_as_not_set(
    call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CVRECIPES_DATA", "")
    monkeypatch.chdir(tmp_path)
    assert "no Common Voice release of de found" in call("run", "de", "--dry-run").complaint


def test_shortest_above_longest_names_both(call: Call) -> None:
    done = call("run", "tr", "--dry-run", "--set", "shortest=30")
    assert done.code == 2
    assert "setting shortest (30) is above longest (20)" in done.complaint
    assert Settings().changed({"shortest": 30, "longest": 40}).shortest == 30


def test_control_characters_in_a_name_are_written_out(call: Call, tmp_path: Path) -> None:
    done = call("show", "tr", "--data", tmp_path / "a\x1b[31m\x07b")
    assert done.complaint.startswith(f"{tmp_path}/a\\x1b[31m\\x07b: ")
    assert visible("é\tz\n\u2028\x85") == "é\\tz\\n\\u2028\\x85"
    assert visible(os.fsdecode(b"a\xffb")) == "a\\xffb"


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        ("run tr --epochs 3", "epochs is a setting: --set epochs=3"),
        ("run tr --epochs=3", "epochs is a setting: --set epochs=3"),
        ("run tr --epoch 3", "epochs is a setting: --set epochs=3"),
        ("run tr --learning-rate 1e-3", "learning_rate is a setting: --set learning_rate=1e-3"),
        ("check tr --lr 1e-3", "learning_rate is a setting: --set learning_rate=1e-3"),
        ("run tr --merge-dev", "merge_dev is a setting: --set merge_dev=true"),
        ("run tr --epochs --json", "epochs is a setting: --set epochs=VALUE"),
        ("run tr epochs=3", "epochs is a setting: --set epochs=3"),
        ("run epochs=3 tr", "epochs is a setting: --set epochs=3"),
        ("run tr --set epochs 3", "epochs is a setting: --set epochs=3"),
        ("run tr --presett tiny", "did you mean --preset?"),
        ("run tr --output x", "did you mean --out?"),
        ("run tr --model x", "did you mean --base?"),
        ("evaluate m --epochs 3", "see: cvrecipes evaluate --help"),
        ("train tr", "did you mean run?"),
        ("languages", "did you mean list?"),
        ("eval m", "did you mean evaluate?"),
        ("evalute m", "did you mean evaluate?"),
        ("SHOW tr", "did you mean show?"),
        ("help", "did you mean --help?"),
        ("tr", "did you mean cvrecipes run tr?"),
    ],
)
def test_a_near_miss_names_what_was_meant(call: Call, words: str, remedy: str) -> None:
    done = call(*words.split())
    assert (done.code, done.out) == (2, "")
    assert done.complaint.endswith(f"; {remedy}")


def test_every_hint_names_a_command_option_or_setting_that_exists() -> None:
    options = {name for command in cli.commands.values() for p in command.params for name in p.opts}
    assert set(hints._COMMANDS.values()) <= {*cli.commands, "--help", "--version"}
    assert not set(hints._COMMANDS) & set(cli.commands)
    assert set(hints._OPTIONS.values()) <= options
    assert set(ALIASES.values()) <= {field.name for field in fields(Settings)}


@pytest.mark.parametrize("given", ["x", "0", "-1", "nan", "inf"])
def test_hours_are_a_number_above_zero(call: Call, given: str) -> None:
    done = call("sample", "tr", f"--hours={given}")
    assert done.code == 2
    assert f"'{given}' is not a number of hours above 0" in done.complaint
