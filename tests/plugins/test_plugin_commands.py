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


DIRECT = """
import click
@hookimpl
def register_commands(cli):
    cli.commands["list"] = cli.commands["hello"] = click.Command("hello", callback=lambda: 1 / 0)
    del cli.commands["transcribe"]
    cli.add_command(3)
    cli.commands["three"] = 3
"""


def test_a_plugin_that_changes_the_commands_behind_their_back_takes_none_of_ours(
    call: Call, packages: Path
) -> None:
    put_package(packages, "cvrecipes-a", DIRECT)
    done = call("--help")
    assert done.code == 0 and "transcribe" in done.out and "hello" in done.out
    assert sorted(done.err.splitlines()) == [
        "warning: plugin cvrecipes-a adds a command '' that is none but int",
        "warning: plugin cvrecipes-a adds a command 'list', which cvrecipes has already; "
        "it is left out",
        "warning: plugin cvrecipes-a adds a command 'three' that is none but int",
    ]
    assert "Turkish" in call("list").out
    assert "plugin cvrecipes-a failed in command 'hello'" in call("hello").complaint


@pytest.mark.parametrize("name", ["", "-x", "my cmd", "a\n"])
def test_a_command_whose_name_cannot_be_typed_is_left_out(
    call: Call, packages: Path, name: str
) -> None:
    head = "import click\n@hookimpl\ndef register_commands(cli):\n    "
    added = f"cli.add_command(click.Command({name!r}), {name!r})\n"
    put_package(packages, "cvrecipes-a", head + added)
    put_package(packages, "cvrecipes-b", f"{head}cli.commands['-y'] = click.Command('y')\n")
    done = call("--help")
    assert done.code == 0
    assert done.err.splitlines() == [
        f"warning: plugin cvrecipes-{owner} adds a command {shown!r}, which cannot be typed as one "
        "word; it is left out"
        for owner, shown in (("a", name), ("b", "-y"))
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [("import no_such_module\n",
      "plugin cvrecipes-a cannot be loaded: ModuleNotFoundError: No module named"),
     ("raise SystemExit(3)\n", "plugin cvrecipes-a cannot be loaded: SystemExit: 3"),
     ("def (\n", "plugin cvrecipes-a cannot be loaded: SyntaxError: "),
     ("@hookimpl\ndef no_such_hook(): pass\n", "plugin cvrecipes-a implements an unknown hook"),
     ("@hookimpl\ndef register_commands(cli, more): pass\n",
      "plugin cvrecipes-a has a hook that does not fit: register_commands takes more"),
     ("def register_commands(cli): pass\n",
      "plugin cvrecipes-a has a function register_commands that is not marked as a hook"),
     ("def __getattr__(name): return 1 / 0\n", "cvrecipes_a failed in registration: ZeroDivis")],
)  # fmt: skip
@pytest.mark.parametrize("words", [("--help",), ("-h",)])
def test_help_is_shown_with_a_broken_plugin_which_is_named(
    call: Call, packages: Path, content: str, message: str, words: tuple[str, ...]
) -> None:
    put_package(packages, "cvrecipes-a", content)
    put_package(packages, "cvrecipes-b", f"{HEAD}        click.echo('hi')\n")
    done = call(*words)
    assert done.code == 0
    assert "transcribe" in done.out and "hello" in done.out
    (line,) = done.err.splitlines()
    assert line.startswith("warning: ") and message in line
    # Where the plugin could change a result, it is an error still.
    assert call("list", "tr").code == 1


def test_a_plugin_for_another_version_does_not_stop_the_help(call: Call, packages: Path) -> None:
    put_package(packages, "cvrecipes-a", HEAD + "        pass\n", requires="cvrecipes>=99")
    done = call("--help")
    assert done.code == 0 and "hello" not in done.out
    assert "warning: plugin cvrecipes-a 1.5 is for cvrecipes >=99" in done.err
