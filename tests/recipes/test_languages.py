"""Every locale that Common Voice records has a recipe, and docs/languages.md lists them all."""

from __future__ import annotations

import importlib.util
from collections import Counter
from functools import cache
from pathlib import Path
from types import ModuleType

from support.generating import TOOLS, check_page_of

ROOT = Path(__file__).parents[2]
WITHOUT_A_RECIPE: list[str] = []


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


def test_every_locale_that_is_recorded_has_a_recipe_and_no_recipe_is_of_another() -> None:
    recorded = tool().read_releases().locales
    folders = {
        path.name
        for path in (ROOT / "recipes").iterdir()
        if path.is_dir() and not path.name.startswith("_")
    }
    assert sorted(recorded - folders) == WITHOUT_A_RECIPE
    assert sorted(folders - recorded) == []
    assert set(tool().read_recipes()) == folders


def test_the_releases_are_those_that_common_voice_published() -> None:
    releases = tool().read_releases()
    _, hours = tool().read_hours()
    # The numbers of languages that the changelogs of common-voice/cv-dataset give.
    assert len(hours) == 290
    since = Counter(releases.scripted.values())
    assert since[""] + since["26.0"] == 294 and since.total() == 295
    spontaneous = Counter(releases.spontaneous.values())
    assert [spontaneous[f"{number}.0"] for number in range(1, 6)] == [58, 4, 10, 6, 2]
    assert not set(releases.recorded) & {*releases.scripted, *releases.spontaneous}


def test_the_page_says_which_releases_a_locale_is_in() -> None:
    of = tool().read_releases().of
    assert of("ab") == "scripted"
    assert of("tr") == "scripted, spontaneous (since 1.0)"
    assert of("om") == "scripted (since 26.0), spontaneous (since 4.0)"
    assert of("hac") == "spontaneous (since 1.0)"
    assert of("ee") == "scripted (no release yet)"
    assert of("xx") == ""


def test_grades_hold_the_promise() -> None:
    grades = Counter(recipe.status for recipe in tool().read_recipes().values())
    assert grades["reviewed"] >= 120
    assert grades["generic"] <= 90


def test_the_page_has_a_row_for_every_locale() -> None:
    page = (ROOT / "docs" / "languages.md").read_text(encoding="utf-8")
    locales, _, variants = page.partition("## Variants")
    rows = [line for line in locales.splitlines() if line.startswith("| `")]
    recorded = tool().read_releases().locales
    assert [row.split("`")[1] for row in rows] == sorted({*recorded, *tool().read_recipes()})
    columns = {row.replace("\\|", "").count("|") for row in rows}
    assert columns == {11}
    turkish = next(row for row in rows if row.startswith("| `tr` "))
    assert "| Turkish | Türkçe | Latn | reviewed | scripted, spontaneous (since 1.0) |" in turkish
    assert "| 29 | a b c ç d" in turkish
    assert turkish.endswith("| 129.22 |")
    assert "| `ady` | `latn` | Adyghe (Latin, Turkey) | Latn | drafted |" in variants


def test_the_page_is_linked() -> None:
    assert "(docs/languages.md)" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert "(languages.md)" in (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
