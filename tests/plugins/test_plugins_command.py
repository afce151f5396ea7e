"""cvrecipes plugins, and --trace."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.plugins import put_package, put_recipe

pytestmark = pytest.mark.usefixtures("empty_folder")

Call = Callable[..., Any]

RECIPES = """
from pathlib import Path
@hookimpl
def register_recipes(register): register(Path(__file__).parent / "mine")
@hookimpl
def reason_to_leave_out(): return None
"""


def test_plugins_shows_name_version_locales_and_hooks(
    call: Call, packages: Path, tmp_path: Path
) -> None:
    put_recipe(put_recipe(packages / "mine", "xx"), "yy")
    put_recipe(tmp_path / "recipes", "yy")
    put_package(packages, "cvrecipes-a-language-of-some-name", RECIPES)
    done = call("plugins")
    assert done.out.splitlines()[0].split() == ["name", "version", "locales", "hooks"]
    assert max(map(len, done.out.splitlines())) <= 80
    assert re.search(
        r"^cvrecipes-a-language-of-some-name +1\.5 +xx \(yy\) +reason_to_leave_out\n"
        r" +register_recipes$",
        done.out,
        re.MULTILINE,
    )
    (row,) = [one for one in json.loads(call("plugins", "--json").out) if one["version"] == "1.5"]
    assert row == {
        "name": "cvrecipes-a-language-of-some-name",
        "version": "1.5",
        "locales": ["xx"],
        "hidden": ["yy"],
        "hooks": ["reason_to_leave_out", "register_recipes"],
    }


def test_an_incompatible_package_stops_every_command(call: Call, packages: Path) -> None:
    put_package(packages, "cvrecipes-old", "", "cvrecipes<0.0.1")
    for words in (["list"], ["normalize", "tr", "Evet"], ["plugins"]):
        done = call(*words)
        assert done.code == 1
        assert done.complaint.startswith("plugin cvrecipes-old 1.5 is for cvrecipes <0.0.1, this")


@pytest.mark.parametrize(
    "words",
    [["--trace", "normalize", "tr", "Evet"], ["normalize", "tr", "Evet", "--trace"], ["plugins"],
     ["list"], ["show", "tr"], ["test", "tr"]],
)  # fmt: skip
def test_trace_prints_each_call_with_its_time(
    call: Call, packages: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    put_package(packages, "cvrecipes-traced", "@hookimpl\ndef register_steps(): pass\n")
    monkeypatch.setenv("CVRECIPES_TRACE", "1" if "--trace" not in words else "")
    done = call(*words)
    assert done.code == 0
    for what in (
        "import  cvrecipes-traced",
        "register_steps  cvrecipes-traced",
        "register_recipes  built-in",
    ):
        assert re.search(rf"^trace: +\d+\.\d{{3}} ms  {what}$", done.err, re.MULTILINE), what
    sys.modules.pop("cvrecipes_traced")


def test_a_trace_names_the_locale_once_it_is_open(
    call: Call, monkeypatch: pytest.MonkeyPatch, packages: Path
) -> None:
    put_package(packages, "cvrecipes-extra", "@hookimpl\ndef vocabulary_extras(): return []\n")
    monkeypatch.setenv("CVRECIPES_TRACE", "1")
    assert "vocabulary_extras  cvrecipes-extra for tr\n" in call("show", "tr").err


def test_without_trace_nothing_is_printed(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CVRECIPES_TRACE", "0")
    assert call("normalize", "tr", "Evet").err == ""
