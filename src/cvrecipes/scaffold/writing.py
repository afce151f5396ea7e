"""Folders that are there whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from cvrecipes.errors import UsageError


def check_free(folder: Path) -> None:
    """Refuse a folder that is there.

    Raises:
        UsageError: it is; nothing of it is changed.
    """
    if os.path.lexists(folder):
        raise UsageError(
            "is there already and is not overwritten", where=folder, remedy="name another --out"
        )


def write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files below a new folder, which appears when all of them are written.

    Arguments:
        folder: must not be there; folders above it are made.
        files: contents by path, with ``/`` between its parts.

    Raises:
        UsageError: the folder is there, or the place cannot be written.
    """
    check_free(folder)
    above = folder.absolute().parent
    try:
        above.mkdir(parents=True, exist_ok=True)
        # Not where recipes are looked for: one level below, and named with a dot.
        place = Path(tempfile.mkdtemp(prefix=".cvrecipes-new-", dir=above))
    except OSError as error:
        raise UsageError(f"cannot be written ({error.strerror})", where=folder) from None
    try:
        new = place / folder.name
        for name, contents in files.items():
            path = new / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(contents)
        new.rename(folder)
    except OSError as error:
        raise UsageError(f"cannot be written ({error.strerror})", where=folder) from None
    finally:
        shutil.rmtree(place, ignore_errors=True)
