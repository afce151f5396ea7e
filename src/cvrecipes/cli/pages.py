"""What commands that write a page ask of the file's place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cvrecipes.errors import UsageError

_START = 2000


def check_page(page: Path, is_page: Callable[[str], bool], command: str, option: str) -> None:
    """Refuse before the work what would destroy another file.

    Arguments:
        is_page: whether a file that starts so is a page of the command, which may be replaced.
        option: the option that names the file.

    Raises:
        UsageError: the folder does not exist, or the file is no page of the command.
    """
    if not page.parent.is_dir():
        raise UsageError("there is no such folder", where=page.parent, remedy="make it first")
    if page.exists():
        with page.open(encoding="utf-8", errors="replace") as file:
            if not is_page(file.read(_START)):
                raise UsageError(
                    f"exists already and is no page of {command}", where=page,
                    remedy=f"name another file: {option} FILE",
                )  # fmt: skip
