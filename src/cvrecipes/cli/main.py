"""The group of all commands, and how the program exits."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import threading
from typing import Any

import click

from cvrecipes import __version__
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
from cvrecipes.cli.run import run
from cvrecipes.cli.sample import sample
from cvrecipes.cli.settings import settings
from cvrecipes.cli.show import show
from cvrecipes.cli.suggest import suggest
from cvrecipes.cli.test import test
from cvrecipes.cli.transcribe import transcribe
from cvrecipes.console import color, part_errors
from cvrecipes.errors import CvrecipesError, Failure
from cvrecipes.plugins import TRACE
from cvrecipes.words import visible

_INTERRUPTED = 130
_BROKEN_PIPE = 141  # as of a program that SIGPIPE ends, which head and less cause every day


class Group(click.Group):
    """The top group: plugins' commands join ours when a command is looked up or listed."""

    _joined = False

    def _join(self) -> None:
        if not self._joined:
            self._joined = True
            from cvrecipes.plugins import new_manager

            new_manager().hook.register_commands(cli=self)

    def add_command(self, cmd: click.Command, name: str | None = None) -> None:
        """Add a command; a plugin cannot take the name of one that is there.

        Raises:
            Failure: the name is taken.
        """
        name = name or cmd.name
        if name in self.commands:
            raise Failure(
                f"a plugin brings a command {name!r}, which is there already",
                remedy="see who it is with: cvrecipes plugins",
            )
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

    141 when the reader of standard output left before its end.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in words[:1] or bool(os.environ.get("CVRECIPES_DEBUG"))
    # Accepted anywhere, because one adds it after a command has failed.
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
    sys.exit(_run(words, debug))


def _run(words: list[str], debug: bool) -> int:
    streams = sys.stdout, sys.stderr
    try:
        result: Any = cli.main(args=words, prog_name="cvrecipes", standalone_mode=False)
        sys.stdout.flush()
    except CvrecipesError as error:
        if debug:
            raise
        _complain(error.message)
        return error.exit_code
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return error.exit_code
    except click.ClickException as error:
        _complain(_usage(error, words))
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        _complain("interrupted")
        return _INTERRUPTED
    except SystemExit:
        if sys.stdout is streams[0]:
            raise
        # click has met the broken pipe, and put wrappers around both.
        sys.stdout, sys.stderr = streams
        _drop_output()
        return _BROKEN_PIPE
    except BrokenPipeError:
        _drop_output()
        return _BROKEN_PIPE
    except MemoryError:
        _complain("memory is not enough; use --limit or a smaller batch_seconds")
        return 1
    except OSError as error:
        if debug:
            raise
        _complain(_trouble(error))
        return 1
    except Exception as error:
        if debug:
            raise
        first = str(error).strip().splitlines()[:1]
        _complain(
            f"{type(error).__name__}: {first[0] if first else ''}; this may be a defect of "
            "cvrecipes: add --debug to see where"
        )
        return 1
    return result if isinstance(result, int) else 0


def _usage(error: click.ClickException, words: list[str]) -> str:
    """What click says on up to four lines, on one, in the form of our own errors."""
    text = " ".join(error.format_message().split())
    text = text.replace(". Did you mean", "; did you mean").removesuffix(".")
    text = text[:1].lower() + text[1:]
    context = getattr(error, "ctx", None)
    # An option without its value is met before click has a context to name.
    known = f"cvrecipes {words[0]}" if words and words[0] in cli.commands else "cvrecipes"
    return f"{text}; see: {context.command_path if context else known} --help"


def _trouble(error: OSError) -> str:
    if _from_output(error):
        _drop_output()
        return f"standard output cannot be written ({error.strerror or error})"
    place = f"{error.filename}: " if error.filename else ""
    if error.errno == errno.ENOSPC:
        return f"{place}the disk is full; free some space, then --resume"
    return f"{place}{error.strerror or error}"


def _from_output(error: OSError) -> bool:
    """Whether writing to a terminal, pipe or redirection failed: the error names no file."""
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    module = str(last.tb_frame.f_globals.get("__name__")) if last is not None else ""
    return not error.filename and module in ("click.utils", "cvrecipes.cli.normalize", __name__)


def _drop_output() -> None:
    """Forget what standard output did not take; otherwise Python complains of it at its end."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _in_thread(arguments: threading.ExceptHookArgs) -> None:
    """A full disk also stops TensorBoard's writer; the main thread says so, once."""
    if not isinstance(arguments.exc_value, OSError):
        threading.__excepthook__(arguments)


def _complain(message: str) -> None:
    click.echo(click.style("error: ", fg="red") + visible(message), err=True, color=color())


def _utf8() -> None:
    """Text is UTF-8 on every system, whatever the console's code page."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="replace")
