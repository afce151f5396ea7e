"""The plugin manager: it loads every plugin, checks its hooks, and wraps each call of them.

There is no global manager. Each call of `new_manager` makes a new one, so a run never has the hooks
of another language, and tests do not affect each other.
"""

from __future__ import annotations

import importlib
import inspect
import os
import re
import sys
import time
import traceback
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from importlib.metadata import Distribution, entry_points
from pathlib import Path
from typing import Any

import pluggy

from cvrecipes import __version__, hookspecs
from cvrecipes.errors import CvrecipesError, Failure, UsageError, did_you_mean

TRACE = "CVRECIPES_TRACE"
GROUP = "cvrecipes"
HOOKS = tuple(
    name for name, value in vars(hookspecs).items() if hasattr(value, f"{hookspecs.PROJECT}_spec")
)
# By name, as every plugin is loaded: the core uses its own hooks.
BUILTIN = "built-in"
OWN_PLUGINS = {BUILTIN: "cvrecipes.builtin", "sources": "cvrecipes.data.sources"}


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
        """Register a plugin and wrap all its hooks."""
        registered = super().register(plugin, name)
        for caller in self.get_hookcallers(plugin) or ():
            for impl in caller.get_hookimpls():
                if impl.plugin is plugin:
                    # pluggy can only wrap whole calls, in which the plugin is not known.
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
        """Name the plugin in errors raised inside; print the time of the call when tracing.

        Raises:
            Failure: anything but an error of cvrecipes was raised.
        """
        started = time.perf_counter()
        place = f" for {self.locale}" if self.locale else ""
        try:
            yield
        except (CvrecipesError, MemoryError):
            raise
        # A plugin that calls sys.exit would end the command without a message.
        except (Exception, SystemExit) as error:
            message = str(error).strip().split("\n")[0]
            raise Failure(
                f"plugin {owner} failed in {what}{place}: {type(error).__name__}"
                + (f": {message}" if message else ""),
                remedy=f"{raised_at(error)}see more with --debug, and tell its authors",
            ) from error
        finally:
            if self.tracing:
                spent = (time.perf_counter() - started) * 1000
                print(f"trace: {spent:9.3f} ms  {what}  {owner}{place}", file=sys.stderr)


