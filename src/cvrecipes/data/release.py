"""Finding and opening the data; nothing in it is ever written."""

from __future__ import annotations

import inspect
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pluggy

from cvrecipes.data import sources
from cvrecipes.data.encoding import known
from cvrecipes.data.sources.folder import sample_folder
from cvrecipes.data.sources.naming import release_order, spontaneous_name
from cvrecipes.errors import UsageError
from cvrecipes.records import Release

__all__ = ["SAMPLE_LOCALE", "find_data", "no_table", "open_release", "sample_folder"]

SAMPLE_LOCALE = "tr"
ENVIRONMENT = "CVRECIPES_DATA"


def find_data(locale: str, where: str | None) -> str:
    """The data to open when the user gave none, in the documented order.

    ``CVRECIPES_DATA``; then what lies in the working directory: ``cv-corpus-*`` folders, then
    archives, then the same of spontaneous speech, of each the newest release; then the
    built-in sample.

    Raises:
        UsageError: there is nothing for `locale`.
    """
    if where:
        return where
    named = os.environ.get(ENVIRONMENT, "").strip()
    if named:
        return named
    for releases in _in_working_directory(locale):
        if releases:
            return max(releases, key=lambda release: release_order(release[0]))[1]
    if (sample_folder() / locale).is_dir():
        return str(sample_folder())
    raise UsageError(
        f"no Common Voice release of {locale} found",
        remedy=f"get one with: cvrecipes fetch {locale}; or give one with "
        f"--data cv-corpus-.../{locale} or {ENVIRONMENT}; "
        "releases: https://mozilladatacollective.com",
    )


def _in_working_directory(locale: str) -> Iterator[list[tuple[str, str]]]:
    """Releases of the locale in the working directory by name, the best kind first."""
    here = Path()
    yield [(p.name, str(p)) for p in here.glob("cv-corpus-*") if (p / locale).is_dir()]
    packed = list(_packed(here, locale))
    yield [(version, path) for kind, version, path in packed if kind == "scripted"]
    yield [
        (p.name, str(p))
        for p in here.glob("sps-corpus-*")
        if p.is_dir() and (name := spontaneous_name(p.name)) and name[1] == locale
    ]
    yield [(version, path) for kind, version, path in packed if kind == "spontaneous"]


def _packed(folder: Path, locale: str) -> Iterator[tuple[str, str, str]]:
    from cvrecipes.data.sources.archive import identify

    for path in sorted(folder.glob("*.t*gz")):
        if "common-voice" not in path.name and "-corpus-" not in path.name:
            continue
        identity = identify(path) if path.is_file() else None
        if identity is not None and identity.locale == locale:
            yield identity.kind, identity.version, str(path)


def open_release(
    where: str,
    locale: str,
    hooks: pluggy.PluginManager | None = None,
    *,
    audio: bool = True,
    encoding: str | None = None,
) -> Release:
    """Open what the user gave as ``--data``: plugins' sources first, then ours.

    Arguments:
        audio: whether the clips are needed, too, and not the TSVs alone.
        encoding: of its tables, as the user named it; None for UTF-8.

    Raises:
        UsageError: the data does not exist, is of no known kind, of another locale, or its tables
            are in another encoding.
        Failure: the data cannot be read.
    """
    name = None if encoding is None else known(encoding)
    openers: list[tuple[str, Any]] = []

    def register(name: str, opener: Any) -> None:
        openers.append((name, opener))

    if hooks is not None:
        hooks.hook.register_sources(register=register)
    if hooks is None or not hooks.is_registered(sources):
        sources.register_sources(register)
    for _, opener in openers:
        takes = _takes_encoding(opener)
        release: Release | None = opener(where, locale, *([name] if takes else []))
        if release is not None:
            if name is not None and not takes:
                raise UsageError(
                    "its source reads no tables of text, to which --encoding could apply",
                    where=where,
                    remedy="leave out --encoding",
                )
            if audio and release.common_voice and not release.clips.is_dir():
                raise UsageError(
                    "has no clips folder",
                    where=release.folder,
                    remedy="unpack the whole release archive",
                )
            return release
    raise UsageError("no source opens this", where=where)


def _takes_encoding(opener: Any) -> bool:
    """Whether an opener takes a third argument, ``encoding``; those of older plugins do not."""
    try:
        return "encoding" in inspect.signature(opener).parameters
    except (TypeError, ValueError):
        return False


def no_table(release: Release, name: str) -> UsageError:
    """The error for a missing table of a release. It names the tables that exist."""
    names = ", ".join(release.tables)
    if not release.common_voice:
        return UsageError(f"has no rows of {name}, only of {names}", where=release.version)
    remedy = "unpack the whole release archive, or give a release that has it"
    if "-delta-" in release.version:
        remedy = "a delta release holds new clips only: give the full release"
    elif name in ("train", "dev", "test") and "validated" in release.tables:
        remedy = (
            "small languages have no splits in some releases: give a newer one, or a manifest "
            "with a split column"
        )
    return UsageError(f"has no {name}.tsv, only {names}", where=release.folder, remedy=remedy)
