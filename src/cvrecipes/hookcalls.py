"""Calling hooks: what a hook raises names its plugin, and every call can be watched."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
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
        except Exception as error:
            said = str(error).strip().split("\n")[0]
            raise Failure(
                f"plugin {owner} failed in {what}{place}: {type(error).__name__}"
                + (f": {said}" if said else ""),
                remedy="see where with --debug, and tell its authors",
            ) from error
        finally:
            if self.tracing:
                spent = (time.perf_counter() - started) * 1000
                print(f"trace: {spent:9.3f} ms  {what}  {owner}{place}", file=sys.stderr)