class Registration:
    """A plugin registered in code; ``remove`` it, or use it as a context manager.

    Arguments:
        name: what errors and ``list`` call the plugin.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def remove(self) -> None:
        """Managers made from here on do not have the plugin any more."""
        _registered.pop(self.name, None)

    def __enter__(self) -> Registration:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()


# In the order of registration; only `new_manager` reads it.
_registered: dict[str, object] = {}


def register_plugin(plugin: object, name: str | None = None) -> Registration:
    """Register a plugin in code: every manager that this process makes has it from here on.

    Arguments:
        plugin: a module, or an object with methods marked by ``hookimpl``.
        name: what errors and ``list`` call it; by default the module's or the class's name.

    Raises:
        UsageError: a plugin of that name is registered already.
        Failure: a hook of it does not fit its specification.
    """
    name = name or str(getattr(plugin, "__name__", type(plugin).__name__))
    if name in _registered:
        raise UsageError(
            f"a plugin {name!r} is registered already",
            remedy="remove it first, or give another name",
        )
    manager = Manager()
    register(manager, plugin, name)
    check_hooks(manager)
    _registered[name] = plugin
    return Registration(name)


def new_manager(plugins: Iterable[object] = (), *, installed: bool = True) -> Manager:
    """A fresh plugin manager with the built-in plugins, the installed ones, those
    registered in code, and `plugins`.

    Raises:
        Failure: a plugin cannot be imported, is for another version of cvrecipes, or
            implements a hook that does not exist.
    """
    manager = Manager()
    for name, module in OWN_PLUGINS.items():
        register(manager, importlib.import_module(module), name)
    if installed:
        for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
            owner = entry.dist.name if entry.dist is not None else entry.name
            if entry.dist is not None:
                check_version(entry.dist, owner)
            if manager.has_plugin(owner):
                owner = f"{owner}:{entry.name}"
            try:
                with manager.watch("import", owner):
                    plugin = entry.load()
            except Failure as error:
                cause = error.__cause__ or error
                named = f"entry point {entry.name} = {entry.value!r}, "
                raise Failure(
                    f"plugin {owner} cannot be loaded: {type(cause).__name__}: {cause}",
                    remedy=f"{raised_at(cause) or named}update it, or remove it with: "
                    f"pip uninstall {owner.split(':')[0]}",
                ) from cause
            register(manager, plugin, owner)
        for name, plugin in _registered.items():
            register(manager, plugin, name)
    for plugin in plugins:
        register(manager, plugin, getattr(plugin, "__name__", None))
    check_hooks(manager)
    return manager


def check_version(dist: Distribution, owner: str) -> None:
    """Refuse a package whose metadata asks for another version of cvrecipes.

    Raises:
        Failure: the package is for another version; the message names both.
    """
    # Parsing the metadata of many packages takes longer than all the rest, so lines are read.
    requirements = re.findall(
        r"^Requires-Dist: *cvrecipes(?![\w.-])(?: *\[[^]]*\])? *\(?([^;)\n]+)\)? *$",
        (dist.read_text("METADATA") or "").split("\n\n")[0],
        re.MULTILINE | re.IGNORECASE,
    )
    if not requirements:
        return
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    for text in requirements:
        try:
            fits = SpecifierSet(text.strip()).contains(__version__, prereleases=True)
        except InvalidSpecifier:
            continue  # a version that is an address, or one that pip would not have installed
        if not fits:
            raise Failure(
                f"plugin {owner} {dist.version} is for cvrecipes {text.strip()}, "
                f"this is {__version__}",
                remedy=f"pip install --upgrade {owner}, or remove it: pip uninstall {owner}",
            )


def register(manager: pluggy.PluginManager, plugin: object, owner: str | None) -> None:
    """Register a plugin.

    Raises:
        Failure: a hook of it takes arguments that the specification does not have, or a
            function has the name of a hook and is not marked as one.
    """
    for name in HOOKS:
        function = getattr(plugin, name, None)
        if inspect.isroutine(function) and not hasattr(function, f"{hookspecs.PROJECT}_impl"):
            where, line = place_of(function)
            raise Failure(
                f"plugin {owner} has a function {name} that is not marked as a hook",
                where=where,
                line=line,
                remedy="put @hookimpl above it (from cvrecipes import hookimpl)",
            )
    try:
        manager.register(plugin, owner)
    except pluggy.PluginValidationError as error:
        raise misfit(owner, plugin, str(error)) from None


def check_hooks(manager: pluggy.PluginManager) -> None:
    """Refuse hook implementations that no specification knows or that take other arguments."""
    try:
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        wrong = str(error).split("'")[1] if "'" in str(error) else ""
        owner = manager.get_name(error.plugin)
        where, line = place_of(getattr(error.plugin, wrong, None))
        raise Failure(
            f"plugin {owner} implements an unknown hook {wrong!r}",
            where=where,
            line=line,
            remedy=did_you_mean(wrong, HOOKS, "known: " + ", ".join(sorted(HOOKS))),
        ) from None


def raised_at(error: BaseException) -> str:
    """``raised in FILE:LINE, `` for the innermost line outside of Python's own import."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"raised in {error.filename}:{error.lineno}, "
    lines = [
        (frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(error.__traceback__)
    ]
    package = str(Path(__file__).parent)
    outside = [
        frame for frame in lines if "importlib" not in frame[0] and not frame[0].startswith(package)
    ]
    return "raised in {}:{}, ".format(*outside[-1]) if outside else ""


def misfit(owner: str | None, plugin: object, message: str) -> Failure:
    """The error for a hook with arguments that its specification does not have.

    Arguments:
        message: what pluggy raised.
    """
    match = re.search(r"hook '(\w+)'", message)
    hook = match[1] if match else ""
    function = getattr(plugin, hook, None)
    where, line = place_of(function)
    specified = getattr(hookspecs, hook, None)
    specified_names = list(inspect.signature(specified).parameters) if callable(specified) else []
    names = list(inspect.signature(function).parameters) if callable(function) else []
    wrong = [name for name in names if name not in specified_names]
    what = f"{hook} takes {', '.join(wrong)}" if wrong else message.strip().splitlines()[-1]
    return Failure(
        f"plugin {owner} has a hook that does not fit: {what}",
        where=where,
        line=line,
        remedy=f"its arguments are: {', '.join(specified_names)}"
        if specified_names
        else "see: docs/plugins.md",
    )


def place_of(function: object) -> tuple[str | None, int | None]:
    """File and line of a function; None for anything else."""
    code = getattr(inspect.unwrap(function), "__code__", None) if callable(function) else None
    return (code.co_filename, code.co_firstlineno) if code is not None else (None, None)
