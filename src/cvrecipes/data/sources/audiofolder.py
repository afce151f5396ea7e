"""Folders as the Hub's audiofolder has them: ``metadata.csv`` or ``metadata.jsonl``."""

from __future__ import annotations

from pathlib import Path

from cvrecipes.data.encoding import Encoding
from cvrecipes.data.sources.manifest import Part, release_of
from cvrecipes.data.sources.rows import SPLIT_NAMES
from cvrecipes.errors import UsageError
from cvrecipes.records import SPLITS, Release

_NAMES = ("metadata.csv", "metadata.jsonl", "metadata.tsv")


def open_audiofolder(where: str, locale: str, encoding: str | None = None) -> Release | None:
    """Open a folder with one metadata file for all splits, or one in the folder of each.

    In a metadata file at the top, the split is the column ``split``, or the folder in
    ``file_name``: ``train/0001.wav``.

    Raises:
        UsageError: nothing shows which row is train, dev or test.
        Failure: it cannot be read.
    """
    folder = Path(where).expanduser()
    if not folder.is_dir():
        return None
    top, text = _metadata(folder), Encoding(encoding, locale)
    if top is not None:
        part = Part(top, audiofolder=True, encoding=text)
        return release_of(locale, folder, folder, [part], "audiofolder")
    parts: dict[str, Part] = {}
    for path in sorted(folder.iterdir()):
        split = SPLIT_NAMES.get(path.name.lower())
        metadata = _metadata(path) if split and path.is_dir() else None
        if split is None or metadata is None:
            continue
        if split in parts:
            raise UsageError(
                f"has two folders for {split}: {parts[split].prefix} and {path.name}", where=folder
            )
        parts[split] = Part(metadata, split, path.name, True, text)
    if not any(split in parts for split in SPLITS):
        return None
    return release_of(locale, folder, folder, list(parts.values()), "audiofolder")


def _metadata(folder: Path) -> Path | None:
    files = [folder / name for name in _NAMES if (folder / name).is_file()]
    if len(files) > 1:
        names = " and ".join(path.name for path in files)
        raise UsageError(f"holds {names}", where=folder, remedy="keep one of them")
    return files[0] if files else None
