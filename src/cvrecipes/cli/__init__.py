"""The command line. Nothing here imports torch; commands do, when they need tensors."""

from __future__ import annotations

import errno
import os
import sys
import threading
from typing import Any

import click

from cvrecipes import __version__
from cvrecipes.cli import doctor, recipes, work
from cvrecipes.errors import CvrecipesError, Failure

_INTERRUPTED = 130


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
def cli(debug: bool) -> None:
    """Language recipes for Common Voice: normalize, fine-tune CTC, and a WER one can believe."""


for _command in (
    work.run,
    work.evaluate,
    work.transcribe,
    recipes.list_,
    recipes.show,
    recipes.normalize,
    recipes.test,
    recipes.suggest,
    recipes.plugins,
    work.settings,
    work.sample,
    doctor.doctor,
):
    cli.add_command(_command)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 1 failed, 2 wrong usage, 130 interrupted."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in words[:1] or bool(os.environ.get("CVRECIPES_DEBUG"))
    # Accepted anywhere, because one adds it after a command has failed.
    if "--debug" in words and "--" not in words:
        debug = True
        words = [word for word in words if word != "--debug"]
    _utf8()
    if not debug:
        threading.excepthook = _in_thread
    sys.exit(_run(words, debug))


def _run(words: list[str], debug: bool) -> int:
    try:
        result: Any = cli.main(args=words, prog_name="cvrecipes", standalone_mode=False)
    except CvrecipesError as error:
        if debug:
            raise
        _complain(error.message)
        return error.exit_code
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        _complain("interrupted")
        return _INTERRUPTED
    except BrokenPipeError:
        # The reader has gone (as with head); Python would complain again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except MemoryError:
        _complain("memory is not enough; use --limit or a smaller batch_seconds")
        return 1
    except OSError as error:
        if debug:
            raise
        place = f"{error.filename}: " if error.filename else ""
        full = error.errno == errno.ENOSPC
        what = "the disk is full; free some space, then --resume" if full else error.strerror
        _complain(f"{place}{what or error}")
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


def _in_thread(arguments: threading.ExceptHookArgs) -> None:
    """A full disk also stops TensorBoard's writer; the main thread says so, once."""
    if not isinstance(arguments.exc_value, OSError):
        threading.__excepthook__(arguments)


def _complain(message: str) -> None:
    click.echo(click.style("error: ", fg="red") + message, err=True)


def _utf8() -> None:
    """Text is UTF-8 on every system, whatever the console's code page."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="replace")
