"""Loading plugins: what does not fit is refused, with its place and a remedy."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib.metadata import Distribution, EntryPoint
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from cvrecipes import __version__, hookimpl
from cvrecipes.catalog import open_recipe
from cvrecipes.errors import Failure, UsageError
from cvrecipes.plugins import check_version, new_manager, register_plugin
from support.plugins import plugin, put_package, put_recipe, with_recipes

pytestmark = pytest.mark.usefixtures("empty_folder")

Call = Callable[..., Any]


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


def test_a_forgotten_mark_is_an_error() -> None:
    module = ModuleType("mine")
    vars(module)["register_steps"] = lambda register: None
    with pytest.raises(
        Failure, match=r"mine has a function register_steps that is not marked.*@hookimpl"
    ):
        new_manager([module])


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
    ("code", "message"),
    [("x = 1\ndef f(:\n", ":2: SyntaxError: invalid syntax"),
     ("import sys\n\nsys.exit(4)\n", ":3: SystemExit: 4"),
     ("x = 1\nimport no_such_module\n", ":2: ModuleNotFoundError: No module"),
     ("from cvrecipes import hookimpl\n@hookimpl\ndef vocabulary_extra(): pass\n",
      ":2: plugin user:xx implements an unknown hook 'vocabulary_extra'; did you mean"),
     ("def vocabulary_extras(): pass\n",
      ":1: plugin user:xx has a function vocabulary_extras that is not marked as a hook; put"),
     ("def register_steps(register): pass\n", ":1: register_steps does nothing in hooks.py")],
)  # fmt: skip
def test_what_is_wrong_in_hooks_is_reported_with_its_line(
    call: Call, tmp_path: Path, code: str, message: str
) -> None:
    put_recipe(tmp_path / "recipes", "xx")
    hooks = Path("recipes", "xx", "hooks.py")
    hooks.write_text(code)
    done = call("normalize", "xx", "ab")
    assert done.code == 1
    assert f"{hooks}{message}" in done.complaint


def test_a_package_with_an_entry_point_in_another_group_is_named(
    call: Call, packages: Path
) -> None:
    put_package(packages, "cvrecipes-other", "")
    points = packages / "cvrecipes_other-1.5.dist-info" / "entry_points.txt"
    points.write_text(points.read_text().replace("[cvrecipes]", "[cvrecipe]"))
    complaint = call("normalize", "turkish").complaint
    assert complaint.endswith(
        "did you mean tr (Turkish)?; cvrecipes-other is installed, but its pyproject.toml has no "
        "[project.entry-points.cvrecipes], only [project.entry-points.cvrecipe]"
    )


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


class Mine:
    """A plugin that is an object."""

    @hookimpl
    def vocabulary_extras(self) -> list[str]:
        """Nothing that can be used."""
        return [1]  # type: ignore[list-item]


def test_an_object_is_named_by_its_class() -> None:
    manager = new_manager([Mine(), Mine()])
    names = [name for name, _ in manager.list_name_plugin()]
    assert names[-2:] == ["Mine", "Mine:2"]
    with pytest.raises(Failure, match="plugin Mine: vocabulary_extras gives"):
        new_manager([Mine()]).hook.vocabulary_extras(recipe=None)


@pytest.mark.parametrize("given", [3, "x", None])
def test_what_is_no_plugin_is_refused(given: object) -> None:
    message = rf"^{given!r} is no plugin; give a module, or an object with methods marked by"
    with pytest.raises(UsageError, match=message):
        new_manager([given])
    with pytest.raises(UsageError, match=message):
        register_plugin(given)


def test_a_plugin_that_is_given_twice_is_refused() -> None:
    mine = Mine()
    with pytest.raises(UsageError, match=r"^plugin Mine is given twice; leave one out$"):
        new_manager([mine, mine])
