"""The plugin for pytest: golden pairs as tests, in folders elsewhere."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RECIPE = """\
name = "Mine"
script = "Latn"
status = "generic"
parent = "_latin"
[alphabet]
letters = "a b c d e"
loans = ""
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


@pytest.fixture
def command(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Run:
    """``cvrecipes test`` as a process of its own."""
    monkeypatch.setenv("PYTHONUTF8", "1")
    return lambda *words: pytester.run(sys.executable, "-m", "cvrecipes", "test", *words)


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


def test_inherited_pairs_are_tests_too(put: Put, run: Run, pytester: pytest.Pytester) -> None:
    put("Ocak\tocak\nİZMİR'E\tizmire\n", 'parent = "tr"\n[text]\nhyphen = ""\n', "recipes/tr")
    result = run("-v", "recipes/tr/golden.tsv")
    outcomes = result.parseoutcomes()
    assert outcomes["passed"] > 50
    assert outcomes["failed"] == 1
    result.stdout.fnmatch_lines(["recipes/tr/golden.tsv::parent-line-* FAILED*"])
    result.stdout.fnmatch_lines(["*recipes/tr/golden.tsv:* (inherited)"])


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
            "  made by   no step: it stands so in the raw text",
            "  lower *Ab. -> ab.",
            "  punctuation *ab. -> ab*",
            "* xx line-2 *",
            "  got       x (outside alphabet: x)",
            "  expected  !digits",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*pytest_plugin.py*")


def test_the_step_that_made_the_difference_is_named(put: Put, run: Run) -> None:
    put("\u00c9a\t\u00e9a\na'b\tab\n")
    run().stdout.fnmatch_lines(
        [
            "  made by   fold: \u00e9 U+00E9 -> e U+0065",
            "  made by   apostrophe: ' U+0027 -> * U+0020",
        ]
    )


def test_the_command_prints_what_pytest_prints(
    pytester: pytest.Pytester, put: Put, run: Run, command: Run
) -> None:
    put("Ab.\tad\nx\t!digits\nabx\tabx\na\ta\n\u00c9\t\u00e9\n")
    by_pytest = [line.replace(str(pytester.path), ".") for line in run("recipes").outlines]
    by_pytest = [line.removeprefix("./") for line in by_pytest]
    done = command(pytester.path / "recipes")
    printed = [
        line.strip().replace(str(pytester.path), ".").removeprefix("./")
        for line in done.outlines[1:-1]
    ]
    assert done.ret == 1
    assert len([line for line in printed if line.startswith("expected")]) == 4
    assert [line for line in printed if line not in {one.strip() for one in by_pytest}] == []


@pytest.mark.parametrize(
    "named", [".", "recipes", "recipes/xx", "recipes/xx/golden.tsv", "recipes/xx/recipe.toml"]
)
def test_the_command_takes_a_path(
    pytester: pytest.Pytester, put: Put, command: Run, named: str
) -> None:
    put("a\ta\n")
    put("a\tb\n", folder=".venv/recipes/yy")
    put("a\tb\n", folder="recipes/_parent")
    done = command(named)
    assert done.outlines == ["xx              1 golden pairs  ok", "1 passed, 0 failed"]


def test_the_command_takes_the_folder_it_stands_in(
    pytester: pytest.Pytester, put: Put, command: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    put("a\ta\n")
    monkeypatch.chdir(pytester.path / "recipes" / "xx")
    assert command(".").outlines[0].startswith("xx  ")


def test_a_locale_comes_before_a_folder_of_its_name(
    pytester: pytest.Pytester, put: Put, command: Run
) -> None:
    put("a\tb\n", folder="tr")
    assert command("tr").ret == 0
    assert command("./tr").ret == 1


@pytest.mark.parametrize(
    ("named", "message"),
    [("./nowhere", "nowhere: there is no such folder"), ("empty", "empty: holds no recipe.toml")],
)
@pytest.mark.usefixtures("put")
def test_a_path_without_a_recipe_is_wrong_usage(
    pytester: pytest.Pytester, command: Run, named: str, message: str
) -> None:
    (pytester.path / "empty").mkdir()
    done = command(named)
    assert (done.ret, done.errlines) == (2, [f"error: {message}"])


def test_the_kit_fails_by_itself(put: Put, run: Run) -> None:
    put("a\ta\n", RECIPE.replace("generic", "drafted"))
    result = run()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "* xx kit *",
            "*/golden.tsv: a drafted recipe needs 5 golden pairs, it has 1",
            "*names its sources",
        ]
    )


