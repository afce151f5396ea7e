"""Plugins: recipes and steps from outside the box, and the errors of bad plugins."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from cvrecipes import hookimpl, hookspecs
from cvrecipes.errors import Failure, UsageError
from cvrecipes.plugins import look_around, new_manager, open_recipe

HOOKS = {
    name: hook
    for name, hook in vars(hookspecs).items()
    if inspect.isfunction(hook) and hasattr(hook, f"{hookspecs.PROJECT}_spec")
}


@pytest.fixture(autouse=True)
def _away_from_the_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def put_recipe(folder: Path, locale: str, more: str = "") -> Path:
    """A small recipe of `locale` in `folder`."""
    target = folder / locale
    target.mkdir(parents=True)
    (target / "recipe.toml").write_text(
        f'name = "{folder.name}"\nscript = "Latn"\nstatus = "generic"\n{more}'
    )
    return folder


def plugin(name: str, **hooks: Callable[..., Any]) -> ModuleType:
    """A module with hook implementations, as a distribution would bring it."""
    module = ModuleType(name)
    for hook, function in hooks.items():
        setattr(module, hook, hookimpl(function))
    return module


def with_recipes(name: str, folder: Path) -> ModuleType:
    def register_recipes(register: Callable[[Path], None]) -> None:
        register(folder)

    return plugin(name, register_recipes=register_recipes)


def with_step(name: str, step: str) -> ModuleType:
    def register_steps(register: Callable[[str, Callable[[str], str]], None]) -> None:
        register(step, str.swapcase)

    return plugin(name, register_steps=register_steps)


def test_a_plugin_brings_a_recipe_and_a_step(tmp_path: Path) -> None:
    put_recipe(tmp_path / "mine", "xx", '[text]\nsteps = ["mine.swap"]\n')
    both = with_recipes("cvrecipes_mine", tmp_path / "mine")
    vars(both).update(vars(with_step("x", "mine.swap")) | {"__name__": "cvrecipes_mine"})
    recipe, _ = open_recipe("xx", new_manager([both]))
    assert recipe.origin == "cvrecipes_mine"
    assert [name for name, _ in recipe.normalizer.steps if "." in name] == ["mine.swap"]
    assert recipe.normalizer.explain("a")[0].after == "A"


def test_a_plugin_wins_over_the_box(tmp_path: Path) -> None:
    put_recipe(tmp_path / "mine", "tr")
    shelf = look_around(new_manager([with_recipes("mine", tmp_path / "mine")]))
    assert shelf.recipes["tr"].origin == "mine"
    assert ("tr", "box") in {(found.locale, found.origin) for found in shelf.shadowed}


@pytest.mark.parametrize("by_variable", [True, False], ids=["CVRECIPES_RECIPES", "./recipes"])
def test_a_folder_of_the_user_wins_over_plugins_and_the_box(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by_variable: bool
) -> None:
    put_recipe(tmp_path / "plugin", "tr")
    mine = put_recipe(tmp_path / ("mine" if by_variable else "recipes"), "tr")
    if by_variable:
        monkeypatch.setenv("CVRECIPES_RECIPES", str(mine))
    shelf = look_around(new_manager([with_recipes("other", tmp_path / "plugin")]))
    assert shelf.recipes["tr"].origin == "user"
    assert sorted(found.origin for found in shelf.shadowed) == ["box", "other"]


def test_the_same_folder_of_the_user_named_twice_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = put_recipe(tmp_path / "recipes", "xx")
    monkeypatch.setenv("CVRECIPES_RECIPES", str(mine))
    assert look_around(new_manager()).recipes["xx"].origin == "user"


def test_a_parent_comes_from_the_same_plugin(tmp_path: Path) -> None:
    put_recipe(tmp_path / "mine", "_base", '[alphabet]\nletters = "x y"\n')
    put_recipe(tmp_path / "mine", "xx", 'parent = "_base"\n')
    recipe, _ = open_recipe("xx", new_manager([with_recipes("mine", tmp_path / "mine")]))
    assert recipe.alphabet.letters == ("x", "y")


def test_two_plugins_with_one_locale_is_an_error_with_both_names(tmp_path: Path) -> None:
    plugins = [with_recipes(name, put_recipe(tmp_path / name, "xx")) for name in ("one", "another")]
    with pytest.raises(Failure, match="'xx': one and another"):
        look_around(new_manager(plugins))


def test_two_plugins_with_one_step_is_an_error_with_both_names() -> None:
    with pytest.raises(Failure, match=r"'x\.step' of another is taken by one"):
        look_around(new_manager([with_step("one", "x.step"), with_step("another", "x.step")]))


def test_a_step_of_the_box_cannot_be_replaced() -> None:
    with pytest.raises(Failure, match=r"'cyrillic_in_latin' of mine is taken by box"):
        look_around(new_manager([with_step("mine", "cyrillic_in_latin")]))


def test_a_recipe_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="recipe folder of mine cannot be read"):
        look_around(new_manager([with_recipes("mine", tmp_path / "nowhere")]))


def test_a_misspelt_hook_is_an_error() -> None:
    misspelt = plugin("mine", register_recipe=lambda register: None)
    with pytest.raises(
        Failure, match=r"mine implements .*'register_recipe'; did you mean register_recipes\?"
    ):
        new_manager([misspelt])


def test_a_hook_with_an_unknown_argument_is_an_error() -> None:
    wrong = plugin("mine", vocabulary_extras=lambda recipes: [])
    with pytest.raises(Failure, match=r"mine.*vocabulary_extras"):
        new_manager([wrong])


def test_a_plugin_that_cannot_be_imported_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = EntryPoint("broken", "cvrecipes_no_such_module", "cvrecipes")
    monkeypatch.setattr("cvrecipes.plugins.entry_points", lambda group: [entry])
    with pytest.raises(Failure, match=r"plugin broken cannot be loaded: ModuleNotFoundError"):
        new_manager()
    assert new_manager(installed=False).has_plugin("box")


def test_an_installed_plugin_is_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cvrecipes_installed_one.py").write_text(
        "from cvrecipes import hookimpl\n@hookimpl\ndef vocabulary_extras(recipe): return ['$']\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    entry = EntryPoint("one", "cvrecipes_installed_one", "cvrecipes")
    monkeypatch.setattr("cvrecipes.plugins.entry_points", lambda group: [entry])
    assert new_manager().hook.vocabulary_extras(recipe=None) == [["$"]]


def test_hooks_of_a_recipe_are_loaded_for_its_locale_only(tmp_path: Path) -> None:
    mine = put_recipe(put_recipe(tmp_path / "mine", "xx"), "yy")
    (mine / "xx" / "hooks.py").write_text(
        "from cvrecipes import hookimpl\n@hookimpl\ndef vocabulary_extras(): return ['x']\n"
    )
    (mine / "yy" / "hooks.py").write_text("raise ValueError('not for you')\n")
    offering = with_recipes("mine", mine)
    recipe, hooks = open_recipe("xx", new_manager([offering]))
    assert hooks.hook.vocabulary_extras(recipe=recipe) == [["x"]]
    recipe, hooks = open_recipe("tr", new_manager([offering]))
    assert hooks.hook.vocabulary_extras(recipe=recipe) == []
    with pytest.raises(Failure, match=r"yy/hooks\.py: ValueError: not for you"):
        open_recipe("yy", new_manager([offering]))


def test_a_misspelt_hook_of_a_recipe_is_an_error(tmp_path: Path) -> None:
    mine = put_recipe(tmp_path / "mine", "xx")
    (mine / "xx" / "hooks.py").write_text(
        "from cvrecipes import hookimpl\n@hookimpl\ndef vocabulary_extra(): return []\n"
    )
    with pytest.raises(Failure, match=r"mine:xx .*did you mean vocabulary_extras\?"):
        open_recipe("xx", new_manager([with_recipes("mine", mine)]))


def test_a_fresh_manager_knows_nothing_of_another() -> None:
    first = new_manager([plugin("mine", vocabulary_extras=lambda: ["x"])])
    assert first.hook.vocabulary_extras(recipe=None) == [["x"]]
    assert new_manager().hook.vocabulary_extras(recipe=None) == []


@pytest.mark.parametrize(
    ("wanted", "remedy"), [("TR", "tr"), ("de_DE", "de"), ("tur", "tr"), ("qqq", "cvrecipes list")]
)
def test_an_unknown_locale_names_the_near_one(wanted: str, remedy: str) -> None:
    with pytest.raises(UsageError, match=f"no recipe for '{wanted}'.*{remedy}"):
        open_recipe(wanted)


@pytest.mark.parametrize("name", ["vocabulary_extras", "reason_to_leave_out", "register_recipes"])
def test_a_hook_has_a_specification(name: str) -> None:
    assert name in HOOKS
    assert hasattr(new_manager().hook, name)


def test_every_hook_has_a_docstring() -> None:
    assert len(HOOKS) >= 9
    assert [name for name, hook in HOOKS.items() if not inspect.getdoc(hook)] == []
