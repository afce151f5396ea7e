"""The group of all commands, and how the program exits."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import sys
import threading
import traceback
from collections.abc import Callable
from typing import Any

import click

from cvrecipes import __version__
from cvrecipes.cli import hints
from cvrecipes.cli.certify import certify
from cvrecipes.cli.check import check
from cvrecipes.cli.completion import completion
from cvrecipes.cli.doctor import doctor
from cvrecipes.cli.evaluate import evaluate
from cvrecipes.cli.fetch import fetch
from cvrecipes.cli.list import list_
from cvrecipes.cli.new import new
from cvrecipes.cli.normalize import normalize
from cvrecipes.cli.plugins import plugins
from cvrecipes.cli.review import review
from cvrecipes.cli.run import run
from cvrecipes.cli.sample import sample
from cvrecipes.cli.settings import settings
from cvrecipes.cli.show import show
from cvrecipes.cli.suggest import suggest
from cvrecipes.cli.test import test
from cvrecipes.cli.transcribe import transcribe
from cvrecipes.console import OutputError, checked_output, color, discard, part_errors, say
from cvrecipes.errors import CvrecipesError, UsageError
from cvrecipes.plugin_errors import blamed
from cvrecipes.plugins import TRACE
from cvrecipes.words import visible

_INTERRUPTED = 130
# A name with a space, or one that looks like an option, would never be found.
_COMMAND = re.compile(r"\w[\w.:-]*")
_CLICK = (click.ClickException, click.Abort, click.exceptions.Exit)
_BROKEN_PIPE = 141  # as of a program that SIGPIPE ends, which head and less cause every day


class Group(click.Group):
    """The top group: plugins add their commands when a command is resolved or listed."""

    _joined = False
    _owner = ""  # the plugin whose `register_commands` runs
    _owners: dict[str, str]

    def _join(self) -> None:
        """Add the commands of each plugin; a broken plugin is left out with a warning."""
        if self._joined:
            return
        self._joined, self._owners = True, {}
        from cvrecipes.plugins import new_manager

        manager = new_manager(broken=lambda error: _warn(error.message))
        for name, plugin in manager.list_name_plugin():
            callers = manager.get_hookcallers(plugin) or ()
            if not any(caller.name == "register_commands" for caller in callers):
                continue
            others = [other for _, other in manager.list_name_plugin() if other is not plugin]
            before, self._owner = dict(self.commands), name
            try:
                manager.subset_hook_caller("register_commands", others)(cli=self)
            except CvrecipesError as error:
                _warn(error.message)
            finally:
                self._owner = ""
                self._keep(before, name)

    def _keep(self, before: dict[str, click.Command], owner: str) -> None:
        """Keep every command as it was `before`, whatever `owner` did to the dictionary of them."""
        after, self.commands = self.commands, before
        added = {name: command for name, command in after.items() if name in self._owners}
        self.commands |= {name: command for name, command in added.items() if name not in before}
        self._owner = owner
        for name, command in after.items():
            if self.commands.get(name) is not command:
                self.add_command(command, name)
        self._owner = ""

    def add_command(self, cmd: click.Command, name: str | None = None) -> None:
        """Add a command; a plugin cannot take the name of an existing one, and is warned."""
        name = name or getattr(cmd, "name", None) or ""
        if not self._owner:
            super().add_command(cmd, name)
        elif (kind := _no_command(cmd)) is not None:
            _warn(f"plugin {self._owner} adds a command {name!r} that is none but {kind}")
        elif not _COMMAND.fullmatch(name):
            _warn(
                f"plugin {self._owner} adds a command {name!r}, which cannot be typed as one word; "
                "it is left out"
            )
        elif name in self.commands:
            taken = f"plugin {self._owners[name]}" if name in self._owners else "cvrecipes"
            _warn(
                f"plugin {self._owner} adds a command {name!r}, which {taken} has already; "
                "it is left out"
            )
        else:
            _name_plugin(cmd, name, self._owner)
            self._owners[name] = self._owner
            super().add_command(cmd, name)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Ours in the order of use, then plugins'."""
        self._join()
        return list(self.commands)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """A command by name; plugins are only asked for names that are not ours."""
        if cmd_name not in self.commands:
            self._join()
        return super().get_command(ctx, cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the first argument names.

        Raises:
            UsageError: there is no such command; the near one is named.
        """
        name = args[0]
        if not (name.startswith("-") or ctx.resilient_parsing or self.get_command(ctx, name)):
            raise UsageError(
                f"no such command {name!r}", remedy=hints.command_hint(name, self.commands)
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List every command with the whole first sentence of its help, wrapped and not cut."""
        commands = {name: self.get_command(ctx, name) for name in self.list_commands(ctx)}
        rows = [
            (name, command.get_short_help_str(limit=1000))
            for name, command in commands.items()
            if command is not None and not command.hidden
        ]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def _no_command(value: object) -> str | None:
    """The type of what a plugin gives as a command; None if it is one."""
    return None if isinstance(value, click.Command) else type(value).__name__


def _name_plugin(command: click.Command, name: str, owner: str) -> None:
    """Let the errors of a plugin's command name the plugin."""

    def watched(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            try:
                return function(*arguments, **named)
            except (CvrecipesError, OutputError, MemoryError, *_CLICK):
                raise
            except Exception as error:
                raise blamed(error, owner, f"command {name!r}", command.callback) from error

        return call

    # On the object, because the class is click's or the plugin's.
    for method in ("make_context", "invoke"):
        setattr(command, method, watched(getattr(command, method)))


@click.group(
    cls=Group,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start with: cvrecipes run tr",
)
@click.version_option(__version__, prog_name="cvrecipes")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.option("--trace", is_flag=True, help="Print every call of a plugin's hook with its time.")
@click.pass_context
def cli(context: click.Context, debug: bool, trace: bool) -> None:
    """Language recipes for Common Voice: normalize, fine-tune CTC, and a WER one can believe."""
    context.color = color()


for _command in (
    run,
    evaluate,
    transcribe,
    check,
    certify,
    list_,
    show,
    normalize,
    test,
    suggest,
    new,
    review,
    plugins,
    settings,
    sample,
    fetch,
    doctor,
    completion,
):
    cli.add_command(_command)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 1 failed, 2 wrong usage, 130 interrupted.

    141 when the reader of standard output left before its end. With ``--debug`` the exit
    codes are the same, and a traceback comes before the error.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in words[:1] or bool(os.environ.get("CVRECIPES_DEBUG"))
    # Accepted anywhere, because a person adds it after a command has failed.
    if "--debug" in words and "--" not in words:
        debug = True
        words = [word for word in words if word != "--debug"]
    if "--trace" in words and "--" not in words:
        os.environ[TRACE] = "1"
        words = [word for word in words if word != "--trace"]
    if sys.stdout is None:
        _complain("standard output is closed; send it somewhere, such as > /dev/null")
        sys.exit(1)
    _utf8()
    part_errors()
    if not debug:
        threading.excepthook = _in_thread
    with checked_output():
        code = exit_code_of(words, debug)
    sys.exit(code)


def exit_code_of(words: list[str], debug: bool = False) -> int:
    """Run one command; what goes wrong becomes one line on standard error and an exit code."""
    try:
        try:
            return _invoke(words)
        finally:
            sys.stdout.flush()
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        _complain("interrupted")
        return _INTERRUPTED
    except OutputError as error:
        discard(sys.stdout)
        if error.closed:
            return _BROKEN_PIPE
        message, code = str(error), 1
    except Exception as error:
        message, code = _message(error, words)
        if debug:
            with contextlib.suppress(OSError):
                traceback.print_exc()
    _complain(message)
    return code


def _invoke(words: list[str]) -> int:
    streams = sys.stdout, sys.stderr
    try:
        result = cli.main(args=words, prog_name="cvrecipes", standalone_mode=False)
    except SystemExit:
        if sys.stdout is streams[0]:
            raise
        # click has met a broken pipe behind standard error, and put wrappers around both.
        sys.stdout, sys.stderr = streams
        discard(sys.stderr)
        return _BROKEN_PIPE
    return result if isinstance(result, int) else 0


def _message(error: Exception, words: list[str]) -> tuple[str, int]:
    """One line for the person at the keyboard, and the exit code."""
    if isinstance(error, CvrecipesError):
        return error.message, error.exit_code
    if isinstance(error, click.ClickException):
        return _usage(error, words), error.exit_code
    if isinstance(error, MemoryError):
        return "memory is not enough; use --limit or a smaller batch_seconds", 1
    if isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        if error.errno == errno.ENOSPC:
            return f"{place}the disk is full; free some space, then --resume", 1
        return f"{place}{error.strerror or error}", 1
    first = str(error).strip().splitlines()[:1]
    return (
        f"{type(error).__name__}: {first[0] if first else ''}; this may be a defect of "
        "cvrecipes: add --debug to see where"
    ), 1


def _usage(error: click.ClickException, words: list[str]) -> str:
    """click's message of up to four lines on one, in the form of our own errors."""
    # Without click's own guesses, which know no settings.
    text = error.message if isinstance(error, click.NoSuchOption) else error.format_message()
    text = " ".join(text.split()).removesuffix(".")
    text = text[:1].lower() + text[1:]
    context: click.Context | None = getattr(error, "ctx", None)
    command = context.command if context else cli.commands.get(words[0]) if words else None
    hint = hints.usage_hint(error, command, words)
    if hint:
        return f"{text}; {hint}"
    # An option without its value is met before click has a context to name.
    path = f"cvrecipes {words[0]}" if words and words[0] in cli.commands else "cvrecipes"
    return f"{text}; see: {context.command_path if context else path} --help"


def _in_thread(arguments: threading.ExceptHookArgs) -> None:
    """A full disk also stops TensorBoard's writer; the main thread reports it, once."""
    if not isinstance(arguments.exc_value, OSError):
        threading.__excepthook__(arguments)


def _complain(message: str) -> None:
    try:
        click.echo(click.style("error: ", fg="red") + visible(message), err=True, color=color())
    except OSError:  # nobody reads it; the exit code is right all the same
        discard(sys.stderr)


def _warn(message: str) -> None:
    say(f"warning: {visible(message)}")


def _utf8() -> None:
    """Text is UTF-8 on every system, whatever the console's code page."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="replace")
