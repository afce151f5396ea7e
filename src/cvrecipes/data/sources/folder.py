"""A Common Voice release, unpacked: every release of read speech from 1 on."""

from __future__ import annotations

import re
from pathlib import Path

from cvrecipes.data.encoding import Encoding
from cvrecipes.data.sources.naming import release_order, version_of
from cvrecipes.data.tsv import tsv_reader
from cvrecipes.errors import UsageError
from cvrecipes.records import SPLITS, Release

TABLES = (*SPLITS, "validated", "other", "invalidated", "reported")
_LISTED = ", ".join(f"{split}.tsv" for split in SPLITS)


def sample_folder() -> Path:
    """The release folder of the built-in sample."""
    return Path(__file__).parents[2] / "builtin" / "cv-corpus-sample"


def open_folder(where: str, locale: str, encoding: str | None = None) -> Release:
    """Open ``cv-corpus-*/<locale>`` or the folder above it; the last source that is asked.

    Raises:
        UsageError: it is not there, holds no TSVs, or is of another locale.
    """
    folder = Path(where).expanduser()
    if not folder.exists():
        # A release's folder has dots in its name, too.
        kind = (
            "file" if re.search(r"\.(t?gz|tar|zip|\w*json\w?|[ct]sv)$", folder.name) else "folder"
        )
        raise UsageError(f"there is no such {kind}", where=folder)
    if not folder.is_dir():
        raise UsageError(
            "is a file, but neither an archive nor a manifest",
            where=folder,
            remedy="give a release folder, an archive (.tar.gz, .tgz, .tar, .zip), "
            "or a manifest (.jsonl, .csv, .tsv)",
        )
    if not tables_in(folder):
        _refuse_first_corpus(folder)
        inner = folder / locale
        if inner.is_dir():
            folder = inner
        else:
            raise UsageError(_nothing(folder, locale), where=folder, remedy=_hint(folder))
    tables = tables_in(folder)
    if not tables:
        _refuse_first_corpus(folder)
        raise UsageError(
            f"holds none of {_LISTED}",
            where=folder,
            remedy="is this an unpacked Common Voice release?",
        )
    locale_inside = _locale_inside(tables, encoding)
    if locale_inside is not None and locale_inside.lower() != locale.lower():
        raise UsageError(
            f"is a release of {locale_inside}, not of {locale}",
            where=folder,
            remedy=f"give the locale {locale_inside}, or the folder of {locale}",
        )
    builtin = folder.resolve().parent == sample_folder().resolve()
    return Release(
        locale,
        version_of(folder),
        folder,
        tables,
        tsv_reader(tables, Encoding(encoding, locale)),
        builtin=builtin,
        common_voice=True,
        encoding=encoding,
    )


def tables_in(folder: Path) -> dict[str, Path]:
    """The TSVs of clips in a folder, by the table's name; those of the splits first."""
    paths = {name: folder / f"{name}.tsv" for name in TABLES}
    return {name: path for name, path in paths.items() if path.is_file()}


def _locale_inside(tables: dict[str, Path], encoding: str | None) -> str | None:
    """The locale column of the first row; None when there is none (releases 1 to 3)."""
    for name, path in tables.items():
        # A report tells the locale of its sentence, with other names in old releases.
        if name == "reported":
            continue
        with path.open(encoding=encoding or "utf-8-sig", errors="replace", newline="\n") as lines:
            header = lines.readline().rstrip("\r\n").split("\t")
            row = lines.readline().rstrip("\r\n").split("\t")
        if "locale" in header and len(row) == len(header):
            value = row[header.index("locale")]
            if value:
                return value
    return None


def _refuse_first_corpus(folder: Path) -> None:
    if any(folder.glob("cv-valid-*.csv")) or any(folder.glob("*/cv-valid-*.csv")):
        raise UsageError(
            "is the English corpus of 2017 (cv-valid-*.csv), which names no speakers and is "
            "not supported",
            where=folder,
            remedy="use a release from 2019 on: https://mozilladatacollective.com",
        )


def _nothing(folder: Path, locale: str) -> str:
    others = [p.name for p in sorted(folder.iterdir()) if p.is_dir() and tables_in(p)]
    if others:
        return f"holds no release of {locale}, only of {', '.join(others[:8])}"
    return f"holds no TSVs and no folder {locale}"


def _hint(folder: Path) -> str:
    inside = [p for p in folder.glob("cv-corpus-*") if p.is_dir()]
    if inside:
        return f"did you mean {max(inside, key=lambda path: release_order(path.name))}?"
    return "give the folder cv-corpus-*/LOCALE, or the one above it"
