"""Commands of plugins: their errors name the plugin, and none of them harms another command."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cvrecipes.cli.main import cli
from support.plugins import put_package

pytestmark = pytest.mark.usefixtures("empty_folder", "fresh_commands")

Call = Callable[..., Any]

HEAD = """
import click
@hookimpl
def register_commands(cli):
    @cli.command()
    def hello():
        "Say hello."
"""


@pytest.fixture
def fresh_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    """The group of commands as a new process has it: no plugin was asked."""
    own = {name: one for name, one in cli.commands.items() if "cvrecipes.cli" in _module(one)}
    monkeypatch.setattr(cli, "commands", own)
    monkeypatch.setattr(cli, "_joined", False)
    for name in ("cvrecipes_a", "cvrecipes_b", "cvrecipes_c"):
        monkeypatch.delitem(sys.modules, name, raising=False)


def _module(command: Any) -> str:
    return str(getattr(command.callback, "__module__", ""))


def test_a_command_that_raises_is_named_with_its_plugin_and_line(
    call: Call, packages: Path
) -> None:
    put_package(packages, "cvrecipes-a", f"{HEAD}        raise ValueError('no')\n")
    done = call("hello")
    assert done.code == 1
    place = packages / "cvrecipes_a.py"
    assert done.complaint == (
        "plugin cvrecipes-a failed in command 'hello': ValueError: no; "
        f"raised in {place}:9, see more with --debug, and tell its authors"
    )


@pytest.mark.parametrize(
    ("body", "code", "output"),
    [("click.echo('hi')", 0, "hi\n"), ("raise click.ClickException('no')", 1, "error: no"),
     ("raise SystemExit(3)", 3, ""), ("click.get_current_context().exit(4)", 4, "")],
)  # fmt: skip
def test_a_command_that_ends_on_its_own_terms_is_left_alone(
    call: Call, packages: Path, body: str, code: int, output: str
) -> None:
    put_package(packages, "cvrecipes-a", f"{HEAD}        {body}\n")
    done = call("hello")
    assert done.code == code
    assert output in done.out + done.err and "plugin" not in done.err


def test_a_plugin_that_cannot_add_its_commands_harms_no_other_command(
    call: Call, packages: Path
) -> None:
    put_package(packages, "cvrecipes-a", "@hookimpl\ndef register_commands(cli): 1 / 0\n")
    put_package(packages, "cvrecipes-b", f"{HEAD}        click.echo('hi')\n")
    done = call("--help")
    assert done.code == 0 and "hello" in done.out and "transcribe" in done.out
    (line,) = done.err.splitlines()
    assert line.startswith("warning: plugin cvrecipes-a failed in register_commands: ZeroDivision")
    assert call("hello").out == "hi\n"


def test_a_taken_name_is_left_out_with_a_warning_that_names_the_plugin(
    call: Call, packages: Path
) -> None:
    for name in ("cvrecipes-a", "cvrecipes-b"):
        put_package(packages, name, f"{HEAD}        click.echo({name!r})\n")
    put_package(packages, "cvrecipes-c", HEAD.replace("hello()", "list()") + "        1 / 0\n")
    done = call("--help")
    assert done.code == 0
    assert done.err.splitlines() == [
        "warning: plugin cvrecipes-b adds a command 'hello', which plugin cvrecipes-a has already; "
        "it is left out",
        "warning: plugin cvrecipes-c adds a command 'list', which cvrecipes has already; "
        "it is left out",
    ]
    assert call("hello").out == "cvrecipes-a\n"
    assert "Turkish" in call("list").out
