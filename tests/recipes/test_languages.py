"""Every locale of Common Voice 25 has a recipe, and docs/languages.md lists them all."""

from __future__ import annotations

import importlib.util
from collections import Counter
from functools import cache
from pathlib import Path
from types import ModuleType

from support.generating import TOOLS, check_page_of

ROOT = Path(__file__).parents[2]


@cache
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "generate_languages", TOOLS / "generate_languages.py"
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_as_the_recipes_say_and_needs_no_torch() -> None:
    check_page_of("generate_languages.py")


def test_every_locale_has_a_recipe_and_no_recipe_is_of_another() -> None:
    _, hours = tool().read_hours()
    folders = {
        path.name
        for path in (ROOT / "recipes").iterdir()
        if path.is_dir() and not path.name.startswith("_")
    }
    assert len(hours) == 290
    assert sorted(set(hours) - folders) == []
    assert sorted(folders - set(hours)) == []
    assert set(tool().read_recipes()) == folders


def test_grades_hold_the_promise() -> None:
    grades = Counter(recipe.status for recipe in tool().read_recipes().values())
    assert grades["reviewed"] >= 120
    assert grades["generic"] <= 90


def test_the_page_has_a_row_for_every_locale() -> None:
    page = (ROOT / "docs" / "languages.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    _, hours = tool().read_hours()
    assert [row.split("`")[1] for row in rows] == sorted({*hours, *tool().read_recipes()})
    columns = {row.replace("\\|", "").count("|") for row in rows}
    assert columns == {10}
    turkish = next(row for row in rows if row.startswith("| `tr` "))
    assert "| Turkish | Türkçe | Latn | reviewed | 29 | a b c ç d" in turkish
    assert turkish.endswith("| 129.22 |")


def test_the_page_is_linked() -> None:
    assert "(docs/languages.md)" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert "(languages.md)" in (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
