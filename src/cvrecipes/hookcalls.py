"""Calling hooks: what a hook raises names its plugin, and every call can be watched."""

from __future__ import annotations

import inspect
import os
import re
import sys
import time
import traceback
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pluggy

from cvrecipes import hookspecs
from cvrecipes.errors import CvrecipesError, Failure

TRACE = "CVRECIPES_TRACE"


class Manager(pluggy.PluginManager):
    """A plugin manager with the hooks of `cvrecipes.hookspecs`.

    Attributes:
        locale: of the recipe that was opened, for errors; empty before that.
        tracing: whether each call is written to standard error with its time.
    """

    def __init__(self) -> None:
        super().__init__(hookspecs.PROJECT)
        self.locale = ""
        self.tracing = os.environ.get(TRACE, "0") not in ("", "0")
        self.add_hookspecs(hookspecs)

    def register(self, plugin: object, name: str | None = None) -> str | None:
        """Register a plugin; all its hooks are watched from here on."""
        registered = super().register(plugin, name)
        for caller in self.get_hookcallers(plugin) or ():
            for impl in caller.get_hookimpls():
                if impl.plugin is plugin:
                    # pluggy lets one watch whole calls only, where the plugin is not known.
                    impl.function = self._watched(impl, caller.name)  # type: ignore[misc]
        return registered

    def _watched(self, impl: pluggy.HookImpl, hook: str) -> Callable[..., Any]:
        function: Callable[..., Any] = impl.function
        owner = impl.plugin_name

        def call(*arguments: object) -> object:
            with self.watch(hook, owner):
                return function(*arguments)

        def wrap(*arguments: object) -> Generator[Any, Any, Any]:
            with self.watch(hook, owner):
                return (yield from function(*arguments))

        return wrap if impl.wrapper or impl.hookwrapper else call

    @contextmanager
    def watch(self, what: str, owner: str) -> Iterator[None]:
        """Name the plugin in what is raised inside; write its time when calls are traced.

        Raises:
            Failure: anything but an error of cvrecipes was raised.
        """
        started = time.perf_counter()
        place = f" for {self.locale}" if self.locale else ""
        try:
            yield
        except (CvrecipesError, MemoryError):
            raise
        # A plugin that calls sys.exit would end the command without a word.
        except (Exception, SystemExit) as error:
            said = str(error).strip().split("\n")[0]
            raise Failure(
                f"plugin {owner} failed in {what}{place}: {type(error).__name__}"
                + (f": {said}" if said else ""),
                remedy=f"{raised_at(error)}see more with --debug, and tell its authors",
            ) from error
        finally:
            if self.tracing:
                spent = (time.perf_counter() - started) * 1000
                print(f"trace: {spent:9.3f} ms  {what}  {owner}{place}", file=sys.stderr)


def raised_at(error: BaseException) -> str:
    """``raised in FILE:LINE, `` for the innermost line outside of Python's own import."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"raised in {error.filename}:{error.lineno}, "
    lines = [
        (frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(error.__traceback__)
    ]
    ours = str(Path(__file__).parent)
    outside = [one for one in lines if "importlib" not in one[0] and not one[0].startswith(ours)]
    return "raised in {}:{}, ".format(*outside[-1]) if outside else ""


def misfit(owner: str | None, plugin: object, said: str) -> Failure:
    """A hook with arguments that its specification does not have, from what pluggy says."""
    found = re.search(r"hook '(\w+)'", said)
    hook = found[1] if found else ""
    function = getattr(plugin, hook, None)
    where, line = place_of(function)
    specified = getattr(hookspecs, hook, None)
    wanted = list(inspect.signature(specified).parameters) if callable(specified) else []
    given = list(inspect.signature(function).parameters) if callable(function) else []
    wrong = [name for name in given if name not in wanted]
    what = f"{hook} takes {', '.join(wrong)}" if wrong else said.strip().splitlines()[-1]
    return Failure(
        f"plugin {owner} has a hook that does not fit: {what}",
        where=where,
        line=line,
        remedy=f"its arguments are: {', '.join(wanted)}" if wanted else "see: docs/plugins.md",
    )


def place_of(function: object) -> tuple[str | None, int | None]:
    """File and line of a function; of nothing else."""
    code = getattr(inspect.unwrap(function), "__code__", None) if callable(function) else None
    return (code.co_filename, code.co_firstlineno) if code is not None else (None, None)
