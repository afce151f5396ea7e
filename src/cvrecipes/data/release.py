"""Finding a Common Voice release on disk; nothing in it is ever written."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pluggy

from cvrecipes.errors import UsageError
from cvrecipes.records import SPLITS, Release

SAMPLE_LOCALE = "tr"
ENVIRONMENT = "CVRECIPES_DATA"


def sample_folder() -> Path:
    """The release folder of the built-in sample."""
    return Path(__file__).parents[1] / "builtin" / "cv-corpus-sample"


def find_data(locale: str, where: str | None) -> str:
    """What to open when the user did not say, in the documented order.

    Raises:
        UsageError: there is nothing for `locale`.
    """
    if where:
        return where
    if os.environ.get(ENVIRONMENT):
        return os.environ[ENVIRONMENT]
    here = [path for path in Path().glob("cv-corpus-*") if (path / locale).is_dir()]
    if here:
        return str(max(here, key=_release_order))
    if (sample_folder() / locale).is_dir():
        return str(sample_folder())
    raise UsageError(
        f"no Common Voice release of {locale} found",
        remedy=f"give one with --data cv-corpus-.../{locale} or {ENVIRONMENT}; "
        "releases: https://mozilladatacollective.com",
    )


def _release_order(folder: Path) -> list[tuple[int, str]]:
    """Numbers in a release's name compare as numbers: 9.0 comes before 25.0."""
    parts = re.split(r"(\d+)", folder.name)
    return [(int(part), "") if part.isdigit() else (0, part) for part in parts]


def open_release(where: str, locale: str, hooks: pluggy.PluginManager | None = None) -> Release:
    """Open what the user gave as ``--data``: plugins' sources first, then a folder.

    Raises:
        UsageError: it is not there, holds no TSVs, or is of another locale.
    """
    if hooks is not None:
        openers: list[tuple[str, object]] = []
        hooks.hook.register_sources(register=lambda name, opener: openers.append((name, opener)))
        for _, opener in openers:
            release = opener(where, locale)  # type: ignore[operator]
            if release is not None:
                return release  # type: ignore[no-any-return]
    return open_folder(where, locale)


def open_folder(where: str, locale: str) -> Release:
    """Open ``cv-corpus-*/<locale>`` or the folder above it.

    Raises:
        UsageError: see `open_release`.
    """
    folder = Path(where).expanduser()
    if not folder.exists():
        raise UsageError("there is no such folder", where=folder)
    if folder.is_file():
        raise UsageError(
            "is a file, not a release folder", where=folder, remedy="unpack the archive first"
        )
    if not _tables(folder):
        inner = folder / locale
        if inner.is_dir():
            folder = inner
        else:
            raise UsageError(_nothing(folder, locale), where=folder, remedy=_hint(folder))
    tables = _tables(folder)
    if not tables:
        raise UsageError(
            "holds none of train.tsv, dev.tsv, test.tsv",
            where=folder,
            remedy="is this an unpacked Common Voice release?",
        )
    found = _locale_inside(tables)
    if found is not None and found.lower() != locale.lower():
        raise UsageError(
            f"is a release of {found}, not of {locale}",
            where=folder,
            remedy=f"run: cvrecipes run {found} --data {folder}",
        )
    if not (folder / "clips").is_dir():
        raise UsageError(
            "has no clips folder", where=folder, remedy="unpack the whole release archive"
        )
    builtin = folder.resolve().parent == sample_folder().resolve()
    return Release(locale, _version(folder), folder, tables, builtin)


def _version(folder: Path) -> str:
    """The release's name: its ``cv-corpus-*`` folder's, or else the folder's own."""
    full = folder.resolve()
    for candidate in (full.parent, full):
        if candidate.name.startswith(("cv-corpus", "sps-corpus")):
            return candidate.name
    return full.name


def _tables(folder: Path) -> dict[str, Path]:
    return {
        split: folder / f"{split}.tsv" for split in SPLITS if (folder / f"{split}.tsv").is_file()
    }


def _locale_inside(tables: dict[str, Path]) -> str | None:
    """The locale column of the first row; None when there is none (releases 1 to 3)."""
    for path in tables.values():
        with path.open(encoding="utf-8-sig", errors="replace", newline="\n") as lines:
            header = lines.readline().rstrip("\r\n").split("\t")
            row = lines.readline().rstrip("\r\n").split("\t")
        if "locale" in header and len(row) == len(header):
            value = row[header.index("locale")]
            if value:
                return value
    return None


def _nothing(folder: Path, locale: str) -> str:
    others = [p.name for p in sorted(folder.iterdir()) if p.is_dir() and _tables(p)]
    if others:
        return f"holds no release of {locale}, only of {', '.join(others[:8])}"
    return f"holds no TSVs and no folder {locale}"


def _hint(folder: Path) -> str:
    inside = [p for p in folder.glob("cv-corpus-*") if p.is_dir()]
    if inside:
        return f"did you mean {max(inside, key=_release_order)}?"
    return "give the folder cv-corpus-*/LOCALE, or the one above it"
