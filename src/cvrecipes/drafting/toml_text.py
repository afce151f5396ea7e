"""How a drafted recipe writes strings, code points and comments."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Iterator, Mapping


def quoted(text: str) -> str:
    """A TOML string."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def comment(text: str) -> Iterator[str]:
    """Comment lines of at most a hundred columns."""
    clean = "".join(c if c.isprintable() else f"U+{ord(c):04X}" for c in text)
    indent = clean[: len(clean) - len(clean.lstrip())]
    line = ""
    for word in clean.split():
        if line and len(line) + len(word) > 96:
            yield f"# {indent}{line}"
            line = ""
        line += f" {word}" if line else word
    yield f"# {indent}{line}"


def point(unit: str) -> str:
    """A sign with its code points; a mark is shown on a dotted circle."""
    points = " ".join(f"U+{ord(c):04X}" for c in unit)
    return f"{'◌' if unicodedata.category(unit[0])[0] == 'M' else ''}{unit} {points}"


def listed(counts: Mapping[str, int]) -> str:
    return ", ".join(
        f"{point(sign)} {times} times"
        for sign, times in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    )


def shown(words: Iterable[str]) -> str:
    return "as in " + " ".join(words)
