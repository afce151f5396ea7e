"""What plugins do wrong: each error names the plugin, and the file and line where known."""

from __future__ import annotations

import inspect
import re
import traceback
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from reprlib import repr as shortened
from typing import Any

from cvrecipes import hookspecs
from cvrecipes.errors import Failure


def is_character(token: object) -> bool:
    """Whether a token can be a CTC class: one visible character, but not the delimiter ``|``."""
    return isinstance(token, str) and len(token) == 1 and not token.isspace() and token != "|"


# What a hook returns, other than None: in words, and whether a result is that.
RESULTS: dict[str, tuple[str, Callable[[object], bool]]] = {
    "vocabulary_extras": (
        "a list of single visible characters",
        lambda result: isinstance(result, Collection) and all(map(is_character, result)),
    ),
    "reason_to_leave_out": (
        "text or None",
        lambda result: isinstance(result, str) and bool(result.strip()),
    ),
    "split_words": (
        "a list of words or None",
        lambda result: (
            isinstance(result, list | tuple) and all(isinstance(word, str) for word in result)
        ),
    ),
}


def wrong_field(release: Any) -> tuple[object, str] | None:
    """A field of a release that is of the wrong type, and what it should be."""
    if not callable(release.read):
        return release.read, "a function as read"
    if not isinstance(release.folder, Path):
        return release.folder, "a Path as folder"
    if release.audio is not None and not isinstance(release.audio, Path):
        return release.audio, "a Path as audio"
    if not isinstance(release.tables, Mapping):
        return release.tables, "a dictionary as tables"
    for table in release.tables.values():
        if not isinstance(table, Path):
            return table, "a Path for each of tables"
    return None


def wrong_result(owner: str, what: str, result: object, expected: str, function: object) -> Failure:
    """The error for a plugin's function that returns something else than it should."""
    where, line = place_of(function)
    return Failure(
        f"plugin {owner}: {what} gives {shortened(result)}, not {expected}",
        where=where,
        line=line,
        remedy="see: docs/plugins.md",
    )


def blamed(error: BaseException, owner: str, what: str, function: object = None) -> Failure:
    """The error for a plugin that raised `error`; for the arguments see `Manager.watch`."""
    message = str(error).strip().split("\n")[0]
    where, line = place_of(function)
    place = raised_at(error) or (f"defined in {where}:{line}, " if where else "")
    return Failure(
        f"plugin {owner} failed in {what}: {type(error).__name__}"
        + (f": {message}" if message else ""),
        remedy=f"{place}see more with --debug, and tell its authors",
    )


def raised_at(error: BaseException) -> str:
    """``raised in FILE:LINE, `` for the innermost line outside of Python's own import."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"raised in {error.filename}:{error.lineno}, "
    lines = [
        (frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(error.__traceback__)
    ]
    package = str(Path(__file__).parent)
    outside = [
        frame for frame in lines if "importlib" not in frame[0] and not frame[0].startswith(package)
    ]
    return "raised in {}:{}, ".format(*outside[-1]) if outside else ""


def misfit(owner: str | None, plugin: object, message: str) -> Failure:
    """The error for a hook with arguments that its specification does not have.

    Arguments:
        message: what pluggy raised.
    """
    match = re.search(r"hook '(\w+)'", message)
    hook = match[1] if match else ""
    function = getattr(plugin, hook, None)
    where, line = place_of(function)
    specified = getattr(hookspecs, hook, None)
    specified_names = list(inspect.signature(specified).parameters) if callable(specified) else []
    names = list(inspect.signature(function).parameters) if callable(function) else []
    wrong = [name for name in names if name not in specified_names]
    what = f"{hook} takes {', '.join(wrong)}" if wrong else message.strip().splitlines()[-1]
    return Failure(
        f"plugin {owner} has a hook that does not fit: {what}",
        where=where,
        line=line,
        remedy=f"its arguments are: {', '.join(specified_names)}"
        if specified_names
        else "see: docs/plugins.md",
    )


def place_of(function: object) -> tuple[str | None, int | None]:
    """File and line of a function; None for anything else."""
    code = getattr(inspect.unwrap(function), "__code__", None) if callable(function) else None
    return (code.co_filename, code.co_firstlineno) if code is not None else (None, None)
