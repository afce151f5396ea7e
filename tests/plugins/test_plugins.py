"""Plugins: recipes and steps from elsewhere, and the errors of bad plugins."""

from __future__ import annotations

import ast
import inspect
import json
import re
import sys
from collections.abc import Callable
from importlib.metadata import Distribution, EntryPoint
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from cvrecipes import __version__, hookimpl, hookspecs
from cvrecipes.catalog import find_recipes, open_folder, open_recipe
from cvrecipes.errors import Failure, UsageError
from cvrecipes.plugins import check_version, new_manager
from cvrecipes.recipe import Recipe
from cvrecipes.recipe.code import load_module
from cvrecipes.text.alphabet import Alphabet
from cvrecipes.text.normalizer import Normalizer, Rules

ROOT = Path(__file__).parents[2]

HOOKS = {
    name: hook
    for name, hook in vars(hookspecs).items()
    if inspect.isfunction(hook) and hasattr(hook, f"{hookspecs.PROJECT}_spec")
}


Call = Callable[..., Any]


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


def test_two_plugins_with_one_step_is_an_error_with_both_names() -> None:
    with pytest.raises(Failure, match=r"'x\.step' of another is taken by one"):
        find_recipes(new_manager([with_step("one", "x.step"), with_step("another", "x.step")]))


def test_a_step_of_the_box_cannot_be_replaced() -> None:
    with pytest.raises(Failure, match=r"'cyrillic_in_latin' of mine is taken by built-in"):
        find_recipes(new_manager([with_step("mine", "cyrillic_in_latin")]))


def test_a_recipe_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="recipe folder of mine cannot be read"):
        find_recipes(new_manager([with_recipes("mine", tmp_path / "nowhere")]))


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
    assert new_manager(installed=False).has_plugin("built-in")


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
    with pytest.raises(Failure, match=r"yy/hooks\.py:1: ValueError: not for you"):
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


# Users and documentation of the hooks


