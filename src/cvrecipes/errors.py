"""The two kinds of errors that a user can cause, and the format of their message.

Everything else that is raised is a defect of cvrecipes and shows a traceback.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path


class CvrecipesError(Exception):
    """An error with a message of one line for the user.

    Arguments:
        what: what is wrong, in a few words.
        where: the file it is in, optionally with a line number.
        remedy: what to do about it.
    """

    exit_code = 1

    def __init__(
        self,
        what: str,
        *,
        where: Path | str | None = None,
        line: int | None = None,
        remedy: str | None = None,
    ) -> None:
        self.what = what
        self.where = None if where is None else str(where)
        self.line = line
        self.remedy = remedy
        super().__init__(self.message)

    @property
    def message(self) -> str:
        """``where:line: what; remedy`` on one line."""
        place = self.where or ""
        if place and self.line is not None:
            place += f":{self.line}"
        text = f"{place}: {self.what}" if place else self.what
        if self.remedy:
            text += f"; {self.remedy}"
        return " ".join(text.split())


class UsageError(CvrecipesError):
    """The command was asked for something it cannot do: exit code 2."""

    exit_code = 2


class Failure(CvrecipesError):
    """The command was right, but the work cannot be done: exit code 1."""

    exit_code = 1


def near(word: str, names: Iterable[str]) -> str | None:
    """The name that is most similar to `word`; None if none is."""
    close = difflib.get_close_matches(word, list(names), n=1, cutoff=0.6)
    return close[0] if close else None


def did_you_mean(word: str, names: Iterable[str], otherwise: str) -> str:
    """The remedy for an unknown word: the most similar name, or `otherwise`."""
    close = near(word, names)
    return f"did you mean {close}?" if close else otherwise
