"""The docs say what the code does: generated pages, hooks, recipe keys, links, examples."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest
import yaml

from cvrecipes import hookspecs
from cvrecipes.catalog import find_recipes
from cvrecipes.cli import cli
from cvrecipes.plugins import new_manager
from cvrecipes.recipe import TABLES, TOP
from cvrecipes.text.steps import LOWER
from support.generating import check_page_of

if TYPE_CHECKING:
    from cvrecipes.records import RunReport

ROOT = Path(__file__).parents[2]
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")


def blocks(language: str) -> Iterator[tuple[str, str]]:
    """(page and number, text) of every fenced block of a language."""
    for page in PAGES:
        for number, found in enumerate(_BLOCK.finditer(page.read_text(encoding="utf-8"))):
            if found[1] == language:
                yield f"{page.relative_to(ROOT)}#{number}", found[2]


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    text = _BLOCK.sub("", page.read_text(encoding="utf-8"))
    titles = re.findall(r"^#+ +(.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


def test_generated_pages_are_as_the_code_says_and_need_no_torch() -> None:
    check_page_of("generate_reference.py")


def _signature(function: ast.FunctionDef) -> str:
    returns = ast.unparse(function.returns) if function.returns else "None"
    return f"def {function.name}({ast.unparse(function.args)}) -> {returns}"


def test_every_hook_is_documented_with_its_real_signature() -> None:
    source = Path(hookspecs.__file__).read_text(encoding="utf-8")
    real = {
        function.name: _signature(function)
        for function in ast.parse(source).body
        if isinstance(function, ast.FunctionDef) and function.decorator_list
    }
    assert len(real) > 5
    page = (ROOT / "docs" / "plugins.md").read_text(encoding="utf-8")
    documented: dict[str, str] = {}
    for found in _BLOCK.finditer(page):
        if found[1] != "python":
            continue
        for node in ast.parse(found[2]).body:
            # A signature is a function without decorator whose body is an ellipsis.
            if (
                isinstance(node, ast.FunctionDef)
                and not node.decorator_list
                and ast.unparse(node.body[0]) == "..."
            ):
                documented[node.name] = _signature(node)
    assert documented == real
    for name in real:
        assert re.search(rf"^### `{name}`", page, re.MULTILINE), f"no heading for {name}"


def test_every_key_and_step_of_a_recipe_is_documented() -> None:
    page = (ROOT / "docs" / "recipes.md").read_text(encoding="utf-8")
    keys = {*TOP, *(key for table in TABLES.values() for key in table)}
    steps = find_recipes(new_manager(installed=False)).steps
    names = {*keys, *(f"[{table}]" for table in TABLES), *steps, *LOWER}
    assert not [name for name in sorted(names) if f"`{name}`" not in page]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_resolves(page: Path) -> None:
    broken = []
    for target in _LINK.findall(_BLOCK.sub("", page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path) if path else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(target)
    assert not broken


def test_the_first_page_names_every_page() -> None:
    docs = ROOT / "docs"
    linked = set(_LINK.findall((docs / "index.md").read_text(encoding="utf-8")))
    pages = {path.relative_to(docs).as_posix() for path in docs.rglob("*.md")}
    hidden = {page for page in pages if page.startswith("dev/")} | {"index.md"}
    assert pages - hidden <= linked


def test_python_and_toml_blocks_parse() -> None:
    seen = 0
    for where, text in blocks("python"):
        compile(text, where, "exec")
        seen += 1
    for where, text in blocks("toml"):
        try:
            tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            pytest.fail(f"{where}: {error}")
        seen += 1
    assert seen > 5


def test_commands_in_shell_blocks_exist_with_their_options() -> None:
    wrong = []
    for where, text in blocks("sh"):
        for words in re.findall(r"(?:^|&& |\| )(?:\w+=\S+ )?cvrecipes ([^\n|&]*)", text, re.M):
            name, *rest = words.replace("\\", " ").split()
            if name.startswith("-"):
                continue
            command = cli.commands.get(name)
            if not isinstance(command, click.Command):
                wrong.append(f"{where}: {name}")
                continue
            known = {option for p in command.params for option in p.opts} | {"--help", "--debug"}
            wrong += [
                f"{where}: {name} {word}"
                for word in rest
                if word.startswith("--") and word.partition("=")[0] not in known
            ]
    assert not wrong


def test_every_key_of_run_json_is_documented(micro_run: RunReport) -> None:
    page = (ROOT / "docs" / "run-json.md").read_text(encoding="utf-8")
    missing = [key for key in micro_run.facts if not re.search(rf"`{key}[`.]", page)]
    missing += [key for key in micro_run.facts["evaluations"][0] if f"`{key}`" not in page]
    assert not missing


def test_every_file_of_a_run_is_documented(micro_run: RunReport) -> None:
    page = (ROOT / "docs" / "run-json.md").read_text(encoding="utf-8")
    assert not [path.name for path in micro_run.folder.iterdir() if path.name not in page]
    for name in ("left_out.tsv", "pairs.tsv"):
        header = (micro_run.folder / name).read_text(encoding="utf-8").splitlines()[0]
        section = page.partition(f"## {name}")[2].partition("\n## ")[0]
        assert re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE) == header.split("\t")


def test_the_number_of_recipes_is_that_of_the_built_in_ones() -> None:
    count = len([path for path in (ROOT / "recipes").iterdir() if path.name[0] not in "._"])
    assert f"{count} recipes" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_citation_has_what_is_needed_and_the_right_version() -> None:
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {"cff-version", "message", "title", "authors"} <= set(cited)
    assert cited["version"] == project["version"] and cited["license"] == project["license"]
    assert all({"name"} <= set(author) for author in cited["authors"])


def test_workflows_are_yaml_and_run_what_is_there() -> None:
    workflows = list((ROOT / ".github" / "workflows").glob("*.yml"))
    assert workflows
    for path in workflows:
        flow = yaml.safe_load(path.read_text(encoding="utf-8"))
        steps = [step for job in flow["jobs"].values() for step in job["steps"]]
        commands = [step["run"] for step in steps if "run" in step]
        assert all(("run" in step) != ("uses" in step) for step in steps)
        for command in commands:
            script = command.split()[0]
            assert "/" not in script or (ROOT / script).is_file(), script


@pytest.mark.skipif(find_spec("mkdocs") is None, reason="needs the extra docs")
def test_the_site_builds_strictly_and_loads_nothing_from_the_network(tmp_path: Path) -> None:
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", tmp_path],
        cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert built.returncode == 0, built.stdout + built.stderr
    pages = list(tmp_path.rglob("*.html"))
    assert len(pages) > 25
    loaded = re.compile(
        r"<(?:script|img|iframe|source|video|audio)\b[^>]*\bsrc=[\"']?(?:https?:)?//[^>]*>"
        r"|<link\b[^>]*\bhref=[\"']?(?:https?:)?//[^>]*>"
    )
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert not loaded.findall(text), page
        # The theme would ask GitHub for the stars of a repository that it knows.
        assert 'data-md-component="source"' not in text
    for style in tmp_path.rglob("*.css"):
        assert not re.search(r"url\([\"']?(https?:)?//", style.read_text(encoding="utf-8")), style
    assert (tmp_path / "search" / "search_index.js").is_file(), "search needs it from file://"
