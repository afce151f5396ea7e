"""Which step of a plugin or of a steps.py raised, or returned something that is no text."""

from __future__ import annotations

import inspect
from collections.abc import Iterable

from cvrecipes.errors import CvrecipesError, Failure
from cvrecipes.text.steps import Step

ONE_TEXT = "a step takes one text and returns text: def name(text: str) -> str"
_SHOWN = 60


class Steps(dict[str, Step]):
    """Named steps.

    Attributes:
        owners: the plugin or the steps.py that each comes from, by the step's name; the
            engine's own steps have none.
    """

    def __init__(self) -> None:
        super().__init__()
        self.owners: dict[str, str] = {}

    def only(self, names: Iterable[str]) -> Steps:
        """The steps with these names, and their owners."""
        chosen = Steps()
        for name in names:
            if name in self:
                chosen[name] = self[name]
                if name in self.owners:
                    chosen.owners[name] = self.owners[name]
        return chosen


def failing_step(
    steps: Iterable[tuple[str, Step]], owners: dict[str, str], text: str, rounds: int = 1
) -> Failure | None:
    """Run the steps again on a text on which they failed, and name the step that is wrong.

    Returns:
        None if it is a step of the engine, so that the error is a defect of cvrecipes.
    """
    steps = tuple(steps)
    for _ in range(rounds):
        for name, step in steps:
            owner = owners.get(name)
            try:
                after: object = step(text)
            except (CvrecipesError, MemoryError, KeyboardInterrupt):
                return None
            except BaseException as error:  # the step's, whatever it is
                return _raised(name, owner, step, text, error) if owner else None
            if not isinstance(after, str):
                return _no_text(name, owner, step, text, after) if owner else None
            text = after
    return None


def _raised(name: str, owner: str, step: Step, text: str, error: BaseException) -> Failure:
    last = error.__traceback__
    called = last is not None and last.tb_next is not None
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    message = str(error).strip().split("\n")[0]
    kind = type(error).__name__
    if not called:  # not one line of it ran
        where, line = _place(step)
        return Failure(
            f"step {name!r} of {owner} cannot be called: {kind}: {message}",
            where=where,
            line=line,
            remedy=ONE_TEXT,
        )
    return Failure(
        f"step {name!r} of {owner} failed on {_short(text)}: {kind}"
        + (f": {message}" if message else ""),
        where=last.tb_frame.f_code.co_filename if last else None,
        line=last.tb_lineno if last else None,
        remedy="a step must take any text; mend it, or tell its authors",
    )


def _no_text(name: str, owner: str, step: Step, text: str, after: object) -> Failure:
    where, line = _place(step)
    missing = after is None
    return Failure(
        f"step {name!r} of {owner} gives {'nothing' if missing else type(after).__name__} "
        f"for {_short(text)}, not text",
        where=where,
        line=line,
        remedy="is its return missing?" if missing else "a step must return a string",
    )


def _place(step: Step) -> tuple[str | None, int | None]:
    """File and line of a step that is written in Python."""
    code = getattr(inspect.unwrap(step), "__code__", None)
    return (code.co_filename, code.co_firstlineno) if code else (None, None)


def _short(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "…")
