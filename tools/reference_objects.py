"""docs/reference/hooks.md: every hook, and the objects that hooks are given."""

from __future__ import annotations

import ast
import inspect
import re
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import get_type_hints

from cvrecipes import hookspecs, records
from cvrecipes.recipe import Recipe

_MADE = "<!-- Made by tools/generate_reference.py; change the code, not this file. -->"
_OBJECTS = (
    records.Release,
    records.Table,
    records.Clip,
    records.Corpus,
    Recipe,
    records.RunReport,
    records.Score,
    records.Rate,
    records.Pair,
    records.Alignment,
    records.Operation,
)
_ATTRIBUTE = re.compile(r"^(\w+(?:, \w+)*): (.*(?:\n +.*)*)", re.MULTILINE)


def _markdown(text: str) -> str:
    """A docstring as Markdown: one backtick for code, and no line broken twice."""
    return text.replace("``", "`")


def _described(kind: type) -> dict[str, str]:
    """What the docstring says of each attribute."""
    doc = inspect.getdoc(kind) or ""
    _, _, listed = doc.partition("Attributes:\n")
    listed = inspect.cleandoc("\n" + listed.split("\n\n")[0])
    return {
        name: _markdown(" ".join(found[2].split()))
        for found in _ATTRIBUTE.finditer(listed)
        for name in found[1].split(", ")
    }


def _fields(kind: type) -> list[tuple[str, str]]:
    """Names and annotations of the fields of a dataclass or of a named tuple."""
    if is_dataclass(kind):
        found = [(one.name, str(one.type)) for one in fields(kind)]
    else:
        hints = get_type_hints(kind)
        found = [(name, hints[name].__name__) for name in kind._fields]
    return [(name, annotation.replace("|", "\\|")) for name, annotation in found]


def _object(kind: type) -> str:
    first = _markdown((inspect.getdoc(kind) or "").split("\n")[0])
    meanings = _described(kind)
    rows = ["| attribute | type | meaning |", "|---|---|---|"]
    for name, annotation in _fields(kind):
        rows.append(f"| `{name}` | `{annotation}` | {meanings.get(name, '')} |")
    for name, value in vars(kind).items():
        if isinstance(value, property) and not name.startswith("_"):
            annotation = str(inspect.signature(value.fget).return_annotation)
            doc = _markdown((inspect.getdoc(value) or "").split("\n")[0])
            rows.append(f"| `{name}` | `{annotation}` | {doc} |")
    return f"### {kind.__name__}\n\n{first}\n\n" + "\n".join(rows)


def _hook(function: ast.FunctionDef) -> str:
    returns = ast.unparse(function.returns) if function.returns else "None"
    signature = f"def {function.name}({ast.unparse(function.args)}) -> {returns}: ..."
    first = "firstresult=True" in ast.unparse(function.decorator_list[0])
    many = "" if returns == "None" else "All answers of all plugins are used."
    answers = "The first answer that is not None counts." if first else many
    doc = _markdown(ast.get_docstring(function) or "")
    parts = [f"### `{function.name}`", f"```python\n{signature}\n```", doc, answers]
    parts.append(f"[Example](../plugins.md#{function.name})")
    return "\n\n".join(part for part in parts if part)


def hooks() -> str:
    """The page."""
    source = Path(hookspecs.__file__).read_text(encoding="utf-8")
    specified = [
        node
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef) and node.decorator_list
    ]
    parts = [
        "# Hooks",
        _MADE,
        "Each hook with its signature, as the code has it. An implementation may take fewer\n"
        "arguments. How to write and package one is in [Plugins](../plugins.md).",
        "## The hooks",
        *(_hook(function) for function in specified),
        "## The objects",
        "All are frozen. Durations are seconds, rates are fractions.",
        *(_object(kind) for kind in _OBJECTS),
    ]
    return "\n\n".join(parts) + "\n"
