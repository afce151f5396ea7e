"""Names of releases: which is newer, and what a folder is a release of."""

from __future__ import annotations

import re
from pathlib import Path

CORPORA = ("cv-corpus", "sps-corpus")
UNKNOWN = "unknown"
# sps-corpus-1.0-2025-09-05-tr: the locale is the last part, and may hold hyphens itself.
_SPONTANEOUS = re.compile(r"(sps-corpus-\d[\d.]*(?:-delta)?-\d{4}-\d{2}-\d{2})-(.+)")


def release_order(name: str) -> list[tuple[int, str]]:
    """Numbers in a release's name compare as numbers: 9.0 comes before 25.0."""
    parts = re.split(r"(\d+)", name)
    return [(int(part), "") if part.isdigit() else (0, part) for part in parts]


def version_of(folder: Path) -> str:
    """The release's name: its ``cv-corpus-*`` folder's; else that it is unknown, and where."""
    full = folder.resolve()
    for candidate in (full.parent, full):
        if candidate.name.startswith(CORPORA):
            return candidate.name
    return f"{UNKNOWN} ({last_parts(full)})"


def last_parts(path: Path) -> str:
    """The last two parts of a path: the name of what has no other."""
    return "/".join(path.resolve().parts[-2:])


def spontaneous_name(name: str) -> tuple[str, str] | None:
    """Version and locale in the name of a folder of spontaneous speech."""
    match = _SPONTANEOUS.fullmatch(name)
    return (match[1], match[2]) if match else None
