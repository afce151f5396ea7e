"""The page on the design names modules that exist, and all of them."""

from __future__ import annotations

import re
from itertools import takewhile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "cvrecipes"
PAGE = (ROOT / "docs" / "dev" / "design.md").read_text(encoding="utf-8")
FILES = {path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py")}
# Files of a recipe folder and of a run are no modules of the package.
NO_MODULES = {"steps.py", "hooks.py"}


def named_modules() -> list[str]:
    """Every ``x.py`` and ``package/x.py`` outside of the tree, without tests and tools."""
    text = PAGE.replace(tree(), "").replace("src/cvrecipes/", "")
    names = re.findall(r"(?<![\w/>.])((?:[a-z_]+/)*[a-z_]+\.py)\b", text)
    return [name for name in dict.fromkeys(names) if not name.startswith(("tests/", "tools/"))]


def tree() -> str:
    section = PAGE[PAGE.index("## The tree") :]
    return section.split("```")[1]


def paths_in_tree() -> list[str]:
    """The modules and folders at the start of the tree's lines, relative to the package."""
    paths: list[str] = []
    folder = ""
    for line in tree().strip("\n").splitlines():
        if not line.startswith(" "):
            folder = ""
        names = list(takewhile(re.compile(r"[a-z_]+(\.py|/)").fullmatch, line.split()))
        paths += [folder + name for name in names]
        if not folder and names[-1].endswith("/"):
            folder = names[-1]
    return paths


@pytest.mark.parametrize("name", named_modules())
def test_a_module_that_the_design_names_exists(name: str) -> None:
    known = name in NO_MODULES or any(f"/{file}".endswith(f"/{name}") for file in FILES)
    assert known, f"docs/dev/design.md names {name}"


def test_the_tree_names_only_what_exists() -> None:
    paths = paths_in_tree()
    assert len(paths) > 60
    assert not [path for path in paths if not (PACKAGE / path).exists()]


def test_the_tree_names_every_module_and_folder_at_the_top() -> None:
    tops = {path.parts[0] for path in map(Path, FILES)} - {"__init__.py", "__main__.py"}
    assert tops == {path.split("/")[0] for path in paths_in_tree()}


@pytest.mark.parametrize("folder", ["data", "decoding", "models", "text", "training"])
def test_the_tree_names_every_module_of_the_stages(folder: str) -> None:
    modules = {name for name in FILES if re.fullmatch(rf"{folder}/(?!__)\w+\.py", name)}
    assert modules == {name for name in paths_in_tree() if name in modules}
