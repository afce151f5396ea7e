"""cvrecipes show: what a recipe contains."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Call = Callable[..., Any]


def test_show_prints_what_a_recipe_holds(call: Call) -> None:
    done = call("show", "tr")
    assert done.code == 0
    assert re.search(r"^language +Turkish \(Türkçe\)$", done.out, re.MULTILINE)
    assert re.search(r"^letters +a b c ç d e f g ğ h ı i j", done.out, re.MULTILINE)
    assert re.search(r"^steps .*\binvisible > compatibility > .* > spaces$", done.out, re.MULTILINE)


def test_show_gives_json(call: Call) -> None:
    shown = json.loads(call("show", "tr", "--json").out)
    assert shown["locale"] == "tr"
    assert shown["classes"][0] == "|"
    assert shown["classes"][-2:] == ["[UNK]", "[PAD]"]
    assert shown["golden_pairs"] >= 32


def test_a_broken_recipe_is_one_line(call: Call, own_recipe: Path) -> None:
    (own_recipe / "recipe.toml").write_text("nam = 1\n")
    done = call("show", "xx")
    assert done.code == 1
    assert done.complaint.startswith(f"{own_recipe / 'recipe.toml'}:1: unknown key 'nam'")


@pytest.mark.parametrize("name", ["turkish", "Türkçe", "TURKISH"])
def test_show_takes_the_name_of_a_language_and_says_which_it_is(call: Call, name: str) -> None:
    done = call("show", name, "--json")
    assert (done.code, done.err) == (0, f"the locale of {name} is tr\n")
    assert json.loads(done.out)["locale"] == "tr"


@pytest.mark.parametrize("command", ["show", "run", "check", "normalize"])
def test_a_name_of_several_languages_names_each(call: Call, command: str) -> None:
    done = call(command, "Kurdish")
    assert (done.code, done.complaint) == (
        2,
        "no recipe for 'Kurdish'; did you mean ckb (Central Kurdish) or kmr (Northern Kurdish)?",
    )


@pytest.mark.parametrize("command", ["run", "check", "normalize"])
def test_only_show_takes_a_name(call: Call, command: str) -> None:
    done = call(command, "turkish")
    assert (done.code, done.complaint) == (
        2, "no recipe for 'turkish'; did you mean tr (Turkish)?"
    )  # fmt: skip
