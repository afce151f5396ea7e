"""Datasets of the Hugging Face Hub, and local folders that ``datasets`` can load.

Nothing is decoded: the audio files inside are written into the cache as they are.
"""

from __future__ import annotations

import errno
import hashlib
import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from cvrecipes.console import progress
from cvrecipes.data.sources.naming import last_parts
from cvrecipes.errors import Failure, UsageError
from cvrecipes.files import cache_folder
from cvrecipes.records import Release, Table

if TYPE_CHECKING:
    import pyarrow as pa

_SCHEME = "hf:"
_SPLITS = {
    "train": "train", "validation": "dev", "dev": "dev", "valid": "dev", "test": "test",
    "validated": "validated", "other": "other", "invalidated": "invalidated",
}  # fmt: skip
_TEXT = ("sentence", "text", "transcription", "transcript", "normalized_text")
_SPEAKER = ("client_id", "speaker_id", "speaker")
_OURS = ("path", "sentence", "client_id", "seconds", "line")
_MAGIC = {b"RIFF": ".wav", b"fLaC": ".flac", b"OggS": ".ogg", b"ID3": ".mp3"}
_BATCH = 64


def open_hub(where: str, locale: str) -> Release | None:
    """Open ``hf:owner/name``, ``hf:owner/name:config`` or ``hf:/a/local/folder``.

    Raises:
        UsageError: there is no such dataset, or it lacks splits, text or audio.
        Failure: it cannot be downloaded.
    """
    if not where.startswith(_SCHEME):
        return None
    name, config = _parsed(where)
    splits = _load(where, name, config)
    named = {_SPLITS[split]: data for split, data in splits.items() if split in _SPLITS}
    if not any(split in named for split in ("train", "test")):
        raise UsageError(
            f"has no split train or test, only {', '.join(splits)}",
            where=where,
            remedy="make a manifest of it",
        )
    reader = _Reader(where, f"{name}:{config}" if config else name, named)
    local = Path(name).expanduser()
    version = last_parts(local) if local.exists() else where
    return Release(
        locale,
        f"{version}@{reader.mark}",
        reader.folder,
        reader.tables,
        reader.read,
        audio=reader.folder,
        source="hub",
    )


def _parsed(where: str) -> tuple[str, str | None]:
    """Name and configuration; a colon in front of a path, as in ``C:/x``, is none of ours."""
    rest = where.removeprefix(_SCHEME)
    name, _, config = rest.rpartition(":")
    if not name or len(name) == 1 or re.search(r"[/\\]", config):
        name, config = rest, ""
    if not name:
        raise UsageError("names no dataset", where=where, remedy="write hf:owner/name")
    return name, config or None


def _load(where: str, name: str, config: str | None) -> Mapping[str, Any]:
    import datasets

    path = Path(name).expanduser()
    try:
        loaded = datasets.load_dataset(str(path) if path.exists() else name, config)
    except KeyboardInterrupt:
        raise
    except Exception as error:  # datasets raises errors of five libraries here
        raise _explained(where, error) from None
    return dict(loaded)


def _explained(where: str, error: Exception) -> UsageError | Failure:
    name, text = type(error).__name__, " ".join(str(error).split())
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return Failure("the disk is full", where=where, remedy="free some space, or set HF_HOME")
    if name in ("DatasetNotFoundError", "RepositoryNotFoundError", "FileNotFoundError"):
        if "gated" in text:
            return UsageError(
                "is gated",
                where=where,
                remedy="accept its terms on its page on the Hub, then: hf auth login",
            )
        return UsageError(
            "there is no such dataset", where=where, remedy="or log in: hf auth login"
        )
    if "scripts are no longer supported" in text:
        return UsageError(
            "is loaded by a script of its own, which is never run",
            where=where,
            remedy="use a copy of it in parquet",
        )
    if name == "ValueError" and "onfig" in text:
        return UsageError(f"{text[:300]}", where=where, remedy="write hf:owner/name:CONFIG")
    offline = isinstance(error, (ConnectionError, TimeoutError)) or "ffline" in name + text
    if offline or "Connect" in name or "Timeout" in name or "reach" in text:
        return Failure(
            "cannot be reached, and is not in the cache of datasets",
            where=where,
            remedy="connect to the network, and unset HF_HUB_OFFLINE",
        )
    return Failure(f"cannot be loaded ({name}: {text[:200]})", where=where)


