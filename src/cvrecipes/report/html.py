"""The templates of pages and cards: the environment, its filters, and what makes text harmless."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cvrecipes.words import DIRECTION_CONTROLS, clock, plural, speaker_cell, speech, visible

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"
_MARKS = re.compile(f"[{DIRECTION_CONTROLS}]")
# What Markdown takes for itself in running text.
_MARKDOWN = re.compile(r"([\\`*_\[\]<>|~#])")


def render(name: str, values: Mapping[str, Any]) -> str:
    """A template with its values filled in.

    In ``.html.j2`` every value is escaped unless it is ``Markup``. In all templates control
    characters, and characters that turn the direction of text, are written as in Python.

    Arguments:
        name: a file of the folder `TEMPLATES`.

    Raises:
        jinja2.UndefinedError: the template uses a value that it was not given.
    """
    return environment().get_template(name).render(values)


@cache
def environment() -> Environment:
    """The jinja2 environment; it is imported here, because most commands render nothing."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    jinja = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=lambda name: name is None or name.endswith(".html.j2"),
        undefined=StrictUndefined,
        finalize=harmless,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    jinja.filters.update(
        percent=percent,
        speech=speech,
        speaker_cell=speaker_cell,
        clock=clock,
        plural=plural,
        number=number,
        cut=cut,
        sentence=sentence,
        plain=plain,
        code=code,
    )
    return jinja


def harmless(value: Any) -> Any:
    """A value as it is put into a page: nothing in its text acts on what stands around it."""
    if not isinstance(value, str) or hasattr(value, "__html__"):
        return value
    return _MARKS.sub(lambda match: f"\\u{ord(match[0]):04x}", visible(value))


def percent(value: float, digits: int = 1) -> str:
    """A fraction in percent: ``12.5%``."""
    return f"{value:.{digits}%}"


def number(value: int) -> str:
    """A count, with a comma at the thousands."""
    return f"{value:,}"


def cut(text: object, longest: int) -> str:
    """A text, with an ellipsis where it gets too long."""
    whole = str(text)
    return whole if len(whole) <= longest else f"{whole[: longest - 1]}…"


def sentence(words: str) -> str:
    """Words with a capital at their start and a full stop at their end."""
    return f"{words[0].upper()}{words[1:]}." if words else ""


def plain(text: object) -> str:
    """Text for running Markdown, where nothing in it is taken for markup."""
    return _MARKDOWN.sub(r"\\\1", harmless(str(text)))


def code(text: object) -> str:
    """Text as code in Markdown, between more backticks than it holds."""
    shown = harmless(str(text))
    longest = max((len(run) for run in re.findall("`+", shown)), default=0)
    if not longest:
        return f"`{shown}`"
    fence = "`" * (longest + 1)
    return f"{fence} {shown} {fence}"
