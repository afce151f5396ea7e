"""A hook that fails: the error names the plugin, the hook and the locale."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from cvrecipes import hookimpl
from cvrecipes.catalog import open_recipe
from cvrecipes.data.release import open_release
from cvrecipes.errors import Failure, UsageError
from cvrecipes.plugins import new_manager
from cvrecipes.records import Release, Table
from support.plugins import plugin, put_recipe

pytestmark = pytest.mark.usefixtures("empty_folder")

Call = Callable[..., Any]


def failing(name: str = "mine") -> ModuleType:
    def vocabulary_extras() -> list[str]:
        raise ValueError("no\nmore")

    return plugin(name, vocabulary_extras=vocabulary_extras)


def test_a_hook_that_raises_names_plugin_hook_and_error() -> None:
    manager = new_manager([failing()])
    with pytest.raises(
        Failure,
        match=r"^plugin mine failed in vocabulary_extras: ValueError: no; "
        r"raised in .*test_hook_errors\.py:\d+, see more with",
    ) as caught:
        manager.hook.vocabulary_extras(recipe=None)
    assert isinstance(caught.value.__cause__, ValueError)


def test_a_hook_that_raises_names_the_locale_of_the_run() -> None:
    recipe, manager = open_recipe("tr", new_manager([failing()]))
    with pytest.raises(Failure, match=r"mine failed in vocabulary_extras for tr: ValueError"):
        manager.hook.vocabulary_extras(recipe=recipe)


def test_a_hook_of_a_recipe_that_raises_names_the_recipe(tmp_path: Path) -> None:
    mine = put_recipe(tmp_path / "recipes", "xx")
    (mine / "xx" / "hooks.py").write_text(
        "from cvrecipes import hookimpl\n@hookimpl\ndef vocabulary_extras(): return 1 / 0\n"
    )
    recipe, manager = open_recipe("xx")
    with pytest.raises(Failure, match=r"user:xx failed in vocabulary_extras for xx: ZeroDivision"):
        manager.hook.vocabulary_extras(recipe=recipe)


def test_an_error_that_a_plugin_words_itself_stays_as_it_is() -> None:
    def split_words() -> list[str]:
        raise UsageError("no dictionary", remedy="install one")

    manager = new_manager([plugin("mine", split_words=split_words)])
    with pytest.raises(UsageError, match=r"^no dictionary; install one$"):
        manager.hook.split_words(text="", recipe=None)


def test_a_hook_around_others_is_watched_too() -> None:
    module = ModuleType("around")

    @hookimpl(wrapper=True)
    def vocabulary_extras() -> Any:
        yield
        raise KeyError("after")

    vars(module)["vocabulary_extras"] = vocabulary_extras
    manager = new_manager([module])
    with pytest.raises(Failure, match=r"around failed in vocabulary_extras: KeyError: 'after'"):
        manager.hook.vocabulary_extras(recipe=None)


@pytest.fixture
def broken_recipe(tmp_path: Path) -> Path:
    """``recipes/xx``, whose hook raises when its vocabulary is built."""
    folder = put_recipe(tmp_path / "recipes", "xx", '[alphabet]\nletters = "a b"\n')
    (folder / "xx" / "hooks.py").write_text(
        "from cvrecipes import hookimpl\n@hookimpl\ndef vocabulary_extras(): return 1 / 0\n"
    )
    return folder


def test_on_the_command_line_it_is_one_line(call: Call, broken_recipe: Path) -> None:
    done = call("show", "xx")
    assert done.code == 1
    place = broken_recipe / "xx" / "hooks.py"
    assert done.complaint == (
        "plugin user:xx failed in vocabulary_extras for xx: ZeroDivisionError: division by zero; "
        f"raised in {place}:3, see more with --debug, and tell its authors"
    )


@pytest.mark.usefixtures("broken_recipe")
def test_debug_shows_the_original_error(call: Call) -> None:
    done = call("--debug", "show", "xx")
    assert done.code == 1
    assert "Traceback" in done.err and "\nZeroDivisionError: division by zero\n" in done.err


def test_a_hook_that_exits_is_named_too() -> None:
    def vocabulary_extras() -> list[str]:
        sys.exit(3)

    manager = new_manager([plugin("mine", vocabulary_extras=vocabulary_extras)])
    with pytest.raises(Failure, match="mine failed in vocabulary_extras: SystemExit: 3"):
        manager.hook.vocabulary_extras(recipe=None)


def opening(opener: Any) -> Any:
    """The manager with one plugin, `mine`, whose source ``store`` is `opener`."""

    def register_sources(register: Call) -> None:
        register("store", opener)

    return new_manager([plugin("mine", register_sources=register_sources)])


def released(**fields: Any) -> Call:
    """An opener of a release with these fields in place of right ones."""
    right: dict[str, Any] = {"tables": {}, "folder": Path(), "read": lambda name: None}

    def opener(where: str, locale: str) -> Release:
        return Release(locale=locale, version="1", **(right | fields))

    return opener


def one_argument(where: str) -> None:
    return None


def without_read(where: str, locale: str) -> Any:
    return Release(locale, "1", Path(), {})  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("opener", "message"),
    [(one_argument, "plugin mine failed in source 'store': TypeError: one_argument() takes 1"),
     (without_read, "plugin mine failed in source 'store': TypeError: Release.__init__() missing"),
     (lambda where, locale: 3, "plugin mine: source 'store' gives 3, not a Release or None"),
     (released(read=None), "plugin mine: source 'store' of a Release gives None, not a function"),
     (released(folder="a"), "plugin mine: source 'store' of a Release gives 'a', not a Path")],
)  # fmt: skip
def test_a_wrong_opener_is_named_with_its_file_and_line(opener: Any, message: str) -> None:
    with pytest.raises(Failure) as caught:
        open_release("store:a", "tr", opening(opener))
    assert message in caught.value.message
    assert re.search(r"test_hook_errors\.py:\d+", caught.value.message)


def test_a_source_that_is_no_function_is_named() -> None:
    with pytest.raises(Failure, match=r"^source 'store' of mine is no function but int; give the"):
        open_release("store:a", "tr", opening(3))


@pytest.mark.parametrize(
    ("read", "message"),
    [(lambda name: 3, r"plugin mine: read\('train'\) of source 'store' gives 3, not a Table"),
     (lambda: 3, r"plugin mine failed in read\('train'\) of source 'store': TypeError: "),
     (lambda name: Table([], (), 0), r"plugin mine: rows of source 'store' gives \[\], not a pya")],
)  # fmt: skip
def test_a_wrong_read_of_a_release_is_named(read: Any, message: str) -> None:
    release = open_release("store:a", "tr", opening(released(read=read)))
    with pytest.raises(Failure, match=message) as caught:
        release.read("train")
    assert re.search(r"test_hook_errors\.py:\d+", caught.value.message)


@pytest.mark.parametrize(
    ("hook", "result", "expected"),
    [("vocabulary_extras", 3, "a list of single visible characters"),
     ("vocabulary_extras", ["ab"], "a list of single visible characters"),
     ("vocabulary_extras", [3], "a list of single visible characters"),
     ("reason_to_leave_out", 3, "text or None"),
     ("reason_to_leave_out", True, "text or None"),
     ("reason_to_leave_out", False, "text or None"),
     ("reason_to_leave_out", b"noise", "text or None"),
     ("reason_to_leave_out", " ", "text or None"),
     ("split_words", "a b", "a list of words or None"),
     ("split_words", [1], "a list of words or None")],
)  # fmt: skip
def test_a_wrong_result_is_named_with_plugin_hook_and_place(
    hook: str, result: Any, expected: str
) -> None:
    def wrong() -> Any:
        return result

    line = wrong.__code__.co_firstlineno
    manager = new_manager([plugin("mine", **{hook: wrong})])
    call = getattr(manager.hook, hook)
    given = dict.fromkeys(call.spec.argnames, "")
    with pytest.raises(Failure) as caught:
        call(**given)
    assert caught.value.message == (
        f"{__file__}:{line}: plugin mine: {hook} gives {result!r}, not {expected}; "
        "see: docs/plugins.md"
    )


def test_a_wrong_result_of_a_hook_around_others_is_named() -> None:
    module = ModuleType("around")

    @hookimpl(wrapper=True)
    def reason_to_leave_out() -> Any:
        yield
        return ["noise", 3]

    vars(module)["reason_to_leave_out"] = reason_to_leave_out
    manager = new_manager([module])
    with pytest.raises(Failure, match=r"plugin around: reason_to_leave_out gives 3, not text or"):
        manager.hook.reason_to_leave_out(clip=None, text="", recipe=None)
