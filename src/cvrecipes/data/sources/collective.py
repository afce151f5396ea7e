"""Mozilla Data Collective, where Common Voice is released since 2025: finding and fetching.

Everything goes through Mozilla's own SDK, ``datacollective`` (``pip install
"cvrecipes[fetch]"``). Its catalog is public; downloads need a key and accepted terms.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cvrecipes.console import progress
from cvrecipes.data.sources.archive import SCRIPTED, open_archive
from cvrecipes.data.sources.collective_errors import HOME, KEY, explained
from cvrecipes.data.sources.naming import release_order
from cvrecipes.errors import Failure, UsageError
from cvrecipes.files import cache_folder, check_room
from cvrecipes.records import Release

_SCHEME = "mdc:"
_PUBLISHER = "Common Voice"
_NAME = re.compile(r"Common Voice (Scripted|Spontaneous) Speech (\d+(?:\.\d+)*) - (.+)")
_PAGE = 100
_BLOCK = 1024**2
_WATCH_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Offer:
    """A release that can be fetched.

    Attributes:
        id: the Data Collective's own.
        name: as published, such as ``Common Voice Scripted Speech 25.0 - Czech``.
        kind: ``scripted``, ``spontaneous``, or empty for other datasets.
        version: the release's number, empty for other datasets.
        size: bytes of the archive; 0 if the catalog gives none.
        sha256: checksum of the archive, empty when none is published.
        page: where its terms are read and accepted.
    """

    id: str
    name: str
    locale: str
    kind: str
    version: str
    file: str
    size: int
    sha256: str
    page: str


def open_collective(where: str, locale: str, encoding: str | None = None) -> Release | None:
    """Open ``mdc:<dataset id>``: downloaded and unpacked into the cache once.

    Raises:
        UsageError, Failure: see `fetch` and `open_archive`.
    """
    if not where.startswith(_SCHEME):
        return None
    name = where.removeprefix(_SCHEME).strip()
    folder = cache_folder() / "collective"
    note = folder / (re.sub(r"[^\w.-]", "_", name) + ".json")
    archive = _noted(note)
    if archive is None:
        archive = fetch(offer_of(name), folder)
        note.write_text(json.dumps({"archive": archive.name}), encoding="utf-8")
    release = open_archive(str(archive), locale, encoding)
    if release is None:
        raise Failure("is no archive that can be opened", where=archive)
    return replace(release, source="collective")


def offer_of(name: str) -> Offer:
    """One dataset by its id or slug.

    Raises:
        UsageError: there is none, or the SDK is not installed.
        Failure: the Data Collective cannot be reached.
    """
    sdk = _sdk()
    if not name:
        raise UsageError("no dataset is named", remedy=f"ids are on the pages of {HOME}")
    with explained(name):
        return _offer(sdk.get_dataset_details(name))


def offers(locale: str, kind: str = SCRIPTED) -> list[Offer]:
    """The Common Voice releases of a locale, newest first; empty if there are none.

    Raises:
        UsageError: the SDK is not installed.
        Failure: the Data Collective cannot be reached.
    """
    sdk = _sdk()
    offers: dict[str, Offer] = {}
    with explained(locale):
        number, seen = 1, 0
        while True:
            page = sdk.list_datasets(
                _PUBLISHER, locale=locale, results_per_page=_PAGE, page_number=number
            )
            for details in page.items:
                # Others publish excerpts of releases under the same names.
                publisher = details.organization.name if details.organization else _PUBLISHER
                offer = _offer(details)
                if offer.kind == kind and offer.locale == locale and publisher == _PUBLISHER:
                    offers[offer.id] = offer
            number, seen = number + 1, seen + len(page.items)
            if not page.items or seen >= page.total:
                break
    return sorted(offers.values(), key=lambda offer: release_order(offer.version), reverse=True)


def choose(locale: str, kind: str, version: str | None) -> Offer:
    """The newest release of a locale, or the one of a version.

    Raises:
        UsageError: there is no such release; the message names the existing ones.
        Failure: the Data Collective cannot be reached.
    """
    releases = offers(locale, kind)
    if not releases:
        raise UsageError(
            f"{HOME} lists no Common Voice release of {kind} speech of {locale}",
            remedy=f"look it up there, and give its id: cvrecipes fetch {locale} --id ID",
        )
    if version is None:
        return releases[0]
    for offer in releases:
        if offer.version == version or offer.version == f"{version}.0":
            return offer
    raise UsageError(
        f"there is no release {version} of {locale}",
        remedy=f"there is: {', '.join(offer.version for offer in releases)}",
    )


def fetch(offer: Offer, folder: Path) -> Path:
    """Download an archive; an interrupted download goes on where it stopped.

    The archive gets its final name only after its checksum is compared.

    Raises:
        UsageError: no key, a key that is not accepted, or terms that were not.
        Failure: no network, a full disk, or a wrong checksum.
    """
    if not offer.file or Path(offer.file).name != offer.file or offer.file.startswith("."):
        raise Failure(f"the archive of {offer.name} has no usable name: {offer.file!r}")
    archive = folder / offer.file
    if archive.is_file() and (not offer.size or archive.stat().st_size == offer.size):
        return archive
    sdk = _sdk()
    if not os.environ.get(KEY, "").strip():
        raise UsageError(
            f"{KEY} is not set",
            remedy=f"make a key at {HOME}/api-reference, then: export {KEY}=...",
        )
    unfinished = folder / ".unfinished"
    unfinished.mkdir(parents=True, exist_ok=True)
    if not os.access(unfinished, os.W_OK):
        raise Failure("cannot be written to", where=unfinished, remedy="choose another --out")
    _check_room(offer, unfinished)
    got = _complete_part(offer, unfinished)
    if got is None:
        with explained(offer.name, offer.page), _watched(offer, unfinished):
            got = Path(sdk.download_dataset(offer.id, str(unfinished), show_progress=False))
    _check(offer, got)
    got.replace(archive)
    if not any(unfinished.iterdir()):
        unfinished.rmdir()
    return archive


def _sdk() -> Any:
    try:
        import datacollective
    except ImportError:
        raise UsageError(
            "fetching needs Mozilla's SDK, which is not installed",
            remedy='run: pip install "cvrecipes[fetch]"',
        ) from None
    return datacollective


def _offer(details: Any) -> Offer:
    name = details.name or details.id
    match = _NAME.fullmatch(name)
    checksum = (details.checksum or "").lower().removeprefix("sha256:")
    return Offer(
        details.id,
        name,
        details.locale or "",
        match[1].lower() if match else "",
        match[2] if match else "",
        details.filename or "",
        int(details.sizeBytes or 0),
        checksum if re.fullmatch(r"[0-9a-f]{64}", checksum) else "",
        details.datasetUrl or f"{HOME}/datasets/{details.id}",
    )


def _noted(note: Path) -> Path | None:
    try:
        archive = note.parent / str(json.loads(note.read_text(encoding="utf-8"))["archive"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return archive if archive.is_file() else None


def _check_room(offer: Offer, folder: Path) -> None:
    part = folder / f"{offer.file}.part"
    needed = offer.size - (part.stat().st_size if part.is_file() else 0)
    remedy = "free some space, or choose another folder with --out"
    check_room(folder, needed, f"{offer.file} needs", remedy=remedy)


def _complete_part(offer: Offer, folder: Path) -> Path | None:
    """Whether a download is complete and was stopped just before it got its final name."""
    part = folder / f"{offer.file}.part"
    if not offer.size or not part.is_file() or part.stat().st_size < offer.size:
        return None
    (folder / f"{offer.file}.checksum").unlink(missing_ok=True)
    return part.rename(folder / offer.file)


@contextmanager
def _watched(offer: Offer, folder: Path) -> Iterator[None]:
    """Progress of a download by the size of its file, which the SDK only appends to."""
    part = folder / f"{offer.file}.part"
    done = threading.Event()

    def size() -> int:
        try:
            return part.stat().st_size
        except OSError:
            return 0

    with progress(f"fetching {offer.file}", offer.size) as advance:

        def watch() -> None:
            fetched = size()
            advance(fetched)
            while not done.wait(_WATCH_SECONDS):
                current = size()
                advance(max(0, current - fetched))
                fetched = current

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        try:
            yield
        finally:
            done.set()
            watcher.join()


def _check(offer: Offer, archive: Path) -> None:
    """Compare size and checksum; delete an archive that differs, because it cannot be repaired.

    Raises:
        Failure: they differ from what was published.
    """
    size = archive.stat().st_size
    wrong = ""
    if offer.size and size != offer.size:
        wrong = f"has {size} bytes instead of {offer.size}"
    elif offer.sha256 and _sha256(archive) != offer.sha256:
        wrong = "has another checksum than was published"
    if wrong:
        archive.unlink()
        raise Failure(
            f"{wrong}; it was deleted", where=offer.file, remedy="run the same command again"
        )


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file, progress("checking", path.stat().st_size) as advance:
        while block := file.read(_BLOCK):
            digest.update(block)
            advance(len(block))
    return digest.hexdigest()
