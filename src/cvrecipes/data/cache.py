"""What was read once need not be read again: normalized tables and looks at clips, in the cache.

An entry is used only when nothing it was made from has changed: files are told by path, size
and time of change, text by the recipe's hash and the code that normalizes. Recipes outside the
box are never remembered, because their code may change without a trace. What cannot be read or
written is made again, silently: the cache is a convenience.
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

_FORMAT = 2
# Bytes of the hash that is behind an entry's content.
_SEAL = 16
_MOST = 48
_META = b"cvrecipes"


def stamp(path: Path) -> list[Any]:
    """What tells that a file is the same as before."""
    found = path.stat()
    return [str(path.resolve()), found.st_size, changed(found)]


def changed(found: os.stat_result) -> int:
    """When a file was changed, in nanoseconds.

    Unpacking and copying set the time of its content to one long past; that of its entry in
    the folder cannot be set.
    """
    return max(found.st_mtime_ns, found.st_ctime_ns)


def text_key(recipe: Recipe, *more: Any) -> str | None:
    """The name under which text normalized by `recipe` is remembered; None when it is not.

    Arguments:
        more: whatever else decides the entry, as plain data.
    """
    if recipe.origin != BUILTIN:
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


def looks_key(folder: Path) -> str:
    """The name under which looks at the clips of a folder are remembered."""
    return _name("looks", [_FORMAT, __version__, str(folder.resolve())])


def recall(key: str | None) -> tuple[pa.Table, dict[str, Any]] | None:
    """The table and the plain data of an entry; None when there is none."""
    if key is None:
        return None
    path = cache_folder() / "tables" / f"{key}.arrow"
    try:
        with pa.memory_map(str(path)) as source:
            content = source.read_buffer()
        body = content.slice(0, max(0, content.size - _SEAL))
        # Arrow believes what it reads: a damaged file may end the process, or be other text.
        if _seal(body) != content.slice(body.size).to_pybytes():
            return None
        table = pa.ipc.open_file(body).read_all()
        with contextlib.suppress(OSError):
            os.utime(path)
        meta = json.loads((table.schema.metadata or {})[_META])
    except (OSError, pa.ArrowException, KeyError, ValueError):
        return None
    return table.replace_schema_metadata(None), meta


def remember(key: str | None, table: pa.Table, meta: Mapping[str, Any]) -> None:
    """Write an entry, and forget those that were not used for longest."""
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
        entries = sorted(folder.glob("*.arrow"), key=lambda path: path.stat().st_mtime)
        for old in entries[:-_MOST]:
            old.unlink(missing_ok=True)


def _seal(body: pa.Buffer) -> bytes:
    return hashlib.blake2b(memoryview(body), digest_size=_SEAL).digest()


def _name(kind: str, made_from: list[Any]) -> str:
    content = json.dumps(made_from, ensure_ascii=False, default=str).encode()
    return f"{kind}-{hashlib.sha256(content).hexdigest()[:32]}"
