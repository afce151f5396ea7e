"""The tests mirror the tree of the modules, and no file is long without a reason."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "cvrecipes"
TESTS = ROOT / "tests"
# Packages without a folder of tests of that name, and where they are tested instead.
ELSEWHERE = {
    "builtin": "plugins/test_manager.py, and every test that reads the sample",
    "recipe": "recipes, beside the tests of the recipes themselves",
    "records": "the tests of the module that makes each record",
}
# Folders of tests that are no package, and what is tested there.
NO_PACKAGE = {
    "docs": "the pages of docs/, and the tools that write them",
    "plugins": "plugins.py, catalog.py, hookspecs.py and pytest_plugin.py",
    "recipes": "recipe/, and the folders of recipes/",
    "run": "run.py, from the command to the last file",
    "support": "what several tests use",
}
MOST_LINES = 400
# Longer files, and why each is not cut.
LONGER: dict[str, str] = {}


def folders(place: Path) -> set[str]:
    """Names of the folders that hold Python files."""
    return {path.parent.name for path in place.glob("*/*.py")}


def lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def test_every_package_has_a_folder_of_tests_or_a_named_other_place() -> None:
    packages = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert packages - folders(TESTS) == set(ELSEWHERE)
    assert folders(TESTS) - packages == set(NO_PACKAGE)


def test_every_file_of_tests_has_a_name_of_its_own() -> None:
    # There are no packages here: pytest tells files apart by their names alone.
    names = Counter(path.name for path in TESTS.rglob("*.py"))
    assert [name for name, count in names.items() if count > 1] == []
    assert "__init__.py" not in names and names["conftest.py"] == 1


def test_tests_are_in_files_called_test_and_helpers_are_not() -> None:
    misplaced = [
        path.relative_to(TESTS).as_posix()
        for path in TESTS.rglob("*.py")
        if path.name.startswith("test_") == (path.parent.name == "support")
    ]
    assert misplaced == ["conftest.py"]


def test_no_file_is_over_400_lines_without_a_reason() -> None:
    files = [*PACKAGE.rglob("*.py"), *TESTS.rglob("*.py")]
    long = {
        path.relative_to(PACKAGE if PACKAGE in path.parents else ROOT).as_posix()
        for path in files
        if lines(path) > MOST_LINES
    }
    assert long == set(LONGER)
