"""cvrecipes test: golden pairs that hold, that differ, that cannot be read."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

Call = Callable[..., Any]


def test_test_passes_for_good_pairs(call: Call, own_recipe: Path) -> None:
    (own_recipe / "golden.tsv").write_text("Azb!\tab\nd\t!outside\n")
    done = call("test", "xx")
    assert done.code == 0
    assert re.match(r"xx +2 golden pairs  ok\n1 passed, 0 failed\n$", done.out)


def test_test_fails_and_shows_what_differs(call: Call, own_recipe: Path) -> None:
    (own_recipe / "golden.tsv").write_text("a\ta\nAzb!\tac\n")
    done = call("test", "xx")
    assert done.code == 1
    assert f"{own_recipe / 'golden.tsv'}:2" in done.out
    assert re.search(r"raw +Azb! +U\+0041 U\+007A U\+0062 U\+0021\n", done.out)
    assert re.search(r"got +ab\n +expected +ac\n", done.out)
    assert "U+0062 b instead of U+0063 c" in done.out
    assert re.search(r"delete +azb! -> ab!\n +punctuation +ab! -> ab \n", done.out)
    assert done.out.endswith("0 passed, 1 failed\n")


def test_test_gives_json(call: Call, own_recipe: Path) -> None:
    (own_recipe / "golden.tsv").write_text("a\tb\n")
    done = call("test", "xx", "--json")
    (result,) = json.loads(done.out)
    assert (done.code, result["locale"], result["golden_pairs"]) == (1, "xx", 1)
    assert len(result["problems"]) == 1


def test_a_recipe_that_cannot_be_read_fails_its_test(call: Call, own_recipe: Path) -> None:
    (own_recipe / "recipe.toml").write_text("name = \n")
    done = call("test", "xx", "de")
    assert done.code == 1
    assert f"{own_recipe / 'recipe.toml'}:1: is not valid TOML" in done.out
    assert done.out.endswith("1 passed, 1 failed\n")


def test_a_golden_file_that_cannot_be_read_fails_its_test_only(
    call: Call, own_recipe: Path
) -> None:
    (own_recipe / "golden.tsv").write_text("no tab\n")
    done = call("test", "xx", "de")
    assert done.code == 1
    assert f"{own_recipe / 'golden.tsv'}:1: a golden pair needs" in done.out
    assert done.out.endswith("1 passed, 1 failed\n")
