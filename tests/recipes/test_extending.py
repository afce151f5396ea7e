"""Recipes that build on another: letters, claims, golden pairs and hooks."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from cvrecipes import hookimpl
from cvrecipes.catalog import open_recipe
from cvrecipes.errors import Failure
from cvrecipes.plugins import new_manager
from cvrecipes.testing import check_recipe

Call = Callable[..., Any]
TURKISH, _ = open_recipe("tr", new_manager(installed=False))


@pytest.fixture(autouse=True)
def _away_from_the_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def extend(text: str = "", golden: str = "", locale: str = "tr", place: str = "recipes") -> Path:
    """A folder of the user's whose recipe builds on the one of its locale."""
    folder = Path(place) / locale
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "recipe.toml").write_text(f'parent = "{locale}"\n{text}', encoding="utf-8")
    (folder / "golden.tsv").write_text(golden, encoding="utf-8")
    return folder


def packaged() -> ModuleType:
    """A plugin that offers the folder ``packaged``."""
    module, place = ModuleType("mine"), Path("packaged")
    vars(module)["register_recipes"] = hookimpl(lambda register: register(place))
    return module


# Letters


def test_letters_are_added_to_those_of_the_parent_and_removed_from_them() -> None:
    extend('[alphabet]\nadd_letters = "q w x"\nremove_letters = "j ğ"\n')
    expected = [letter for letter in TURKISH.alphabet.letters if letter not in "jğ"]
    assert open_recipe("tr")[0].alphabet.letters == (*expected, "q", "w", "x")


def test_letters_of_a_script_parent_can_be_added_to() -> None:
    folders = {"_base": '[alphabet]\nletters = "a b"\n', "xx": 'name = "X"\nscript = "Latn"\n'}
    folders["xx"] += 'status = "generic"\nparent = "_base"\n[alphabet]\nadd_letters = "c"\n'
    for name, text in folders.items():
        (Path("recipes") / name).mkdir(parents=True)
        (Path("recipes") / name / "recipe.toml").write_text(text, encoding="utf-8")
    assert open_recipe("xx")[0].alphabet.letters == ("a", "b", "c")


def test_marks_stay_when_letters_are_added() -> None:
    french, _ = open_recipe("fr")
    extend('[alphabet]\nadd_letters = "å"\n', locale="fr")
    assert open_recipe("fr")[0].alphabet.marks == french.alphabet.marks != ()


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ('[alphabet]\nletters = "... q w x"\n', 3, 'letters holds ..., which is no letter; add_le'),
        ('[alphabet]\nletters = "… q"\n', 3, "letters holds …, which is no letter"),
        ('[alphabet]\nadd_letters = "... q"\n', 3, "add_letters holds ..., which is no letter"),
        ('[alphabet]\nmarks = "... \'"\n', 3, "marks holds ..., which is no letter; write every"),
        ('[alphabet]\nadd_letters = "q a"\n', 3, "'a' is a letter of the parent already"),
        ('[alphabet]\nremove_letters = "ñ"\n', 3, "'ñ' is no letter of the parent"),
        ('[alphabet]\nadd_letters = "e\u0301"\n', 3, "not in composed form (NFC)"),
        ('[alphabet]\nletters = "a"\nadd_letters = "b"\n', 4, "add_letters changes the letters of"),
    ],
)  # fmt: skip
def test_letters_that_cannot_be_meant_are_an_error_with_file_and_line(
    call: Call, text: str, line: int, what: str
) -> None:
    extend(text)
    done = call("show", "tr")
    assert done.code == 1
    assert done.complaint.startswith(f"recipes/tr/recipe.toml:{line}: ")
    assert what in done.complaint


def test_without_a_parent_there_is_nothing_to_add_to() -> None:
    folder = extend(locale="xx")
    text = 'name = "X"\nscript = "Latn"\nstatus = "generic"\n[alphabet]\nadd_letters = "a"\n'
    (folder / "recipe.toml").write_text(text, encoding="utf-8")
    with pytest.raises(Failure, match=r"recipe\.toml:5: there is no parent whose letters add_let"):
        open_recipe("xx")


# Claims


@pytest.mark.parametrize(
    "text",
    ['[alphabet]\nadd_letters = "q"\n', '[text]\nhyphen = ""\n', '[vocabulary]\nextras = ["q"]\n'],
)
def test_status_notes_and_sources_are_not_inherited_by_what_is_changed(text: str) -> None:
    assert (TURKISH.status, bool(TURKISH.notes), bool(TURKISH.sources)) == ("reviewed", True, True)
    extend(text)
    recipe, _ = open_recipe("tr")
    assert (recipe.status, recipe.notes, recipe.sources) == ("generic", "", ())
    assert (recipe.name, recipe.native, recipe.script) == ("Turkish", "Türkçe", "Latn")


def test_a_steps_file_is_a_change() -> None:
    folder = extend()
    (folder / "steps.py").write_text("def swap(text): return text\n", encoding="utf-8")
    assert open_recipe("tr")[0].status == "generic"


def test_claims_of_its_own_stay_and_dots_stand_for_the_inherited_sources() -> None:
    extend(
        'status = "drafted"\nnotes = "q"\nsources = ["...", "me"]\n[alphabet]\nadd_letters = "q"\n'
    )
    recipe, _ = open_recipe("tr")
    assert (recipe.status, recipe.notes) == ("drafted", "q")
    assert recipe.sources == (*TURKISH.sources, "me")


