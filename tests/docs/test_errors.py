"""The pages that explain errors quote messages that the code has."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# What stands for a value in a quoted message, and what separates a message from its remedy.
VALUES = re.compile(
    r"\.\.\.|\b(?:xx|yy|de|train|dev|test|tsv|nan)\b|[\d.]+|'[^']*'|\([^)]*\)|[;,:]"
)
SHORTEST = 6  # shorter pieces are found in any code


@cache
def texts_of_the_code() -> str:
    """Every string of the package, a line each; values inside are left out."""
    texts: list[str] = []
    for path in sorted((ROOT / "src" / "cvrecipes").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                parts = [
                    part.value if isinstance(part, ast.Constant) else "\0" for part in node.values
                ]
                texts.append("".join(map(str, parts)))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                texts.append(node.value)
    return "\n".join(texts)


def quoted_messages() -> list[str]:
    """What the first columns of the tables of errors and warnings quote."""
    page = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    tables = page[page.index("## Common errors") :]
    rows = re.findall(r"^\| (`[^|]*) \|", tables, re.MULTILINE)
    return [message for row in rows for message in re.findall(r"`([^`]+)`", row)]


def test_the_page_quotes_many_messages() -> None:
    assert len(quoted_messages()) > 40


@pytest.mark.parametrize("message", quoted_messages())
def test_a_quoted_message_is_one_of_the_code(message: str) -> None:
    pieces = [piece.strip(" '") for piece in VALUES.split(message)]
    telling = [piece for piece in pieces if len(piece) > SHORTEST]
    assert telling, "nothing to search for"
    assert not [piece for piece in telling if piece not in texts_of_the_code()]
