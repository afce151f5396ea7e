"""The tutorial, followed to the letter, gives the package in plugins/cvrecipes-example."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.packages import ROOT, make_environment

Call = Callable[..., Any]
PAGE = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
EXAMPLE = ROOT / "plugins" / "cvrecipes-example"
# A file's name on a line of its own, then its contents.
_FILE = re.compile(r"^(Add to )?`([^`\n]+)`:\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_OUTPUT = re.compile(r"<!-- output of: cvrecipes (.+) -->\n```text\n(.*?)^```$", re.M | re.S)
_LEFT_BY_TESTS = {"__pycache__", ".pytest_cache", "dist"}


def follow(page: str, folder: Path) -> None:
    """Write what the page says into the files it names."""
    for found in _FILE.finditer(page):
        path = folder / found[2]
        path.parent.mkdir(parents=True, exist_ok=True)
        text = found[3]
        if found[1]:
            between = "\n\n" if path.suffix == ".py" else "\n"
            text = path.read_text(encoding="utf-8") + between + text
        path.write_text(text, encoding="utf-8", newline="\n")


def contents(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not _LEFT_BY_TESTS & set(path.parts)
    }


@pytest.fixture
def started(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The package as the first command of the page writes it."""
    monkeypatch.chdir(tmp_path)
    command = re.search(r"^cvrecipes new (.*)$", PAGE, re.MULTILINE)
    assert command is not None
    words = re.findall(r'"[^"]*"|\S+', command[1])
    assert call("new", *(word.strip('"') for word in words)).code == 0
    return tmp_path / "cvrecipes-example"


def test_the_tutorial_gives_the_example(started: Path) -> None:
    follow(PAGE, started)
    assert contents(started) == contents(EXAMPLE)


def test_every_block_of_a_language_of_files_belongs_to_a_file() -> None:
    shown = re.findall(r"^```(?:python|toml|tsv)$", PAGE, re.MULTILINE)
    assert len(shown) == len(_FILE.findall(PAGE)) >= 8


def test_the_tree_names_what_is_written(started: Path) -> None:
    (tree,) = re.findall(r"^```text\ncvrecipes-example/\n(.*?)^```$", PAGE, re.M | re.S)
    named = set(re.findall(r"[\w.]+\.(?:toml|md|yml|py|tsv)\b|\.gitignore", tree))
    assert named == {Path(path).name for path in contents(started)}


def test_the_output_is_what_the_command_prints(
    started: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(started)
    outputs = list(_OUTPUT.finditer(PAGE))
    assert outputs
    for output in outputs:
        follow(PAGE[: output.start()], started)
        assert call(*output[1].split()).out == output[2]


@pytest.mark.parametrize("editable", [True, False], ids=["editable", "wheel"])
def test_the_example_passes_its_own_tests(tmp_path: Path, editable: bool) -> None:
    package = tmp_path / "cvrecipes-example"
    shutil.copytree(EXAMPLE, package, ignore=shutil.ignore_patterns(*_LEFT_BY_TESTS))
    environment = make_environment(tmp_path / "environment")
    if editable:
        environment.install("--editable", package)
    else:
        environment.install(environment.wheel(package, tmp_path / "dist"))
    output = environment.call("pytest", "-q", "-p", "no:cacheprovider", where=package).stdout
    pairs = len(re.findall(r"^[^#\n]+\t", contents(EXAMPLE)[_golden()], re.MULTILINE))
    # The kit of the recipe, the package's own three tests.
    assert re.search(rf"^{pairs + 4} passed", output, re.MULTILINE), output
    assert environment.call("cvrecipes", "test", "lfn", where=tmp_path).stdout.endswith(
        "1 passed, 0 failed\n"
    )
    words = tmp_path / "words.txt"
    words.write_text("Un mar, 2 gatos.\nLa mar.\n", encoding="utf-8")
    counted = environment.call("cvrecipes", "example-words", "lfn", words, where=tmp_path).stdout
    assert counted == "2\tmar\n1\tdu\n1\tgatos\n1\tla\n1\tun\n"
    listed = environment.call("cvrecipes", "plugins", where=tmp_path).stdout
    assert max(map(len, listed.splitlines())) <= 80
    assert re.search(r"^cvrecipes-example +0\.1\.0 +lfn +register_commands$", listed, re.M)


def _golden() -> str:
    return "src/cvrecipes_example/recipes/lfn/golden.tsv"
