"""Writing files whole or not at all; the cache and the user's folders; space on the disk."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import platformdirs

from cvrecipes.errors import Failure, UsageError

CACHE = "CVRECIPES_CACHE"
_GB = 1e9


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary name beside `path` that becomes `path` when the block succeeds.

    Raises:
        Failure: the disk is full or the folder cannot be written.
    """
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        os.close(handle)
        temporary = Path(name)
        yield temporary
        temporary.chmod(0o644)
        temporary.replace(path)
    except OSError as error:
        raise Failure(f"cannot be written ({error.strerror or error})", where=path) from None
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: Path, value: Any) -> None:
    """Write JSON whole or not at all."""
    write_text(path, json.dumps(value, ensure_ascii=False, indent=1) + "\n")


def read_json(path: Path) -> Any:
    """Read JSON.

    Raises:
        Failure: it is missing or not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Failure(f"cannot be read ({error.strerror})", where=path) from None
    except ValueError as error:
        raise Failure(f"is not JSON ({error})", where=path) from None


def check_free(folder: Path) -> None:
    """Refuse a folder that exists.

    Raises:
        UsageError: the folder exists; nothing in it is changed.
    """
    if os.path.lexists(folder):
        raise UsageError(
            "is there already and is not overwritten", where=folder, remedy="name another --out"
        )


def write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files below a new folder, which appears only when all of them are written.

    Arguments:
        folder: must not exist; folders above it are created.
        files: contents by path, with ``/`` between its parts.

    Raises:
        UsageError: the folder exists, or cannot be written.
    """
    check_free(folder)
    above = folder.absolute().parent
    try:
        above.mkdir(parents=True, exist_ok=True)
        # The name starts with a dot, so that no search for recipes finds the folder.
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


def existing(place: Path) -> Path:
    """The folder itself, or the nearest one above it that exists."""
    place = place.absolute()
    while not place.exists():
        place = place.parent
    return place


def check_room(place: Path, needed: float, what: str, *, remedy: str) -> None:
    """Refuse work that needs more space than the disk has.

    Arguments:
        place: where files will be written; need not exist yet.
        needed: bytes.
        what: subject and verb of the message, such as ``the run needs about``.
        remedy: what to do about it.

    Raises:
        Failure: the disk has less free space.
    """
    place = existing(place)
    free = shutil.disk_usage(place).free
    if free < needed:
        raise Failure(
            f"{free / _GB:.1f} GB are free, {what} {max(needed / _GB, 0.1):.1f} GB",
            where=place,
            remedy=remedy,
        )


def cache_folder() -> Path:
    """The folder of all that can be created again: downloads, unpacked archives, tables as read.

    ``CVRECIPES_CACHE``, or the system's place for caches (``~/.cache/cvrecipes`` on Linux).
    Nothing is created here.
    """
    named = os.environ.get(CACHE)
    if named:
        return Path(named).expanduser()
    return Path(platformdirs.user_cache_dir("cvrecipes", appauthor=False))


def own_recipes() -> Path:
    """The user's recipe folders, found from every working directory.

    ``recipes`` in the system's place for user data (``~/.local/share/cvrecipes`` on Linux).
    """
    return Path(platformdirs.user_data_dir("cvrecipes", appauthor=False)) / "recipes"
