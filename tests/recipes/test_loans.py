"""Letters of loan words and names: part of the alphabet, shown apart."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cvrecipes.catalog import find_recipes, open_recipe
from cvrecipes.errors import Failure, UsageError
from cvrecipes.models.vocabulary import build_vocabulary
from cvrecipes.plugins import new_manager
from cvrecipes.recipe import Recipe
from cvrecipes.testing import check_recipe

Call = Callable[..., Any]
Write = Callable[..., Recipe]
A_TO_Z = frozenset("abcdefghijklmnopqrstuvwxyz")
HEAD = 'name = "Test"\nscript = "Latn"\nstatus = "generic"\nparent = "_base"\n'
BASE = '[alphabet]\nloans = "a b c d"\n[text]\nfold = true\n'


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Write ``xx/recipe.toml`` below a parent that has loans, and open it."""
    monkeypatch.chdir(tmp_path)

    def write_and_open(content: str, **changes: str) -> Recipe:
        for name, text in (("_base", BASE), ("xx", HEAD + content)):
            (tmp_path / "recipes" / name).mkdir(parents=True, exist_ok=True)
            (tmp_path / "recipes" / name / "recipe.toml").write_text(text, encoding="utf-8")
        return open_recipe("xx", changes={f"alphabet.{key}": v for key, v in changes.items()})[0]

    return write_and_open


def test_letters_of_loan_words_are_accepted_folded_to_and_learned(write: Write) -> None:
    recipe = write('[alphabet]\nletters = "a b"\n')
    assert (recipe.alphabet.letters, recipe.alphabet.loans) == (("a", "b"), ("c", "d"))
    assert recipe.normalize("Čad") == "cad"
    assert recipe.normalizer.reason("cad") is None
    assert recipe.normalizer.reason("cade") == "outside alphabet: e"
    classes = build_vocabulary(recipe, None, new_manager(installed=False)).tokens
    assert classes == ("|", "a", "b", "c", "d", "[UNK]", "[PAD]")
    assert recipe.resolved()["alphabet"] == {
        "letters": ["a", "b"], "marks": [], "loans": ["c", "d"]
    }  # fmt: skip


@pytest.mark.parametrize(
    "rule",
    ['[text.replace]\nc = "a"\n', '[text.repair]\nc = "a"\n', '[text.lookalikes]\nc = "a"\n'],
)
def test_a_letter_that_a_rule_replaces_is_no_loan(write: Write, rule: str) -> None:
    recipe = write('[alphabet]\nletters = "a b"\n' + rule)
    assert recipe.alphabet.loans == ("d",)
    assert recipe.normalize("cab") == "aab"


def test_without_letters_there_is_no_alphabet_whatever_the_parent_accepts(write: Write) -> None:
    recipe = write("")
    assert not recipe.alphabet
    assert recipe.alphabet.loans == ()


def test_a_recipe_may_take_fewer_or_none(write: Write) -> None:
    assert write('[alphabet]\nletters = "a"\nloans = "d"\n').alphabet.loans == ("d",)
    none = write('[alphabet]\nletters = "a"\nloans = ""\n')
    assert none.alphabet.loans == ()
    assert none.normalizer.reason("ab") == "outside alphabet: b"


def test_one_run_may_take_fewer(write: Write) -> None:
    recipe = write('[alphabet]\nletters = "a"\n', loans="b")
    assert recipe.alphabet.loans == ("b",)
    assert recipe.digest != write('[alphabet]\nletters = "a"\n').digest


@pytest.mark.parametrize(
    ("value", "what"), [("B", "lower-cased"), ("e\u0301", "NFC"), ("... q", "no letter; write")]
)
def test_a_wrong_loan_of_one_run_is_an_error(write: Write, value: str, what: str) -> None:
    with pytest.raises(UsageError, match=what):
        write('[alphabet]\nletters = "a"\n', loans=value)


def test_a_loan_that_is_added_is_a_letter_then(write: Write) -> None:
    recipe = write('[alphabet]\nletters = "a"\n', add_letters="c")
    assert (recipe.alphabet.letters, recipe.alphabet.loans) == (("a", "c"), ("b", "d"))


def test_a_letter_that_is_removed_is_no_loan_either(write: Write) -> None:
    recipe = write('[alphabet]\nletters = "a b"\n', remove_letters="b c")
    assert (recipe.alphabet.letters, recipe.alphabet.loans) == (("a",), ("d",))
    with pytest.raises(UsageError, match="'x' is no letter of the parent"):
        write('[alphabet]\nletters = "a b"\n', remove_letters="x")


def test_a_loan_stands_once(write: Write) -> None:
    with pytest.raises(Failure, match="'c' is there twice"):
        write('[alphabet]\nletters = "a"\nloans = "c c"\n')


def test_the_kit_finds_a_loan_that_does_not_stay(write: Write) -> None:
    recipe = write('[alphabet]\nletters = "a"\n[text]\ndelete = "d"\n')
    (problem, *_) = check_recipe(recipe)
    assert "letter 'd' of the alphabet normalizes to ''" in problem


def test_show_lists_them_apart(call: Call) -> None:
    assert "letters of loan words and names: q w x y" in call("show", "lv").out
    assert json.loads(call("show", "lv", "--json").out)["alphabet"]["loans"] == [*"qwxy"]
    assert "loan words" not in call("show", "en").out.partition("notes")[0]


def test_every_built_in_latin_alphabet_has_all_of_a_to_z() -> None:
    catalog = find_recipes(new_manager(installed=False))
    missing = {}
    for entry in catalog.recipes.values():
        recipe = catalog.read(entry)
        if entry.origin == "built-in" and recipe.script == "Latn" and recipe.alphabet:
            rules = recipe.rules
            replaced = {*rules.repair, *rules.lookalikes, *rules.replace}
            missing[recipe.locale] = A_TO_Z - {*recipe.alphabet.code_points} - replaced
    # Esperanto: x may be the circumflex of the x-system.
    assert {locale: signs for locale, signs in missing.items() if signs} == {"eo": {"x"}}
