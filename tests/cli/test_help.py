"""--help, --version, and the command without arguments."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import click
import pytest

from cvrecipes import __version__
from cvrecipes.cli import cli

Call = Callable[..., Any]


def test_without_a_command_the_help_is_shown(call: Call) -> None:
    done = call()
    assert done.code == 2
    assert "Usage: cvrecipes" in done.err


@pytest.mark.parametrize("words", [("--help",), ("-h",), ("normalize", "--help")])
def test_help_is_no_error(call: Call, words: tuple[str, ...]) -> None:
    done = call(*words)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("Usage: cvrecipes")


def test_version_is_shown(call: Call) -> None:
    assert call("--version").out == f"cvrecipes, version {__version__}\n"


def pages() -> dict[str, click.Command]:
    """Every command by its words, the group included."""
    return {"": cli, **cli.commands}


@pytest.mark.parametrize("width", [60, 80])
@pytest.mark.parametrize("name", pages())
def test_help_is_whole_at_every_width(
    call: Call, name: str, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    page = call(*name.split(), "--help").out
    assert max(len(line) for line in page.splitlines()) <= width
    _, _, body = page.partition("\n")  # the first line is the usage: [ARGS]...
    assert "..." not in body
    text = " ".join(page.split())
    command = pages()[name]
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert " ".join((parameter.help or "").split()) in text
    listed = cli.commands.values() if command is cli else ()
    assert [c.name for c in listed if sentence(c.help or "") not in text] == []


def sentence(text: str) -> str:
    """The first sentence of a help text, on one line, as the list of commands has it."""
    return " ".join(text.partition("\n\n")[0].split())


@pytest.mark.parametrize("name", pages())
def test_every_help_is_a_sentence(name: str) -> None:
    command = pages()[name]
    texts = [sentence(command.help or "")]
    texts += [
        (parameter.help or "").partition("  [default")[0]
        for parameter in command.params
        if isinstance(parameter, click.Option)
    ]
    assert [text for text in texts if not re.fullmatch(r"[A-Z][^\n]{9,}\.", text)] == []


def test_the_list_of_commands_has_one_line_for_each_at_80_columns(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    page = call("--help").out
    for name, command in cli.commands.items():
        assert re.search(rf"^  {name} +{re.escape(sentence(command.help or ''))}$", page, re.M)
