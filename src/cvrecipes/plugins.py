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
import types
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import wraps
from importlib.metadata import Distribution, EntryPoint, entry_points
from reprlib import repr as shortened
from typing import TYPE_CHECKING, Any

import pluggy

from cvrecipes import __version__, hookspecs
from cvrecipes.errors import CvrecipesError, Failure, UsageError, did_you_mean
from cvrecipes.plugin_errors import (
    RESULTS,
    blamed,
    misfit,
    place_of,
    raised_at,
    wrong_field,
    wrong_result,
)

if TYPE_CHECKING:
    from cvrecipes.records import Release, Table

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
        several = hook in RESULTS and not getattr(self.hook, hook).spec.opts.get("firstresult")
        opens = hook == "register_sources" and owner not in OWN_PLUGINS
        expected, fits = RESULTS.get(hook, ("", None))

        def call(*arguments: Any) -> object:
            if opens:
                arguments = tuple(self._watched_register(owner, one) for one in arguments)
            with self.watch(hook, owner, function):
                result = function(*arguments)
            check([result])
            return result

        def check(results: Iterable[object]) -> None:
            for result in results:
                if result is not None and fits is not None and not fits(result):
                    raise wrong_result(owner, hook, result, expected, function)

        def wrap(*arguments: object) -> Generator[Any, Any, Any]:
            with self.watch(hook, owner, function):
                result = yield from function(*arguments)
            if impl.wrapper:  # of all implementations, unless the first one's is the only
                check(result if isinstance(result, list) and several else [result])
            return result

        return wrap if impl.wrapper or impl.hookwrapper else call

    def _watched_register(
        self, owner: str, register: Callable[[str, Any], None]
    ) -> Callable[[str, Any], None]:
        """The function that a plugin's ``register_sources`` calls, with the openers watched."""

        def watched(name: str, opener: Any) -> None:
            if not callable(opener):
                raise Failure(
                    f"source {name!r} of {owner} is no function but {type(opener).__name__}",
                    remedy=f"give the function itself, without (): register({name!r}, function)",
                )
            register(name, self._watched_opener(owner, f"source {name!r}", opener))

        return watched

    def _watched_opener(
        self, owner: str, what: str, opener: Callable[..., Any]
    ) -> Callable[..., Release | None]:
        """An opener whose errors, and those of its releases' `read`, name the plugin."""

        @wraps(opener)
        def open_source(where: str, locale: str, *more: Any) -> Release | None:
            from cvrecipes.records import Release

            with self.watch(what, owner, opener):
                release = opener(where, locale, *more)
            if release is None:
                return None
            if not isinstance(release, Release):
                raise wrong_result(owner, what, release, "a Release or None", opener)
            wrong = wrong_field(release)
            if wrong:
                raise wrong_result(owner, f"{what} of a Release", *wrong, opener)
            return replace(release, read=self._watched_read(owner, what, release.read))

        return open_source

    def _watched_read(
        self, owner: str, what: str, read: Callable[[str], Any]
    ) -> Callable[[str], Table]:
        def read_table(name: str) -> Table:
            from cvrecipes.records import Table

            with self.watch(f"read({name!r}) of {what}", owner, read):
                table = read(name)
            if not isinstance(table, Table):
                raise wrong_result(owner, f"read({name!r}) of {what}", table, "a Table", read)
            if not hasattr(table.rows, "column_names"):
                wanted = "a pyarrow table"
                raise wrong_result(owner, f"rows of {what}", table.rows, wanted, read)
            return table

        return read_table

    @contextmanager
    def watch(self, what: str, owner: str, function: object = None) -> Iterator[None]:
        """Name the plugin in errors raised inside; print the time of the call when tracing.

        Arguments:
            what: what is called: a hook, or what the plugin has registered.
            owner: the plugin's name.
            function: what is called; its place is named when no line of the plugin has run.

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
            raise blamed(error, owner, what + place, function) from error
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
        UsageError: a plugin of that name is registered already, or it is no plugin.
        Failure: a hook of it does not fit its specification.
    """
    name = name or name_of(plugin)
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


def new_manager(
    plugins: Iterable[object] = (),
    *,
    installed: bool = True,
    broken: Callable[[Failure], None] | None = None,
) -> Manager:
    """A fresh plugin manager with the built-in plugins, the installed ones, those
    registered in code, and `plugins`.

    Arguments:
        broken: called with what is wrong with an installed plugin, which is then left out; None
            to raise it.

    Raises:
        Failure: a plugin cannot be imported, is for another version of cvrecipes, or
            implements a hook that does not exist.
        UsageError: one of `plugins` is no plugin, or is given twice.
    """
    manager = Manager()
    for name, module in OWN_PLUGINS.items():
        register(manager, importlib.import_module(module), name)
    if installed:
        for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
            try:
                _load(manager, entry)
            except Exception as error:
                if broken is None:
                    raise
                if not isinstance(error, Failure):
                    error = blamed(error, entry.name, "registration")
                broken(error)
        for name, plugin in _registered.items():
            register(manager, plugin, name)
    for plugin in plugins:
        name = name_of(plugin)
        if manager.is_registered(plugin):
            raise UsageError(f"plugin {name} is given twice", remedy="leave one out")
        number = 2
        while manager.has_plugin(name):
            name, number = f"{name_of(plugin)}:{number}", number + 1
        register(manager, plugin, name)
    while True:
        try:
            check_hooks(manager)
        except Failure as error:
            wrong = getattr(error.__context__, "plugin", None)
            if broken is None or wrong is None:
                raise
            broken(error)
            manager.unregister(wrong)
        else:
            return manager


def _load(manager: Manager, entry: EntryPoint) -> None:
    """Import and register an installed plugin."""
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


def name_of(plugin: object) -> str:
    """The name of a plugin that is given in code: the module's, or the class's.

    Raises:
        UsageError: it is neither a module nor an object with a hook.
    """
    # A namespace holds its hooks itself, an object its class.
    names = {*dir(type(plugin)), *getattr(plugin, "__dict__", ())}
    if isinstance(plugin, types.ModuleType | type) or any(
        hasattr(getattr(plugin, name, None), f"{hookspecs.PROJECT}_impl") for name in names
    ):
        return str(getattr(plugin, "__name__", type(plugin).__name__))
    raise UsageError(
        f"{shortened(plugin)} is no plugin",
        remedy="give a module, or an object with methods marked by @hookimpl",
    )


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
        if manager.is_registered(plugin):  # pluggy 1.6 keeps the hooks before the wrong one
            manager.unregister(plugin)
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