def test_claims_are_inherited_where_neither_text_nor_vocabulary_changes() -> None:
    extend('headline = "cer"\n[training]\nlongest = 12.0\n[text]\n')
    recipe, _ = open_recipe("tr")
    assert (recipe.status, recipe.notes) == (TURKISH.status, TURKISH.notes)
    assert recipe.sources == TURKISH.sources


def test_a_recipe_below_a_script_parent_still_needs_a_status() -> None:
    folder = Path("recipes/xx")
    folder.mkdir(parents=True)
    text = 'name = "X"\nparent = "_latin"\n[alphabet]\nletters = "a"\n'
    (folder / "recipe.toml").write_text(text, encoding="utf-8")
    with pytest.raises(Failure, match="status is missing"):
        open_recipe("xx")


# Golden pairs


def test_golden_pairs_are_inherited_behind_its_own() -> None:
    extend(golden="yeni\tyeni\n")
    pairs = open_recipe("tr")[0].golden()
    assert [pair.raw for pair in pairs] == ["yeni", *(pair.raw for pair in TURKISH.golden())]
    assert pairs[0].path == Path("recipes/tr/golden.tsv")
    assert pairs[1].path == TURKISH.folder / "golden.tsv"


def test_a_pair_with_the_same_raw_text_takes_the_place_of_the_inherited_one() -> None:
    raw = TURKISH.golden()[0].raw
    extend(golden=f"{raw}\t!digits\n")
    found = [pair.expected for pair in open_recipe("tr")[0].golden() if pair.raw == raw]
    assert found == ["!digits"]


def test_a_pair_can_be_dropped() -> None:
    raw = TURKISH.golden()[0].raw
    extend(golden=f"{raw}\t!drop\twe keep it\nyeni\tyeni\n")
    raws = [pair.raw for pair in open_recipe("tr")[0].golden()]
    assert raws == ["yeni", *(pair.raw for pair in TURKISH.golden()[1:])]


def test_all_pairs_can_be_dropped() -> None:
    extend(golden="*\t!drop\nyeni\tyeni\n")
    assert [pair.raw for pair in open_recipe("tr")[0].golden()] == ["yeni"]


def test_a_pair_that_is_not_inherited_cannot_be_dropped() -> None:
    extend(golden="# none\nnowhere\t!drop\n")
    with pytest.raises(Failure, match=r"golden\.tsv:2: !drop names no inherited pair: 'nowhere'"):
        open_recipe("tr")[0].golden()


def test_pairs_come_from_every_recipe_below() -> None:
    extend(golden="b\tb\nc\tc\n", place="packaged")
    extend(golden="a\ta\nb\t!drop\n")
    recipe, _ = open_recipe("tr", new_manager([packaged()], installed=False))
    raws = [pair.raw for pair in recipe.golden()]
    assert raws == ["a", "c", *(pair.raw for pair in TURKISH.golden())]


def test_the_kit_checks_inherited_pairs(call: Call) -> None:
    extend('[text]\nhyphen = ""\n')
    problems = check_recipe(open_recipe("tr")[0])
    assert len(problems) == 1
    line = next(pair.line for pair in TURKISH.golden() if "-" in pair.raw)
    assert problems[0].startswith(f"{TURKISH.folder / 'golden.tsv'}:{line} (inherited)\n")
    assert call("test", "tr").code == 1


# Hooks


def test_the_hooks_of_a_recipe_below_come_along_and_those_above_come_first() -> None:
    hook = "from cvrecipes import hookimpl\n@hookimpl\ndef split_words(text): return [{}]\n"
    extra = "@hookimpl\ndef vocabulary_extras(): return ['q']\n"
    below = extend(place="packaged")
    (below / "hooks.py").write_text(hook.format("'below'") + extra, encoding="utf-8")
    own = extend()
    recipe, manager = open_recipe("tr", new_manager([packaged()], installed=False))
    assert manager.hook.split_words(text="a", recipe=recipe) == ["below"]
    (own / "hooks.py").write_text(hook.format("'above'"), encoding="utf-8")
    recipe, manager = open_recipe("tr", new_manager([packaged()], installed=False))
    assert manager.hook.split_words(text="a", recipe=recipe) == ["above"]
    assert manager.hook.vocabulary_extras(recipe=recipe) == [["q"]]


def test_the_hooks_of_a_recipe_that_is_replaced_do_not_come_along() -> None:
    below = extend(place="packaged")
    (below / "hooks.py").write_text("raise ValueError('not for you')\n", encoding="utf-8")
    folder = extend()
    text = 'name = "X"\nscript = "Latn"\nstatus = "generic"\n'
    (folder / "recipe.toml").write_text(text, encoding="utf-8")
    assert open_recipe("tr")[0].below == ()


def test_the_documented_extension_passes_the_kit_with_its_golden_pairs_and_fails_without() -> None:
    page = (Path(__file__).parents[2] / "docs" / "recipes.md").read_text(encoding="utf-8")
    section = page.partition("### Change a recipe that is there")[2].partition("\n### ")[0]
    recipe, golden = re.findall(r"```(?:toml|text)\n(.*?)```", section, re.DOTALL)
    folder = Path("recipes") / "tr"
    folder.mkdir(parents=True)
    (folder / "recipe.toml").write_text(recipe, encoding="utf-8")
    assert len(check_recipe(open_recipe("tr")[0])) == 1
    (folder / "golden.tsv").write_text(golden, encoding="utf-8")
    assert check_recipe(open_recipe("tr")[0]) == []
