"""A hook that fails: the error names the plugin, the hook and the locale."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from cvrecipes import hookimpl
from cvrecipes.catalog import open_recipe
from cvrecipes.errors import Failure, UsageError
from cvrecipes.plugins import new_manager
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
