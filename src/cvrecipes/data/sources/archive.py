"""Archives as downloaded: each is unpacked once into the cache, and never changed."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path, PurePosixPath

from cvrecipes.data.sources.audiofolder import open_audiofolder
from cvrecipes.data.sources.folder import open_folder
from cvrecipes.data.sources.manifest import open_manifest
from cvrecipes.data.sources.naming import CORPORA, UNKNOWN, spontaneous_name
from cvrecipes.data.sources.spontaneous import open_spontaneous
from cvrecipes.data.sources.unpack import ENDINGS, members, unpack
from cvrecipes.errors import CvrecipesError, Failure, UsageError
from cvrecipes.files import cache_folder
from cvrecipes.records import Release

SCRIPTED, SPONTANEOUS = "scripted", "spontaneous"
_WHOLE = "whole"
_FIRST = 24
# cv-corpus-25.0-2026-03-09-tr.tar.gz, perhaps behind the number a download puts before it.
_NAME = re.compile(
    r"(?:\d+-)?((cv|sps)-corpus-\d[\d.]*(?:-\w+)?(?:-\d{4}-\d{2}-\d{2})?)-([a-z]{2,3}(?:-\w+)*)"
)


@dataclass(frozen=True, slots=True)
class Identity:
    """What an archive is a release of."""

    kind: str
    version: str
    locale: str


def open_archive(where: str, locale: str, encoding: str | None = None) -> Release | None:
    """Open a release that is still packed.

    It is unpacked below the cache folder. An interrupted unpacking continues where it stopped; the
    second opening takes no time.

    Raises:
        UsageError: it is of another locale, of several, or unsafe to unpack.
        Failure: it is damaged, holds nothing that can be opened, or the disk is too small.
    """
    archive = Path(where).expanduser()
    if not where.lower().endswith(ENDINGS) or not archive.is_file():
        return None
    archive = archive.resolve()
    folder = cache_folder() / "archives" / _key(archive)
    content, whole = folder / "content", folder / _WHOLE
    if whole.is_file():
        check = _only(archive, locale)
        for path in islice(content.glob("*/*"), _FIRST):
            check(f"{path.relative_to(content).as_posix()}/")
    else:
        _unpack(archive, content, locale)
        if not content.is_dir():
            raise Failure("holds no file", where=archive)
        whole.touch()
    release = _open(archive, content, locale, encoding)
    version = release.version
    if not version.startswith(CORPORA):
        # Its own name is that of a folder in the cache.
        version = archive.name if not release.common_voice else f"{UNKNOWN} ({archive.name})"
    return replace(release, version=version, source=f"archive, {release.source}")


def identify(archive: Path) -> Identity | None:
    """The release in an archive, by its name or its first files; None if neither shows it."""
    stem = archive.name
    for ending in ENDINGS:
        stem = stem.removesuffix(ending)
    match = _NAME.fullmatch(stem)
    if match:
        kind = SCRIPTED if match[2] == "cv" else SPONTANEOUS
        return Identity(kind, match[1], match[3])
    try:
        for member in islice(members(archive), _FIRST):
            identity = _of(member.name)
            if identity is not None:
                return identity
    except Exception:  # the name ends like an archive's, and the content is none
        return None
    return None


def _key(archive: Path) -> str:
    about = archive.stat()
    text = f"{archive.name} {about.st_size} {about.st_mtime_ns}"
    name = re.sub(r"[^\w.-]", "_", archive.name)
    return f"{name}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def _unpack(archive: Path, content: Path, locale: str) -> None:
    try:
        unpack(archive, content, _only(archive, locale))
    except CvrecipesError as error:
        # After a full disk, unpacking may continue. A defective archive leaves nothing behind.
        if isinstance(error, UsageError) or error.where == str(archive):
            shutil.rmtree(content.parent, ignore_errors=True)
        raise


def _only(archive: Path, locale: str) -> Callable[[str], None]:
    """A check that every file is of the locale, made before ten gigabytes are unpacked."""
    seen: set[str] = set()

    def check(name: str) -> None:
        identity = _of(name)
        if identity is None or identity.locale in seen:
            return
        seen.add(identity.locale)
        if len(seen) > 1:
            raise UsageError(
                f"holds several locales: {', '.join(sorted(seen))}",
                where=archive,
                remedy=f"unpack it, and give the folder of {locale}",
            )
        if identity.locale.lower() != locale.lower():
            raise UsageError(
                f"is an archive of {identity.locale}, not of {locale}",
                where=archive,
                remedy=f"run: cvrecipes run {identity.locale} --data {archive}",
            )

    return check


def _of(name: str) -> Identity | None:
    """What a file, or a folder with a slash behind it, is of."""
    parts = PurePosixPath(f"{name}x").parts
    for place, part in enumerate(parts[:-1]):
        if part.startswith("cv-corpus") and place + 2 < len(parts):
            return Identity(SCRIPTED, part, parts[place + 1])
        spontaneous = spontaneous_name(part)
        if spontaneous:
            return Identity(SPONTANEOUS, *spontaneous)
    return None


def _open(archive: Path, content: Path, locale: str, encoding: str | None) -> Release:
    place = content
    while True:
        entries = list(place.iterdir())
        if len(entries) != 1 or not entries[0].is_dir():
            break
        place = entries[0]
    try:
        for opener in (open_spontaneous, open_manifest, open_audiofolder):
            release = opener(str(place), locale, encoding)
            if release is not None:
                return release
        return open_folder(str(place), locale, encoding)
    except UsageError as error:
        raise Failure(f"its content {error.what}", where=archive, remedy=error.remedy) from None
