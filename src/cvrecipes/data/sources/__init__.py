"""The built-in sources: what ``--data`` may name, registered by the same hook as plugins' sources.

Importing this module is cheap: a source imports what it needs when it is asked.
"""

from __future__ import annotations

from collections.abc import Callable

from cvrecipes.hookspecs import hookimpl
from cvrecipes.records import Release

Opener = Callable[..., Release | None]


@hookimpl
def register_sources(register: Callable[[str, Opener], None]) -> None:
    """Offer every source in the order in which they are asked."""
    register("collective", _collective)
    register("hub", _hub)
    register("archive", _archive)
    register("spontaneous", _spontaneous)
    register("manifest", _manifest)
    register("audiofolder", _audiofolder)
    register("folder", _folder)


def _collective(where: str, locale: str, encoding: str | None = None) -> Release | None:
    from cvrecipes.data.sources.collective import open_collective

    return open_collective(where, locale, encoding)


def _hub(where: str, locale: str) -> Release | None:
    from cvrecipes.data.sources.hub import open_hub

    return open_hub(where, locale)


def _archive(where: str, locale: str, encoding: str | None = None) -> Release | None:
    from cvrecipes.data.sources.archive import open_archive

    return open_archive(where, locale, encoding)


def _spontaneous(where: str, locale: str, encoding: str | None = None) -> Release | None:
    from cvrecipes.data.sources.spontaneous import open_spontaneous

    return open_spontaneous(where, locale, encoding)


def _manifest(where: str, locale: str, encoding: str | None = None) -> Release | None:
    from cvrecipes.data.sources.manifest import open_manifest

    return open_manifest(where, locale, encoding)


def _audiofolder(where: str, locale: str, encoding: str | None = None) -> Release | None:
    from cvrecipes.data.sources.audiofolder import open_audiofolder

    return open_audiofolder(where, locale, encoding)


def _folder(where: str, locale: str, encoding: str | None = None) -> Release:
    from cvrecipes.data.sources.folder import open_folder

    return open_folder(where, locale, encoding)
