"""The catalog: which recipe of a locale is taken, and what it builds on."""

from __future__ import annotations

from pathlib import Path

import pytest

from cvrecipes.catalog import find_recipes, open_folder, open_recipe
from cvrecipes.errors import Failure, UsageError
from cvrecipes.plugins import new_manager
from support.plugins import put_recipe, with_recipes, with_step

pytestmark = pytest.mark.usefixtures("empty_folder")


def test_a_plugin_brings_a_recipe_and_a_step(tmp_path: Path) -> None:
    put_recipe(tmp_path / "mine", "xx", '[text]\nsteps = ["mine.swap"]\n')
    both = with_recipes("cvrecipes_mine", tmp_path / "mine")
    vars(both).update(vars(with_step("x", "mine.swap")) | {"__name__": "cvrecipes_mine"})
    recipe, _ = open_recipe("xx", new_manager([both]))
    assert recipe.origin == "cvrecipes_mine"
    assert [name for name, _ in recipe.normalizer.steps if "." in name] == ["mine.swap"]
    assert recipe.normalizer.explain("a")[0].after == "A"


def test_a_plugin_wins_over_what_is_built_in(tmp_path: Path) -> None:
    put_recipe(tmp_path / "mine", "tr")
    catalog = find_recipes(new_manager([with_recipes("mine", tmp_path / "mine")]))
    assert catalog.recipes["tr"].origin == "mine"
    assert ("tr", "built-in") in {(found.locale, found.origin) for found in catalog.hidden}


@pytest.mark.parametrize("by_variable", [True, False], ids=["CVRECIPES_RECIPES", "./recipes"])
def test_a_folder_of_the_user_wins_over_plugins_and_what_is_built_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by_variable: bool
) -> None:
    put_recipe(tmp_path / "plugin", "tr")
    mine = put_recipe(tmp_path / ("mine" if by_variable else "recipes"), "tr")
    if by_variable:
        monkeypatch.setenv("CVRECIPES_RECIPES", str(mine))
    catalog = find_recipes(new_manager([with_recipes("other", tmp_path / "plugin")]))
    assert catalog.recipes["tr"].origin == "user"
    assert sorted(found.origin for found in catalog.hidden) == ["built-in", "other"]


def test_the_same_folder_of_the_user_named_twice_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = put_recipe(tmp_path / "recipes", "xx")
    monkeypatch.setenv("CVRECIPES_RECIPES", str(mine))
    assert find_recipes(new_manager()).recipes["xx"].origin == "user"


def test_a_parent_comes_from_the_same_plugin(tmp_path: Path) -> None:
    put_recipe(tmp_path / "mine", "_base", '[alphabet]\nletters = "x y"\n')
    put_recipe(tmp_path / "mine", "xx", 'parent = "_base"\n')
    recipe, _ = open_recipe("xx", new_manager([with_recipes("mine", tmp_path / "mine")]))
    assert recipe.alphabet.letters == ("x", "y")


def test_a_recipe_that_names_its_own_locale_builds_on_the_one_it_hides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugins = [with_recipes("mine", tmp_path / "mine")]
    put_own(tmp_path / "mine", "tr", '[text]\nsteps = ["...", "numbers_tr"]\n')
    built_in, _ = open_recipe("tr", new_manager(installed=False))
    recipe, _ = open_recipe("tr", new_manager(plugins, installed=False))
    assert (recipe.origin, recipe.name, recipe.alphabet) == (
        "mine",
        built_in.name,
        built_in.alphabet,
    )
    assert recipe.rules.steps == (*built_in.rules.steps, "numbers_tr")
    # And the user's on the plugin's on the built-in one.
    put_own(tmp_path / "own", "tr", '[text]\nsteps = ["...", "arabic_marks"]\n')
    monkeypatch.setenv("CVRECIPES_RECIPES", str(tmp_path / "own"))
    recipe, _ = open_recipe("tr", new_manager(plugins, installed=False))
    assert recipe.rules.steps == (*built_in.rules.steps, "numbers_tr", "arabic_marks")
    assert open_folder(tmp_path / "own" / "tr").rules.steps == (
        *built_in.rules.steps,
        "arabic_marks",
    )


def test_a_recipe_that_names_its_own_locale_needs_one_to_build_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_own(tmp_path / "own", "xx")
    monkeypatch.setenv("CVRECIPES_RECIPES", str(tmp_path / "own"))
    with pytest.raises(Failure, match=r"recipe\.toml:1: there is no other recipe for 'xx'"):
        open_recipe("xx", new_manager(installed=False))


def put_own(folder: Path, locale: str, more: str = "") -> None:
    """A recipe that builds on another of its locale."""
    (folder / locale).mkdir(parents=True)
    text = f'parent = "{locale}"\n{more}'
    (folder / locale / "recipe.toml").write_text(text, encoding="utf-8")


def test_two_plugins_with_one_locale_is_an_error_with_both_names(tmp_path: Path) -> None:
    plugins = [with_recipes(name, put_recipe(tmp_path / name, "xx")) for name in ("one", "another")]
    with pytest.raises(
        Failure, match=r"'xx': one and another; remove one: pip uninstall one, or pip uninstall an"
    ):
        find_recipes(new_manager(plugins))


def test_a_recipe_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="recipe folder of mine cannot be read"):
        find_recipes(new_manager([with_recipes("mine", tmp_path / "nowhere")]))


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
    with pytest.raises(Failure, match=r"yy/hooks\.py:1: ValueError: not for you"):
        open_recipe("yy", new_manager([offering]))


@pytest.mark.parametrize(
    ("wanted", "remedy"), [("TR", "tr"), ("de_DE", "de"), ("tur", "tr"), ("qqq", "cvrecipes list")]
)
def test_an_unknown_locale_names_the_near_one(wanted: str, remedy: str) -> None:
    with pytest.raises(UsageError, match=f"no recipe for '{wanted}'.*{remedy}"):
        open_recipe(wanted)


def test_a_recipe_that_is_not_in_a_folder_of_its_locale_is_an_error(tmp_path: Path) -> None:
    folder = put_recipe(tmp_path / "mine", "xx") / "xx"
    with pytest.raises(Failure, match=r"recipe\.toml: cvrecipes-xx registers this folder, so"):
        find_recipes(new_manager([with_recipes("cvrecipes-xx", folder)]))
