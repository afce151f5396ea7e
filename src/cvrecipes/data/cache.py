"""Remembers normalized tables and inspected clips in the cache folder.

An entry is used only while all that it was made from is the same: path, size and time of change
of the files, the recipe's hash (which covers its steps.py), and the code that normalizes. Only
built-in recipes are remembered, if all their steps and parents are built in, too: the code of
others may change without a trace. An entry that cannot be read or written is no error: the table is
made again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pyarrow as pa

from cvrecipes import __version__
from cvrecipes.files import cache_folder
from cvrecipes.plugins import BUILTIN
from cvrecipes.recipe import Recipe

_FORMAT = 5
# Bytes of the hash that follows an entry's content.
_SEAL = 16
_META = b"cvrecipes"


def stamp(path: Path) -> list[Any]:
    """Path, size and time of change: a file with the same three is the same as before."""
    status = path.stat()
    return [str(path.resolve()), status.st_size, changed(status)]


def changed(status: os.stat_result) -> int:
    """When a file was changed, in nanoseconds.

    Unpacking and copying set ``st_mtime`` to a time long past; ``st_ctime`` cannot be set.
    """
    return max(status.st_mtime_ns, status.st_ctime_ns)


def text_key(recipe: Recipe, *more: Any) -> str | None:
    """The entry of text that `recipe` normalized; None when it is not to be remembered.

    Arguments:
        more: whatever else decides the entry, as plain data.
    """
    if not _all_built_in(recipe):
        return None
    code = Path(__file__).parents[1] / "text"
    try:
        numbers = version("num2words")
    except PackageNotFoundError:
        numbers = ""
    made_from = [
        _FORMAT,
        __version__,
        recipe.digest,
        numbers,
        [stamp(path) for path in sorted(code.glob("*.py"))],
        *more,
    ]
    return _name("rows", made_from)


def _all_built_in(recipe: Recipe) -> bool:
    """Whether no step, parent or other folder of a recipe is a plugin's or a user's."""
    places = {folder.resolve().parent for folder in (recipe.folder, *recipe.folders)}
    return recipe.origin == BUILTIN and not recipe.steps.owners and len(places) == 1


def clips_key(folder: Path) -> str:
    """The entry of the inspected clips of a folder."""
    return _name("clips", [_FORMAT, __version__, str(folder.resolve())])


def recall(key: str | None) -> tuple[pa.Table, dict[str, Any]] | None:
    """The table and the plain data of an entry; None when there is none."""
    if key is None:
        return None
    path = cache_folder() / "tables" / f"{key}.arrow"
    try:
        with pa.memory_map(str(path)) as source:
            content = source.read_buffer()
        body = content.slice(0, max(0, content.size - _SEAL))
        # Arrow checks nothing: a damaged file may crash the process, or read as other text.
        if _seal(body) != content.slice(body.size).to_pybytes():
            return None
        table = pa.ipc.open_file(body).read_all()
        with contextlib.suppress(OSError):
            os.utime(path)
        meta = json.loads((table.schema.metadata or {})[_META])
    except (OSError, pa.ArrowException, KeyError, ValueError):
        return None
    return table.replace_schema_metadata(None), meta


def remember(
    key: str | None, table: pa.Table, meta: Mapping[str, Any], *, entries: int = 48
) -> None:
    """Write an entry, and delete those that were not used for longest.

    Arguments:
        entries: so many entries are kept at most.
    """
    if key is None:
        return
    folder = cache_folder() / "tables"
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".", dir=folder)
        os.close(handle)
        temporary = Path(name)
        try:
            full = table.replace_schema_metadata({_META: json.dumps(meta).encode()})
            options = pa.ipc.IpcWriteOptions(compression="lz4")
            with (
                pa.OSFile(str(temporary), "wb") as sink,
                pa.ipc.new_file(sink, full.schema, options=options) as writer,
            ):
                writer.write_table(full)
            with pa.memory_map(str(temporary)) as source:
                seal = _seal(source.read_buffer())
            with temporary.open("ab") as file:
                file.write(seal)
            temporary.replace(folder / f"{key}.arrow")
        finally:
            temporary.unlink(missing_ok=True)
        written = sorted(folder.glob("*.arrow"), key=lambda path: path.stat().st_mtime)
        for old in written[:-entries]:
            old.unlink(missing_ok=True)


def _seal(body: pa.Buffer) -> bytes:
    return hashlib.blake2b(memoryview(body), digest_size=_SEAL).digest()


def _name(kind: str, made_from: list[Any]) -> str:
    content = json.dumps(made_from, ensure_ascii=False, default=str).encode()
    return f"{kind}-{hashlib.sha256(content).hexdigest()[:32]}"
