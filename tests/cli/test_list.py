"""cvrecipes list: every recipe, and those that words and filters keep."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.plugins import put_recipe

Call = Callable[..., Any]


def test_list_shows_every_recipe(call: Call) -> None:
    done = call("list")
    assert done.code == 0
    assert done.out.splitlines()[0].split() == ["locale", "name", "script", "status", "origin"]
    assert re.search(r"^tr +Turkish +Latn +reviewed +built-in$", done.out, re.MULTILINE)


def test_list_gives_json(call: Call) -> None:
    rows = json.loads(call("list", "--json").out)
    keys = ["locale", "name", "script", "status", "origin", "variants", "reviews"]
    assert all(list(row) == keys for row in rows)
    assert {
        "locale": "tr",
        "name": "Turkish",
        "script": "Latn",
        "status": "reviewed",
        "origin": "built-in",
        "reviews": [],
        "variants": [],
    } in rows


@pytest.mark.usefixtures("own_recipe")
def test_list_names_the_users_own_recipes(call: Call) -> None:
    assert re.search(r"^xx +Test +Latn +generic +user$", call("list").out, re.MULTILINE)


def locales(call: Call, *words: str) -> list[str]:
    done = call("list", *words, "--json")
    assert done.code == 0, done.err
    return [row["locale"] for row in json.loads(done.out)]


@pytest.mark.parametrize(
    ("words", "listed"),
    [
        (("turk",), {"tk", "tr"}),
        (("KURD",), {"ckb", "kmr"}),
        (("turkce",), {"tr"}),
        (("Türkçe",), {"tr"}),
        (("zh",), {"zh-CN", "zh-HK", "zh-TW"}),
        (("ZH_cn",), {"zh-CN"}),
        (("central kurdish",), {"ckb"}),
        (("kurdish", "north"), {"kmr"}),
        (("norsk", "bokmal"), {"nb-NO"}),
        (("中文", "--script", "hant"), {"zh-HK", "zh-TW"}),
        (("kurdish", "--script", "Arab", "--script", "Hans"), {"ckb"}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_words_and_filters_keep_languages(
    call: Call, words: tuple[str, ...], listed: set[str]
) -> None:
    assert set(locales(call, *words)) == listed


@pytest.mark.usefixtures("own_recipe")
def test_filters_keep_all_that_have_one_of_their_values(call: Call) -> None:
    every = json.loads(call("list", "--json").out)
    for words, keep in (
        (("--script", "Cyrl", "--script", "Arab"), lambda row: row["script"] in ("Cyrl", "Arab")),
        (("--status", "reviewed"), lambda row: row["status"] == "reviewed"),
        (("--origin", "user"), lambda row: row["locale"] == "xx"),
    ):
        expected = [row["locale"] for row in every if keep(row)]
        assert expected and locales(call, *words) == expected


def test_the_table_has_the_rows_that_json_has(call: Call) -> None:
    rows = call("list", "turk").out.splitlines()[1:]
    assert [row.split()[0] for row in rows] == locales(call, "turk") == ["tk", "tr"]


@pytest.mark.parametrize(
    ("words", "code", "complaint"),
    [
        ("turkk", 1, "no language matches 'turkk'; did you mean Turkish (tr)?"),
        ("qqqq --json", 1, "no language matches 'qqqq'; see all: cvrecipes list"),
        (
            "turkish --script Cyrl", 1,
            "no language matches 'turkish' and the filters; "
            "Turkish (tr) is Latn, reviewed, built-in",
        ),
        ("--script Cyrl --origin user", 2, "no recipe has --origin 'user'; there are: built-in"),
        ("--script Cyr", 2, "no recipe has --script 'Cyr'; did you mean Cyrl?"),
    ],
)  # fmt: skip
def test_nothing_that_matches_is_one_line_with_near_names(
    call: Call, words: str, code: int, complaint: str
) -> None:
    done = call("list", *words.split())
    assert (done.code, done.out, done.complaint) == (code, "", complaint)


def test_a_broken_recipe_is_a_warning_and_the_others_are_listed(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CVRECIPES_RECIPES", str(put_recipe(tmp_path / "own", "qq", "colour = 1\n")))
    warning = f"warning: {tmp_path}/own/qq/recipe.toml:4: unknown key 'colour' at the top; known: "
    done = call("list")
    assert done.code == 0
    assert "\ntr " in done.out and "\nqq " not in done.out
    assert done.err.startswith(warning) and done.err.count("\n") == 1
    assert call("list", "turkish").code == 0
    alone = call("list", "qq")
    assert (alone.code, alone.out) == (1, "")
    assert "qq/recipe.toml:4: unknown key 'colour'" in alone.complaint
