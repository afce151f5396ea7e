"""How the program exits: output that nobody reads, tracebacks, wrong usage."""

from __future__ import annotations

import errno
import io
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cvrecipes.console import OutputError, checked_output
from support.command_line import COMMAND, process

Call = Callable[..., Any]


def test_a_reader_that_leaves_is_no_error() -> None:
    code = "from cvrecipes.cli import main; main(['normalize', 'tr'])"
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as child:
        assert child.stdin and child.stdout and child.stderr
        child.stdout.close()
        child.stdin.write(b"Evet.\n" * 50_000)
        child.stdin.close()
        assert child.stderr.read() == b""
    assert child.returncode == 141


WRITERS = [
    ("--help",),
    ("list",),
    ("list", "--json"),
    ("show", "tr"),
    ("normalize", "tr", "Evet."),
    ("test", "tr"),
    ("plugins",),
    ("settings",),
    ("completion", "bash"),
    ("check", "tr", "--no-audio"),
    ("run", "tr", "--dry-run"),
]


@pytest.mark.parametrize("words", WRITERS, ids=" ".join)
def test_a_command_whose_reader_leaves_ends_quietly(words: tuple[str, ...]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([*COMMAND, *words], stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.skipif(os.name != "posix", reason="descriptors as a shell has them")
@pytest.mark.parametrize(
    ("where", "complaint"),
    [
        (">&-", "standard output is closed; send it somewhere, such as > /dev/null"),
        ("> /dev/full", "standard output cannot be written (No space left on device)"),
    ],
)
def test_output_that_nobody_can_get_is_an_error(where: str, complaint: str) -> None:
    if "/dev/full" in where and not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    code = "from cvrecipes.cli import main; main(['list'])"
    command = f"{shlex.quote(sys.executable)} -c {shlex.quote(code)} {where}"
    done = subprocess.run(
        command, shell=True, stderr=subprocess.PIPE, encoding="utf-8", check=False
    )
    assert (done.returncode, done.stderr) == (1, f"error: {complaint}\n")


@pytest.mark.skipif(os.name != "posix", reason="descriptors as a shell has them")
def test_a_closed_standard_error_takes_nothing_from_the_output() -> None:
    code = "from cvrecipes.console import progress, say; say('lost')\n"
    code += "with progress('x', 1): print('kept')"
    command = f"{shlex.quote(sys.executable)} -c {shlex.quote(code)} 2>&-"
    done = subprocess.run(command, shell=True, stdout=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "kept\n")


@pytest.mark.parametrize("words", [("--debug", "show", "qqq"), ("show", "qqq", "--debug")])
def test_debug_shows_the_traceback(words: tuple[str, ...]) -> None:
    done = process(*words)
    assert done.returncode == 2
    assert done.stderr.startswith("Traceback")
    assert done.stderr.endswith("\nerror: no recipe for 'qqq'; see: cvrecipes list\n")


def test_without_debug_there_is_no_traceback() -> None:
    done = process("show", "qqq")
    assert done.returncode == 2
    assert done.stderr == "error: no recipe for 'qqq'; see: cvrecipes list\n"


@pytest.mark.parametrize("words", WRITERS, ids=" ".join)
def test_a_full_disk_behind_standard_output_is_named_as_such(words: tuple[str, ...]) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no /dev/full here")
    with full.open("w") as output:
        done = subprocess.run(
            [*COMMAND, *words], stdout=output, stderr=subprocess.PIPE,
            encoding="utf-8", check=False,
        )  # fmt: skip
    assert (done.returncode, done.stderr) == (
        1, "error: standard output cannot be written (No space left on device)\n"
    )  # fmt: skip


def test_a_full_disk_behind_a_file_is_no_error_of_the_output(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("cvrecipes.cli.show.open_recipe", full)
    done = call("show", "tr")
    assert (done.code, done.complaint) == (1, "the disk is full; free some space, then --resume")


@pytest.mark.skipif(os.name != "posix", reason="descriptors as a shell has them")
@pytest.mark.parametrize(("words", "code"), [(("show", "qqq"), 2), (("list", "qqqq"), 1)])
def test_an_error_that_nobody_reads_keeps_its_exit_code(words: tuple[str, ...], code: int) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([*COMMAND, *words], stdout=subprocess.PIPE, stderr=writer, check=False)
    os.close(writer)
    assert (done.returncode, done.stdout) == (code, b"")


@pytest.mark.parametrize(
    ("words", "error", "code"),
    [
        ("run tr --frobnicate", "no such option '--frobnicate'; see: cvrecipes run --help", 2),
        ("frobnicate", "no such command 'frobnicate'; see: cvrecipes --help", 2),
        ("list qqqq", "no language matches 'qqqq'; see all: cvrecipes list", 1),
        ("transcribe no-model no.wav", "no.wav: there is no such file", 2),
    ],
)
def test_debug_changes_no_exit_code(call: Call, words: str, error: str, code: int) -> None:
    plain, debug = call(*words.split()), call(*words.split(), "--debug")
    assert (plain.code, plain.err) == (code, f"error: {error}\n")
    assert debug.code == code
    assert debug.err.startswith("Traceback") and debug.err.endswith(f"\nerror: {error}\n")


def test_a_defect_exits_with_1_with_and_without_debug(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(*_: object, **__: object) -> None:
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr("cvrecipes.cli.show.open_recipe", wrong)
    plain, debug = call("show", "tr"), call("show", "tr", "--debug")
    assert (plain.code, debug.code) == (1, 1)
    assert plain.complaint == (
        "ZeroDivisionError: by nothing; this may be a defect of cvrecipes: add --debug to see where"
    )
    assert "Traceback" in debug.err and ", in wrong" in debug.err


def test_only_a_failed_write_to_the_output_is_an_output_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Broken(io.StringIO):
        def write(self, _: str) -> int:
            raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    stream = Broken()
    monkeypatch.setattr(sys, "stdout", stream)
    with checked_output():
        with pytest.raises(OutputError) as caught:
            print("text")
        assert caught.value.closed and caught.value.reason == "Broken pipe"
        # click and rich end the program when they see this number.
        assert caught.value.errno is None and not isinstance(caught.value, BrokenPipeError)
    assert sys.stdout is stream