@pytest.mark.parametrize(
    ("pair", "hint"),
    [("ab\t\tab", "the expected text is empty"),
     ("ab\tab ", "the expected text has spaces at an end"),
     ("Ab\tAb", "the expected text has capitals"),
     ("\u00e9\te\u0301", "the expected text is decomposed")],
)  # fmt: skip
def test_a_slip_in_the_expected_text_is_hinted_at(
    put: Put, command: Run, pair: str, hint: str
) -> None:
    put(f"{pair}\n", RECIPE.replace("d e", "d e \u00e9"))
    command("recipes").stdout.fnmatch_lines([f"      hint      {hint}*"])


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [("a b", "A b", "6: letter 'A' of the alphabet normalizes to 'a'; the alphabet holds small"),
     ("a b", "a, b", "6: letter 'a,' of the alphabet normalizes to 'a'; separate letters by sp"),
     ("a b c d e", "abcde", "6: letter 'abcde' of the alphabet is 5 letters; separate letters"),
     ("d e", "d 5", "6: letter '5' of the alphabet is always left out (digits); remove it"),
     ("d e", "d !", "6: letter '!' of the alphabet normalizes to ''; it is a sign"),
     ("Latn", "Latin", "2: unknown script 'Latin'; did you mean Latn?"),
     ("[alphabet]", '[text]\nreplace = { "\u00d6" = "a" }\n[alphabet]',
      "6: replace has '\u00d6', which it never meets: it comes after lower-casing; write '\u00f6'"),
     ("[alphabet]", '[text]\nhyphen = "-"\n[alphabet]',
      "6: hyphen is '-', which is outside the alphabet, so each word with it is left out; add")],
)  # fmt: skip
def test_a_slip_in_the_recipe_is_named_with_its_line(
    put: Put, command: Run, old: str, new: str, message: str
) -> None:
    put("b\tb\n", RECIPE.replace(old, new))
    result = command("recipes")
    assert f"recipe.toml:{message}" in result.stdout.str()
    assert result.ret == 1


def test_a_rule_that_never_settles_is_named_and_its_result_is_cut(put: Put, command: Run) -> None:
    put("ab\tab\n", RECIPE.replace("[alphabet]", '[text]\nreplace = { a = "aa" }\n[alphabet]'))
    result = command("recipes")
    result.stdout.fnmatch_lines(["*letter 'a' of the alphabet normalizes to*; see: replace"])
    result.stdout.fnmatch_lines(["*a rule must leave alone what it wrote: see replace"])
    assert max(map(len, result.outlines)) < 700


def test_one_pair_can_be_chosen(put: Put, run: Run) -> None:
    put("a\tb\nb\tb\n")
    run("recipes/xx/golden.tsv::line-2").assert_outcomes(passed=1)


def test_a_recipe_that_cannot_be_read_is_one_line(put: Put, run: Run) -> None:
    put("a\ta\n", RECIPE + "lettres = 'a'\n")
    result = run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["*recipe.toml:8: unknown key 'lettres' at [[]alphabet]; *letters?"]
    )
    result.stdout.no_fnmatch_line("*Traceback*")


def test_a_parent_beside_the_recipe_comes_before_the_built_in_one(put: Put, run: Run) -> None:
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
    result.stdout.fnmatch_lines(["*hooks.py:1: ValueError: no"])


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


def test_the_tests_of_this_project_do_not_collect_the_built_in_recipes() -> None:
    """tests/test_recipes.py checks it; pytest would do so a second time."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert settings["tool"]["pytest"]["ini_options"]["testpaths"] == ["tests"]
    assert list((ROOT / "tests").rglob("golden.tsv")) == []
