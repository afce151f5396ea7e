"""Golden pairs: raw text and what normalization must make of it."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cvrecipes.errors import Failure
from cvrecipes.recipe.toml_file import read_text

# An expected text that drops the inherited pair with the same raw text.
DROPPED = "!drop"
# A raw text that stands for every inherited pair.
ALL = "*"
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([tn\\]))")


@dataclass(frozen=True, slots=True)
class Golden:
    """A pair of raw and expected text; `expected` starting with ``!`` is a reason.

    Attributes:
        path: the golden.tsv that holds the pair, on `line`.
    """

    line: int
    raw: str
    expected: str
    note: str
    path: Path


def read_golden(path: Path) -> list[Golden]:
    r"""Read raw, expected and note; ``#`` starts a comment line, ``\uXXXX`` an escape.

    Raises:
        Failure: a line has fewer than two columns, or an escape above U+10FFFF.
    """
    if not path.exists():
        return []
    pairs: list[Golden] = []
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        line = line.removesuffix("\r")
        if not line.strip() or line.startswith("#"):
            continue
        columns = line.split("\t")
        if len(columns) < 2:
            raise Failure(
                "a golden pair needs raw and expected text, separated by a tab",
                where=path,
                line=number,
                remedy="this line has no tab; some editors write spaces instead",
            )
        for escape in _ESCAPE.finditer("\t".join(columns[:2])):
            if escape[2] and int(escape[2], 16) > sys.maxunicode:
                raise Failure(
                    f"{escape[0]} is no code point",
                    where=path,
                    line=number,
                    remedy="the last one is U+10FFFF",
                )
        note = columns[2] if len(columns) > 2 else ""
        pairs.append(Golden(number, _unescape(columns[0]), _unescape(columns[1]), note, path))
    return pairs


def inherited_pairs(paths: Sequence[Path]) -> list[Golden]:
    """The pairs of a recipe and of those that it builds on.

    Arguments:
        paths: golden.tsv of the recipe, then of each recipe below it, the nearest first.

    Returns:
        The recipe's own pairs, then those inherited. A pair with the raw text of a nearer
        one is not inherited. A line whose expected text is ``!drop`` is no pair: it drops the
            inherited pair with its raw text, or every inherited pair if its raw text is ``*``.

    Raises:
        Failure: a line cannot be read, or drops a pair that is not inherited.
    """
    levels = [read_golden(path) for path in paths]
    pairs: list[Golden] = []
    nearer: set[str] = set()
    for number, level in enumerate(levels):
        inherited = {pair.raw for rest in levels[number + 1 :] for pair in rest}
        for pair in level:
            if pair.expected != DROPPED:
                pairs += [pair] if pair.raw not in nearer else []
            elif pair.raw not in inherited and not (pair.raw == ALL and inherited):
                raise Failure(
                    f"{DROPPED} names no inherited pair: {pair.raw!r}",
                    where=pair.path,
                    line=pair.line,
                    remedy="the raw text must be the same, sign by sign; or delete the line",
                )
        nearer.update(pair.raw for pair in level)
        if any((pair.raw, pair.expected) == (ALL, DROPPED) for pair in level):
            break
    return pairs


def escaped(text: str) -> str:
    """Text as golden.tsv holds it: what is invisible by its code point."""

    def escape(character: str) -> str:
        if character == "\\":
            return "\\\\"
        if character == " " or (character.isprintable() and not character.isspace()):
            return character
        point = ord(character)
        return f"\\u{point:04X}" if point < 0x10000 else f"\\U{point:08X}"

    written = "".join(map(escape, text))
    return "\\u0023" + written[1:] if written.startswith("#") else written


def _unescape(text: str) -> str:
    def character(match: re.Match[str]) -> str:
        if match[3]:
            return {"t": "\t", "n": "\n", "\\": "\\"}[match[3]]
        return chr(int(match[1] or match[2], 16))

    return _ESCAPE.sub(character, text)
