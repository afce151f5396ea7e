"""Imports go down only, by the table of docs/dev/design.md."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "cvrecipes"
HEAVY = {"torch", "transformers", "datasets", "torchaudio"}
LOADS_TENSORS = {"training/trainer.py", "training/callbacks.py"}


@dataclass(frozen=True)
class Import:
    """An import of one module by another; `inside` a function or not."""

    path: Path
    line: int
    module: str
    inside: bool

    def __str__(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.line} imports {self.module}"


@cache
def floors() -> dict[str, int]:
    """Floor of each top module or package, from the table."""
    text = (ROOT / "docs" / "dev" / "design.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| (.*) \|$", text, re.MULTILINE)
    return {name: int(floor) for floor, names in rows for name in re.findall(r"`(\w+)`", names)}


def files() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def name_of(path: Path) -> str:
    """Dotted name of a file's module."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def modules() -> frozenset[str]:
    return frozenset(name_of(path) for path in files())


def unit(module: str) -> str:
    """What the table knows a module by: ``scoring`` for ``cvrecipes.scoring.rates``."""
    return [*module.split("."), ""][1]


def imports_of(path: Path) -> Iterator[Import]:
    """Every import that runs; those for type checkers do not."""

    def walk(node: ast.AST, inside: bool) -> Iterator[Import]:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            for child in node.orelse:
                yield from walk(child, inside)
            return
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(path, node.lineno, alias.name, inside)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0 and node.module, f"{path}:{node.lineno}: relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            for module in dict.fromkeys(n if n in modules() else node.module for n in names):
                yield Import(path, node.lineno, module, inside)
        inside |= isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for child in ast.iter_child_nodes(node):
            yield from walk(child, inside)

    yield from walk(ast.parse(path.read_text(encoding="utf-8")), False)


def own_imports() -> Iterator[Import]:
    """Imports of our modules by our modules; ``__version__`` of the root has no floor."""
    for path in files():
        for one in imports_of(path):
            if one.module.startswith("cvrecipes."):
                assert one.module in modules(), f"{one}, which is not there"
                yield one


def test_every_module_has_a_floor_and_every_floor_its_modules() -> None:
    assert {unit(module) for module in modules()} - {""} == set(floors())


def test_imports_go_to_lower_floors_only() -> None:
    wrong = [
        f"{one} (floor {floors()[here]} to {floors()[there]})"
        for one in own_imports()
        if (here := unit(name_of(one.path))) and here != (there := unit(one.module))
        if floors()[there] >= floors()[here]
    ]
    assert wrong == []


def test_no_module_imports_itself_in_a_circle() -> None:
    graph: dict[str, set[str]] = {module: set() for module in modules()}
    for one in own_imports():
        graph[name_of(one.path)].add(one.module)
    order = list(TopologicalSorter(graph).static_order())  # raises CycleError
    assert len(order) == len(modules())


def test_tensors_are_imported_inside_functions_only() -> None:
    wrong = [
        str(one)
        for path in files()
        if path.relative_to(PACKAGE).as_posix() not in LOADS_TENSORS
        for one in imports_of(path)
        if one.module.split(".")[0] in HEAVY and not one.inside
    ]
    assert wrong == []


def test_modules_that_load_tensors_are_imported_inside_functions_only() -> None:
    loading = {name_of(PACKAGE / path) for path in LOADS_TENSORS}
    assert [
        str(one)
        for one in own_imports()
        if one.module in loading
        and not one.inside
        and one.path.relative_to(PACKAGE).as_posix() not in LOADS_TENSORS
    ] == []
