"""The plugin for pytest: golden pairs as tests, in folders outside the box."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
RECIPE = """\
name = "Mine"
script = "Latn"
status = "generic"
parent = "_latin"
[alphabet]
letters = "a b c d e"
"""
Put = Callable[..., None]
Run = Callable[..., pytest.RunResult]


@pytest.fixture
def put(pytester: pytest.Pytester) -> Put:
    """Write ``recipes/xx``."""

    def write(golden: str, recipe: str = RECIPE, folder: str = "recipes/xx") -> None:
        target = pytester.path / folder
        target.mkdir(parents=True)
        (target / "recipe.toml").write_text(recipe, encoding="utf-8")
        (target / "golden.tsv").write_text(golden, encoding="utf-8", newline="\n")

    return write


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Run:
    """pytest as a process of its own: numpy cannot be imported twice in this one."""
    # pytest-cov and the like of whoever runs these tests are not asked.
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    monkeypatch.setenv("PYTHONUTF8", "1")

    def pytest_of_its_own(*words: str) -> pytest.RunResult:
        return pytester.runpytest_subprocess("-p", "no:cacheprovider", *words)

    return pytest_of_its_own


def test_pairs_and_the_kit_are_tests(put: Put, run: Run) -> None:
    put("# comment\nAb, c!\tab c\nÉ\te\nx\t!outside alphabet\n5\t!digits\n")
    result = run("-v")
    result.assert_outcomes(passed=5)
    result.stdout.fnmatch_lines(
        [
            "recipes/xx/golden.tsv::line-2 PASSED*",
            "recipes/xx/golden.tsv::line-5 PASSED*",
            "recipes/xx/golden.tsv::kit PASSED*",
        ]
    )


def test_a_failing_pair_is_explained_without_a_traceback(put: Put, run: Run) -> None:
    put("Ab.\tad\nx\t!digits\na\ta\n")
    result = run()
    result.assert_outcomes(passed=2, failed=2)
    result.stdout.fnmatch_lines(
        [
            "* xx line-1 *",
            "*golden.tsv:1",
            "  raw       Ab.  U+0041 U+0062 U+002E",
            "  got       ab",
            "  expected  ad",
            "  differs   at 1: U+0062 b instead of U+0064 d",
            "  lower *Ab. -> ab.",
            "  punctuation *ab. -> ab*",
            "* xx line-2 *",
            "  got       x (outside alphabet: x)",
            "  expected  !digits",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*pytest_plugin.py*")


def test_the_kit_fails_by_itself(put: Put, run: Run) -> None:
    put("a\ta\n", RECIPE.replace("generic", "drafted"))
    result = run()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        ["* xx kit *", "a drafted recipe needs 5 golden pairs, it has 1", "*names its sources"]
    )


def test_one_pair_can_be_chosen(put: Put, run: Run) -> None:
    put("a\tb\nb\tb\n")
    run("recipes/xx/golden.tsv::line-2").assert_outcomes(passed=1)


def test_a_recipe_that_cannot_be_read_is_one_line(put: Put, run: Run) -> None:
    put("a\ta\n", RECIPE + "lettres = 'a'\n")
    result = run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["*recipe.toml:7: unknown key 'lettres' at [[]alphabet]; *letters?"]
    )
    result.stdout.no_fnmatch_line("*Traceback*")


def test_a_parent_beside_the_recipe_comes_before_the_one_in_the_box(put: Put, run: Run) -> None:
    parent = '[text.replace]\nb = "a"\n'
    put("b\tb\n", parent, "elsewhere/_latin")
    put("b\ta\n", RECIPE.replace("a b c", "a c"), "elsewhere/xx")
    result = run("elsewhere")
    # The golden pairs of a parent, which is no language, are nothing.
    result.assert_outcomes(passed=2)


def test_hooks_of_a_recipe_must_load(pytester: pytest.Pytester, put: Put, run: Run) -> None:
    put("a\ta\n")
    (pytester.path / "recipes/xx/hooks.py").write_text("raise ValueError('no')\n")
    result = run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*hooks.py: ValueError: no"])


def test_without_golden_pairs_nothing_is_imported(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(
        """
        import sys

        def test_modules(request):
            assert request.config.pluginmanager.has_plugin("cvrecipes")
            ours = {name for name in sys.modules if name.startswith("cvrecipes")}
            assert ours == {"cvrecipes", "cvrecipes.hookspecs", "cvrecipes.pytest_plugin"}
            assert not {"torch", "regex", "numpy", "click"} & set(sys.modules)
        """
    )
    # A table that is nobody's recipe.
    pytester.makefile(".tsv", golden="a\tb\n")
    run().assert_outcomes(passed=1)


def test_it_can_be_switched_off(put: Put, run: Run) -> None:
    put("a\tb\n")
    assert run("-p", "no:cvrecipes").ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_the_tests_of_this_project_do_not_collect_the_box() -> None:
    """tests/test_recipes.py checks it; pytest would do so a second time."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert settings["tool"]["pytest"]["ini_options"]["testpaths"] == ["tests"]
    assert list((ROOT / "tests").rglob("golden.tsv")) == []
