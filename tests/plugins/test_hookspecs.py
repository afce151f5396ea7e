"""The hooks: each is specified, documented with an example, and used."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cvrecipes import hookspecs
from cvrecipes.catalog import open_recipe
from cvrecipes.plugins import new_manager
from cvrecipes.recipe.code import load_module

pytestmark = pytest.mark.usefixtures("empty_folder")

ROOT = Path(__file__).parents[2]
HOOKS = {
    name: hook
    for name, hook in vars(hookspecs).items()
    if inspect.isfunction(hook) and hasattr(hook, f"{hookspecs.PROJECT}_spec")
}


@pytest.mark.parametrize("name", ["vocabulary_extras", "reason_to_leave_out", "register_recipes"])
def test_a_hook_has_a_specification(name: str) -> None:
    assert name in HOOKS
    assert hasattr(new_manager().hook, name)


def test_every_hook_has_a_docstring() -> None:
    assert len(HOOKS) >= 9
    assert [name for name, hook in HOOKS.items() if not inspect.getdoc(hook)] == []


def implemented(path: Path) -> set[str]:
    """Names of the functions of a file that are marked as hooks."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        and any("hookimpl" in ast.unparse(mark) for mark in node.decorator_list)
    }


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_has_a_user_in_this_repository(hook: str) -> None:
    code = [
        *(ROOT / "src" / "cvrecipes").rglob("*.py"),
        *(ROOT / "recipes").glob("*/hooks.py"),
        *(ROOT / "plugins").glob("*/src/**/*.py"),
    ]
    assert [path for path in code if hook in implemented(path)]


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_is_documented_with_when_it_fires_and_a_complete_example(
    tmp_path: Path, hook: str
) -> None:
    page = (ROOT / "docs" / "plugins.md").read_text(encoding="utf-8")
    _, found, rest = page.partition(f"\n### `{hook}`\n")
    section = rest.partition("\n### ")[0]
    assert found
    assert re.search(r"^Fires ", section, re.MULTILINE)
    examples = re.findall(r"^```python\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
    (tmp_path / "example.py").write_text(examples[-1], encoding="utf-8")
    module = load_module(tmp_path / "example.py")
    manager = new_manager([module], installed=False)
    assert hook in {caller.name for caller in manager.get_hookcallers(module) or ()}


def test_the_hooks_of_the_example_do_what_they_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(ROOT / "plugins" / "cvrecipes-example" / "src")
    import cvrecipes_example  # type: ignore[import-not-found]

    recipe, manager = open_recipe("lfn", new_manager([cvrecipes_example]))
    hooks = manager.hook
    clip = SimpleNamespace(columns={"up_votes": "1", "down_votes": "2"}, split="train")
    reasons = hooks.reason_to_leave_out(clip=clip, text="", recipe=recipe)
    assert reasons == ["more down votes than up votes"]
    clip.split = "test"
    assert hooks.reason_to_leave_out(clip=clip, text="", recipe=recipe) == []
    assert hooks.vocabulary_extras(recipe=recipe) == [["k", "q", "w", "y"]]
    arguments: dict[str, Any] = {}
    hooks.prepare_training(arguments=arguments, corpus=None, recipe=recipe)
    assert arguments == {"adam_beta2": 0.98}
    pairs = [SimpleNamespace(clip=x, reference="mar", hypothesis="mal") for x in ("a", "b")]
    report = SimpleNamespace(
        folder=tmp_path, pairs=pairs, score=SimpleNamespace(clip_wer=(0.0, 1.0))
    )
    hooks.run_finished(report=report, recipe=recipe)
    written = (tmp_path / "worst.tsv").read_text(encoding="utf-8")
    assert written == "1.00\tb\tmar\tmal\n0.00\ta\tmar\tmal\n"
