"""Where cvrecipes keeps files of its own: a cache that may be deleted, and a user's recipes."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

CACHE = "CVRECIPES_CACHE"


def cache_folder() -> Path:
    """What can be made again: downloads, unpacked archives, tables as they were read.

    ``CVRECIPES_CACHE``, or the system's place for caches (``~/.cache/cvrecipes`` on Linux).
    Nothing is created here.
    """
    named = os.environ.get(CACHE)
    if named:
        return Path(named).expanduser()
    return Path(platformdirs.user_cache_dir("cvrecipes", appauthor=False))


def own_recipes() -> Path:
    """The user's recipe folders, found from every working directory.

    ``recipes`` in the system's place for user data (``~/.local/share/cvrecipes`` on Linux).
    """
    return Path(platformdirs.user_data_dir("cvrecipes", appauthor=False)) / "recipes"