def implemented(path: Path) -> set[str]:
    """Names of the functions of a file that are marked as hooks."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        and any("hookimpl" in ast.unparse(mark) for mark in node.decorator_list)
    }


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_has_a_user_in_this_repository(hook: str) -> None:
    code = [
        *(ROOT / "src" / "cvrecipes").rglob("*.py"),
        *(ROOT / "recipes").glob("*/hooks.py"),
        *(ROOT / "plugins").glob("*/src/**/*.py"),
    ]
    assert [path for path in code if hook in implemented(path)]


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_is_documented_with_when_it_fires_and_a_complete_example(
    tmp_path: Path, hook: str
) -> None:
    page = (ROOT / "docs" / "plugins.md").read_text(encoding="utf-8")
    _, found, rest = page.partition(f"\n### `{hook}`\n")
    section = rest.partition("\n### ")[0]
    assert found
    assert re.search(r"^Fires ", section, re.MULTILINE)
    examples = re.findall(r"^```python\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
    (tmp_path / "example.py").write_text(examples[-1], encoding="utf-8")
    module = load_module(tmp_path / "example.py")
    manager = new_manager([module], installed=False)
    assert hook in {caller.name for caller in manager.get_hookcallers(module) or ()}


def test_the_hooks_of_the_example_do_what_they_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(ROOT / "plugins" / "cvrecipes-example" / "src")
    import cvrecipes_example  # type: ignore[import-not-found]

    recipe, manager = open_recipe("lfn", new_manager([cvrecipes_example]))
    hooks = manager.hook
    clip = SimpleNamespace(columns={"up_votes": "1", "down_votes": "2"}, split="train")
    reasons = hooks.reason_to_leave_out(clip=clip, text="", recipe=recipe)
    assert reasons == ["more down votes than up votes"]
    clip.split = "test"
    assert hooks.reason_to_leave_out(clip=clip, text="", recipe=recipe) == []
    assert hooks.vocabulary_extras(recipe=recipe) == [["k", "q", "w", "y"]]
    arguments: dict[str, Any] = {}
    hooks.prepare_training(arguments=arguments, corpus=None, recipe=recipe)
    assert arguments == {"adam_beta2": 0.98}
    pairs = [SimpleNamespace(clip=x, reference="mar", hypothesis="mal") for x in ("a", "b")]
    report = SimpleNamespace(
        folder=tmp_path, pairs=pairs, score=SimpleNamespace(clip_wer=(0.0, 1.0))
    )
    hooks.run_finished(report=report, recipe=recipe)
    written = (tmp_path / "worst.tsv").read_text(encoding="utf-8")
    assert written == "1.00\tb\tmar\tmal\n0.00\ta\tmar\tmal\n"


# Errors of hooks


def failing(name: str = "mine") -> ModuleType:
    def vocabulary_extras() -> list[str]:
        raise ValueError("no\nmore")

    return plugin(name, vocabulary_extras=vocabulary_extras)


def test_a_hook_that_raises_names_plugin_hook_and_error() -> None:
    manager = new_manager([failing()])
    with pytest.raises(
        Failure,
        match=r"^plugin mine failed in vocabulary_extras: ValueError: no; "
        r"raised in .*test_plugins\.py:\d+, see more with",
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


def test_a_forgotten_mark_is_an_error() -> None:
    module = ModuleType("mine")
    vars(module)["register_steps"] = lambda register: None
    with pytest.raises(
        Failure, match=r"mine has a function register_steps that is not marked.*@hookimpl"
    ):
        new_manager([module])


def test_a_hook_that_exits_is_named_too() -> None:
    def vocabulary_extras() -> list[str]:
        sys.exit(3)

    manager = new_manager([plugin("mine", vocabulary_extras=vocabulary_extras)])
    with pytest.raises(Failure, match="mine failed in vocabulary_extras: SystemExit: 3"):
        manager.hook.vocabulary_extras(recipe=None)


# Steps that are wrong


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
    ("given", "said"),
    [(None, "gives nothing for 'b', not text; is its return missing"),
     (5, "gives int for 'b', not text; a step must return a string")],
)  # fmt: skip
def test_a_step_that_returns_no_text_is_named(
    tmp_path: Path, slot: str, given: Any, said: str
) -> None:
    recipe, _ = recipe_with_step(tmp_path / "mine", lambda text: given, slot)
    with pytest.raises(Failure, match=rf"test_plugins\.py:\d+: step 'xx\.step' of .* {said}"):
        recipe.normalizer("b")


def test_what_is_no_function_cannot_be_a_step(tmp_path: Path) -> None:
    with pytest.raises(Failure, match=r"'xx\.step' of cvrecipes-xx is no function but str; give"):
        recipe_with_step(tmp_path / "mine", "ab")


def test_a_step_of_the_box_that_raises_is_a_defect_of_cvrecipes() -> None:
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


# Where it is


def test_an_unknown_argument_is_named_with_its_place_and_the_right_ones() -> None:
    def reason_to_leave_out(clp: Any, text: str) -> None:
        return None

    line = reason_to_leave_out.__code__.co_firstlineno
    with pytest.raises(Failure) as caught:
        new_manager([plugin("mine", reason_to_leave_out=reason_to_leave_out)])
    assert caught.value.message == (
        f"{__file__}:{line}: plugin mine has a hook that does not fit: reason_to_leave_out takes "
        "clp; its arguments are: clip, text, recipe"
    )


@pytest.mark.parametrize(
    ("code", "said"),
    [("x = 1\ndef f(:\n", ":2: SyntaxError: invalid syntax"),
     ("import sys\n\nsys.exit(4)\n", ":3: SystemExit: 4"),
     ("x = 1\nimport no_such_module\n", ":2: ModuleNotFoundError: No module"),
     ("from cvrecipes import hookimpl\n@hookimpl\ndef vocabulary_extra(): pass\n",
      ":2: plugin user:xx implements an unknown hook 'vocabulary_extra'; did you mean"),
     ("def vocabulary_extras(): pass\n",
      ":1: plugin user:xx has a function vocabulary_extras that is not marked as a hook; put"),
     ("def register_steps(register): pass\n", ":1: register_steps does nothing in hooks.py")],
)  # fmt: skip
def test_what_is_wrong_in_hooks_is_said_with_its_line(
    call: Call, tmp_path: Path, code: str, said: str
) -> None:
    put_recipe(tmp_path / "recipes", "xx")
    hooks = Path("recipes", "xx", "hooks.py")
    hooks.write_text(code)
    done = call("normalize", "xx", "ab")
    assert done.code == 1
    assert f"{hooks}{said}" in done.complaint


def test_a_package_with_an_entry_point_in_another_group_is_named(
    call: Call, packages: Path
) -> None:
    put_package(packages, "cvrecipes-lost", "")
    points = packages / "cvrecipes_lost-1.5.dist-info" / "entry_points.txt"
    points.write_text(points.read_text().replace("[cvrecipes]", "[cvrecipe]"))
    complaint = call("normalize", "turkish").complaint
    assert complaint.endswith(
        "did you mean tr (Turkish)?; cvrecipes-lost is installed, but its pyproject.toml has no "
        "[project.entry-points.cvrecipes], only [project.entry-points.cvrecipe]"
    )


def test_a_recipe_that_is_not_in_a_folder_of_its_locale_is_an_error(tmp_path: Path) -> None:
    folder = put_recipe(tmp_path / "mine", "xx") / "xx"
    with pytest.raises(Failure, match=r"recipe\.toml: cvrecipes-xx registers this folder, so"):
        find_recipes(new_manager([with_recipes("cvrecipes-xx", folder)]))


# Versions


class Installed(Distribution):
    """A distribution with the metadata that is given."""

    def __init__(self, *requires: str) -> None:
        lines = ["Metadata-Version: 2.4", "Name: cvrecipes-xx", "Version: 1.5"]
        self.text = "\n".join([*lines, *(f"Requires-Dist: {one}" for one in requires), "", "body"])

    def read_text(self, filename: str) -> str | None:
        """METADATA alone."""
        return self.text if filename == "METADATA" else None

    def locate_file(self, path: Any) -> Any:
        """No file is there."""
        return Path(path)


@pytest.mark.parametrize(
    "wanted", ["cvrecipes>=9", "cvrecipes (>=9,<10)", "cvrecipes <0.0.1", "CVRecipes[numbers]>=9"]
)
def test_a_plugin_for_another_version_is_refused_and_says_what_to_do(wanted: str) -> None:
    with pytest.raises(
        Failure,
        match=rf"cvrecipes-xx 1\.5 is for cvrecipes .*, this is {re.escape(__version__)}; "
        r"pip install --upgrade cvrecipes-xx, or remove it: pip uninstall cvrecipes-xx",
    ):
        check_version(Installed("click>=8", wanted), "cvrecipes-xx")


@pytest.mark.parametrize(
    "wanted",
    ["cvrecipes", "cvrecipes>=0.0.1", "cvrecipes-numbers>=9", "cvrecipes @ https://x.org/a.whl",
     'cvrecipes>=9; extra == "never"'],
)  # fmt: skip
def test_a_plugin_for_this_version_is_loaded(wanted: str) -> None:
    check_version(Installed(wanted), "cvrecipes-xx")


# The command plugins, and tracing


def put_package(folder: Path, name: str, hooks: str, requires: str = "cvrecipes") -> None:
    """A package as pip leaves it in a folder of packages."""
    module = name.replace("-", "_")
    (folder / f"{module}.py").write_text(f"from cvrecipes import hookimpl\n{hooks}")
    info = folder / f"{module}-1.5.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.4\nName: {name}\nVersion: 1.5\nRequires-Dist: {requires}\n"
    )
    (info / "entry_points.txt").write_text(f"[cvrecipes]\n{module} = {module}\n")


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of packages that Python looks into."""
    folder = tmp_path / "packages"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    return folder


