"""Steps of plugins: names that are taken, and steps that fail."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from cvrecipes import hookimpl
from cvrecipes.catalog import find_recipes, open_recipe
from cvrecipes.errors import Failure, UsageError
from cvrecipes.plugins import new_manager
from cvrecipes.recipe import Recipe
from cvrecipes.text.alphabet import Alphabet
from cvrecipes.text.normalizer import Normalizer, Rules
from support.plugins import put_package, put_recipe, with_recipes, with_step

pytestmark = pytest.mark.usefixtures("empty_folder")

Call = Callable[..., Any]


def test_two_plugins_with_one_step_is_an_error_with_both_names() -> None:
    with pytest.raises(Failure, match=r"'x\.step' of another is taken by one"):
        find_recipes(new_manager([with_step("one", "x.step"), with_step("another", "x.step")]))


def test_a_built_in_step_cannot_be_replaced() -> None:
    with pytest.raises(Failure, match=r"'cyrillic_in_latin' of mine is taken by built-in"):
        find_recipes(new_manager([with_step("mine", "cyrillic_in_latin")]))


def recipe_with_step(folder: Path, step: Any, slot: str = "steps") -> tuple[Recipe, ModuleType]:
    """A recipe ``xx`` of a plugin whose step is `step`."""
    put_recipe(folder, "xx", f'[text]\n{slot} = ["xx.step"]\n')
    module = with_recipes("cvrecipes-xx", folder)
    vars(module)["register_steps"] = hookimpl(lambda register: register("xx.step", step))
    return open_recipe("xx", new_manager([module]))[0], module


def no_c(text: str) -> str:
    if "c" in text:
        raise ValueError("a c\nhere")
    return text


@pytest.mark.parametrize("slot", ["sentence", "first", "steps"])
def test_a_step_that_raises_names_step_plugin_word_and_line(tmp_path: Path, slot: str) -> None:
    recipe, _ = recipe_with_step(tmp_path / "mine", no_c, slot)
    assert recipe.normalizer("ab") == "ab"
    for call in (recipe.normalizer, recipe.normalizer.explain):
        with pytest.raises(Failure) as caught:
            call("ab c")
        word = "ab c" if slot == "sentence" else "c"
        line = no_c.__code__.co_firstlineno + 2
        assert caught.value.message == (
            f"{__file__}:{line}: step 'xx.step' of cvrecipes-xx failed on {word!r}: "
            "ValueError: a c; a step must take any text; mend it, or tell its authors"
        )
        assert isinstance(caught.value.__cause__, ValueError)


@pytest.mark.parametrize("slot", ["sentence", "first", "steps"])
@pytest.mark.parametrize(
    ("given", "message"),
    [(None, "gives nothing for 'b', not text; is its return missing"),
     (5, "gives int for 'b', not text; a step must return a string")],
)  # fmt: skip
def test_a_step_that_returns_no_text_is_named(
    tmp_path: Path, slot: str, given: Any, message: str
) -> None:
    recipe, _ = recipe_with_step(tmp_path / "mine", lambda text: given, slot)
    with pytest.raises(
        Failure, match=rf"test_plugin_steps\.py:\d+: step 'xx\.step' of .* {message}"
    ):
        recipe.normalizer("b")


def test_what_is_no_function_cannot_be_a_step(tmp_path: Path) -> None:
    with pytest.raises(Failure, match=r"'xx\.step' of cvrecipes-xx is no function but str; give"):
        recipe_with_step(tmp_path / "mine", "ab")


def test_a_built_in_step_that_raises_is_a_defect_of_cvrecipes() -> None:
    def broken(text: str) -> str:
        raise ValueError(text)

    normalizer = Normalizer(Rules(steps=("broken",)), Alphabet(()), {"broken": broken})
    with pytest.raises(ValueError, match=r"^ab$"):
        normalizer("ab")


def test_an_error_that_a_step_words_itself_stays_as_it_is(tmp_path: Path) -> None:
    def step(text: str) -> str:
        raise UsageError("no dictionary", remedy="install one")

    recipe, _ = recipe_with_step(tmp_path / "mine", step)
    with pytest.raises(UsageError, match=r"^no dictionary; install one$"):
        recipe.normalizer("ab")


STEPS = """
from pathlib import Path
@hookimpl
def register_recipes(register): register(Path(__file__).parent / "mine")
@hookimpl
def register_steps(register): register("xx.step", step)
def step(text):
    return text.index("z")
"""


def test_a_step_that_raises_stops_every_command_in_one_line(
    call: Call, packages: Path, micro_release: Path
) -> None:
    put_recipe(packages / "mine", "tr", '[text]\nsteps = ["xx.step"]\n[alphabet]\nletters = "a"\n')
    put_package(packages, "cvrecipes-raises", STEPS)
    for words in (["normalize", "tr", "Evet"], ["check", "tr", "--data", str(micro_release)]):
        done = call(*words)
        assert done.code == 1
        place = packages / "cvrecipes_raises.py"
        assert done.complaint.startswith(f"{place}:9: step 'xx.step' of cvrecipes-raises failed on")
    done = call("test", "tr")
    assert done.code == 1
    assert f"{packages / 'cvrecipes_raises.py'}:9: step 'xx.step'" in done.out
    sys.modules.pop("cvrecipes_raises")