class _Reader:
    """Splits as tables; the audio of each is written once, when the split is asked for."""

    def __init__(self, where: str, name: str, splits: Mapping[str, Any]) -> None:
        self.where, self.splits = where, splits
        # A fingerprint of datasets changes with the files and with how they are read.
        prints = " ".join(f"{key} {data._fingerprint}" for key, data in sorted(splits.items()))
        self.mark = hashlib.sha256(prints.encode()).hexdigest()[:8]
        slug = re.sub(r"[^\w.-]+", "-", name).strip("-")[-80:]
        self.folder = cache_folder() / "hub" / f"{slug}-{self.mark}"
        self.tables = {split: self.folder / f"{split}.parquet" for split in splits}
        first = next(iter(splits.values()))
        self.text = self._column(first, _TEXT, "text")
        self.audio = self._audio(first)

    def read(self, split: str) -> Table:
        """A table by its name.

        Raises:
            Failure: the disk is too small.
        """
        import pyarrow.parquet as pq

        path = self.tables[split]
        if not path.is_file():
            try:
                self._write(split, path)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
                raise Failure(
                    "the disk is full",
                    where=self.folder,
                    remedy="set CVRECIPES_CACHE to a folder on a larger disk",
                ) from None
        rows = pq.read_table(path).combine_chunks()
        return Table(rows, (), rows.num_rows)

    def _write(self, split: str, path: Path) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        data = self.splits[split]
        (self.folder / split).mkdir(parents=True, exist_ok=True)
        tables: list[pa.Table] = []
        taken: dict[str, int] = {}
        with progress(f"writing audio of {split}", len(data)) as advance:
            for batch in data.with_format("arrow").iter(batch_size=_BATCH):
                done = sum(table.num_rows for table in tables)
                tables.append(self._batch(split, batch, done, taken))
                advance(batch.num_rows)
        whole = pa.concat_tables(tables, promote_options="default") if tables else _empty()
        part = path.with_suffix(".part")
        pq.write_table(whole, part)
        part.replace(path)

    def _batch(self, split: str, batch: pa.Table, done: int, taken: dict[str, int]) -> pa.Table:
        import pyarrow as pa

        paths = [
            self._file(split, value, done + place, taken)
            for place, value in enumerate(batch[self.audio].to_pylist())
        ]
        columns: dict[str, pa.Array] = {
            "path": pa.array(paths, pa.string()),
            "sentence": pa.array(_strings(batch[self.text]), pa.string()),
        }
        speaker = next((name for name in _SPEAKER if name in batch.column_names), None)
        if speaker:
            columns["client_id"] = pa.array(_strings(batch[speaker]), pa.string())
        for name in batch.column_names:
            if name in (self.text, self.audio, speaker) or pa.types.is_nested(batch[name].type):
                continue
            other = f"{name}_" if name in _OURS else name
            columns[other] = pa.array(_strings(batch[name]), pa.string())
        lines = range(done + 1, done + 1 + batch.num_rows)
        return pa.table({**columns, "line": pa.array(lines, pa.int64())})

    def _file(self, split: str, audio: Any, place: int, taken: dict[str, int]) -> str:
        """Where the audio of a row is: in the cache, or where the dataset has it."""
        content = audio.get("bytes") if isinstance(audio, dict) else None
        named = (audio.get("path") if isinstance(audio, dict) else audio) or ""
        if content is None:
            return str(named)
        name = PurePosixPath(str(named).replace("\\", "/")).name
        ending = PurePosixPath(name).suffix or _ending(content)
        if not name or name in taken:
            name = f"{hashlib.sha256(content).hexdigest()[:24]}{ending}"
        taken[name] = place
        path = self.folder / split / name
        if not (path.is_file() and path.stat().st_size == len(content)):
            path.write_bytes(content)
        return f"{split}/{name}"

    def _column(self, data: Any, names: tuple[str, ...], what: str) -> str:
        for name in names:
            if name in data.column_names:
                return name
        raise UsageError(
            f"has no column of the {what} ({', '.join(names)})",
            where=self.where,
            remedy=f"it has: {', '.join(data.column_names)}",
        )

    def _audio(self, data: Any) -> str:
        """The column of audio, by its type, or by its name."""
        for name, feature in data.features.items():
            if type(feature).__name__ == "Audio":
                return str(name)
        return self._column(data, ("audio", "file", "path", "file_name"), "audio")


def _ending(content: bytes) -> str:
    for magic, ending in _MAGIC.items():
        if content.startswith(magic):
            return ending
    return ".mp3" if content[:1] == b"\xff" else ".wav"


def _strings(column: Any) -> list[str]:
    return ["" if value is None else str(value) for value in column.to_pylist()]


def _empty() -> pa.Table:
    import pyarrow as pa

    strings = {name: pa.array([], pa.string()) for name in ("path", "sentence", "client_id")}
    return pa.table({**strings, "line": pa.array([], pa.int64())})