RECIPES = """
from pathlib import Path
@hookimpl
def register_recipes(register): register(Path(__file__).parent / "mine")
@hookimpl
def reason_to_leave_out(): return None
"""


def test_plugins_shows_name_version_locales_and_hooks(
    call: Call, packages: Path, tmp_path: Path
) -> None:
    put_recipe(put_recipe(packages / "mine", "xx"), "yy")
    put_recipe(tmp_path / "recipes", "yy")
    put_package(packages, "cvrecipes-a-language-of-some-name", RECIPES)
    done = call("plugins")
    assert done.out.splitlines()[0].split() == ["name", "version", "locales", "hooks"]
    assert max(map(len, done.out.splitlines())) <= 80
    assert re.search(
        r"^cvrecipes-a-language-of-some-name +1\.5 +xx \(yy\) +reason_to_leave_out\n"
        r" +register_recipes$",
        done.out,
        re.MULTILINE,
    )
    (row,) = [one for one in json.loads(call("plugins", "--json").out) if one["version"] == "1.5"]
    assert row == {
        "name": "cvrecipes-a-language-of-some-name",
        "version": "1.5",
        "locales": ["xx"],
        "hidden": ["yy"],
        "hooks": ["reason_to_leave_out", "register_recipes"],
    }


def test_an_incompatible_package_stops_every_command(call: Call, packages: Path) -> None:
    put_package(packages, "cvrecipes-old", "", "cvrecipes<0.0.1")
    for words in (["list"], ["normalize", "tr", "Evet"], ["plugins"]):
        done = call(*words)
        assert done.code == 1
        assert done.complaint.startswith("plugin cvrecipes-old 1.5 is for cvrecipes <0.0.1, this")


@pytest.mark.parametrize(
    "words",
    [["--trace", "normalize", "tr", "Evet"], ["normalize", "tr", "Evet", "--trace"], ["plugins"],
     ["list"], ["show", "tr"], ["test", "tr"]],
)  # fmt: skip
def test_trace_prints_each_call_with_its_time(
    call: Call, packages: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    put_package(packages, "cvrecipes-traced", "@hookimpl\ndef register_steps(): pass\n")
    monkeypatch.setenv("CVRECIPES_TRACE", "1" if "--trace" not in words else "")
    done = call(*words)
    assert done.code == 0
    for what in (
        "import  cvrecipes-traced",
        "register_steps  cvrecipes-traced",
        "register_recipes  built-in",
    ):
        assert re.search(rf"^trace: +\d+\.\d{{3}} ms  {what}$", done.err, re.MULTILINE), what
    sys.modules.pop("cvrecipes_traced")


def test_a_trace_names_the_locale_once_it_is_open(
    call: Call, monkeypatch: pytest.MonkeyPatch, packages: Path
) -> None:
    put_package(packages, "cvrecipes-extra", "@hookimpl\ndef vocabulary_extras(): return []\n")
    monkeypatch.setenv("CVRECIPES_TRACE", "1")
    assert "vocabulary_extras  cvrecipes-extra for tr\n" in call("show", "tr").err


def test_without_trace_nothing_is_printed(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CVRECIPES_TRACE", "0")
    assert call("normalize", "tr", "Evet").err == ""
