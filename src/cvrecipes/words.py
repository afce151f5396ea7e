"""Numbers, durations and names as people read them."""

from __future__ import annotations

import re

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def visible(text: object) -> str:
    r"""Text on one line, with control characters written as ``\t``, ``\n`` or ``\x1b``.

    A file name may hold any of them; printed as they are, they break columns and terminals.
    """
    return _CONTROLS.sub(lambda found: _escaped(found[0]), str(text))


def _escaped(character: str) -> str:
    # Python keeps a byte of a name that is no UTF-8 as a surrogate.
    code = ord(character) - 0xDC00 if "\udc80" <= character <= "\udcff" else ord(character)
    return chr(code).encode("unicode_escape").decode("ascii")


def plural(count: int, noun: str) -> str:
    """``1 step``, ``2 steps``."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def length(seconds: float) -> str:
    """A duration in words: ``45 s``, ``12 min``, ``3.4 h``."""
    if 0 < seconds < 1:
        return "under 1 s"
    if seconds < 59.5:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def clock(seconds: float) -> str:
    """``h:mm:ss`` or ``m:ss``."""
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60}:{rest % 60:02d}"
