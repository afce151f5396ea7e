"""Numbers, durations and names as people read them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_ESCAPED = re.compile("[\\\\\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_ESCAPES = re.compile(r"\\(?:[\\tnr]|x[0-9a-f]{2}|u[0-9a-f]{4})")
_NAMED = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
_UNESCAPED = {written: character for character, written in _NAMED.items()}
# Controls of the writing direction: they would change text beyond their own sentence.
DIRECTION_CONTROLS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"

# Letters that Unicode gives no base letter, as people type them on another keyboard.
_BASE_LETTERS = str.maketrans("ıłøđ", "ilod")


def visible(text: object) -> str:
    r"""Text on one line, with control characters written as ``\t``, ``\n`` or ``\x1b``.

    A file name may hold any of them; printed as they are, they break columns and terminals.
    """
    return _CONTROLS.sub(lambda match: _escaped(match[0]), str(text))


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


def speech(hours: float | None) -> str:
    """Hours of speech as `length` words them; None is a length that is not known."""
    return "unknown length" if hours is None else length(3600 * hours)


def speaker_words(known: int | None, unknown: int) -> str:
    """``3 speakers``; ``3 speakers known, 2 clips without``; ``speakers unknown``.

    Arguments:
        known: speakers that are known; None when not one of them is.
        unknown: clips without a speaker.
    """
    if known is None:
        return "speakers unknown"
    return plural(known, "speaker") + _without_speaker(unknown)


def speaker_cell(known: int | None, unknown: int) -> str:
    """The same for a column of speakers: ``3``, ``3 known, 2 clips without``, ``unknown``."""
    return "unknown" if known is None else f"{known}{_without_speaker(unknown)}"


def all_left_out(split: str, reasons: Mapping[str, int]) -> str:
    """A split of which nothing can be used: ``all 5 rows of dev are left out (5 digits)``.

    Arguments:
        reasons: the rows left out, by reason; at least one.
    """
    rows = sum(reasons.values())
    listed = ", ".join(f"{count:,} {reason}" for reason, count in reasons.items())
    every = f"all {rows:,} rows of {split} are" if rows > 1 else f"the only row of {split} is"
    return f"{every} left out ({listed})"


def part_of(part: int, whole: int, noun: str, more: str, one: str, many: str) -> str:
    """A part of a whole with its verb: ``1 of 5 rows of test is``.

    Arguments:
        noun: what is counted, such as ``row``.
        more: what follows the noun, such as `` of test``; may be empty.
        one, many: the verb after one, and after more: ``is`` and ``are``.
    """
    nouns = noun if whole == 1 else f"{noun}s"
    return f"{part:,} of {whole:,} {nouns}{more} {one if part == 1 else many}"


def _without_speaker(clips: int) -> str:
    return f" known, {plural(clips, 'clip')} without" if clips else ""


def clock(seconds: float) -> str:
    """``h:mm:ss`` or ``m:ss``."""
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60}:{rest % 60:02d}"


def columns(text: str) -> int:
    """Width of a line on a terminal: wide East Asian characters take two columns, marks none."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def wrapped(text: str, width: int) -> list[str]:
    """Lines of at most `width` columns, broken at spaces; a longer word is broken inside.

    Spaces inside a line stay as they are. An empty text is one empty line.
    """
    lines, line = [], ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if columns(longer) <= width:
            line = longer
            continue
        if line:
            lines.append(line.rstrip())
        line = word
        while columns(line) > width:
            end = max(1, _fitting(line, width))
            lines.append(line[:end])
            line = line[end:]
    return [*lines, line.rstrip()] if line or not lines else lines


def _fitting(word: str, width: int) -> int:
    """How many characters of a word fit."""
    used = 0
    for number, character in enumerate(word):
        used += columns(character)
        if used > width:
            return number
    return len(word)


def folded(text: str) -> str:
    """Text without differences of case and accent, to compare names that people type."""
    decomposed = unicodedata.normalize("NFD", text.casefold())
    letters = "".join(c for c in decomposed if unicodedata.category(c) != "Mn")
    return letters.translate(_BASE_LETTERS)


def name_words(names: Iterable[str]) -> list[str]:
    """The names and each word of them, folded: what a person may type to mean one."""
    whole = [folded(name) for name in names]
    return list(dict.fromkeys([*whole, *(w for n in whole for w in re.split(r"[^\w'-]+", n) if w)]))


def escaped(text: object) -> str:
    r"""Text for one cell of a TSV file: control characters and backslashes as in Python.

    A tab is written ``\t``, a line end ``\n``, U+2028 ``\u2028`` and a backslash ``\\``, so that
    `unescaped` gives the text back.
    """
    return _ESCAPED.sub(lambda match: _tsv_escape(match[0]), str(text))


def unescaped(cell: str) -> str:
    """The text that `escaped` was given."""
    return _ESCAPES.sub(lambda match: _UNESCAPED.get(match[0]) or chr(int(match[0][2:], 16)), cell)


def _tsv_escape(character: str) -> str:
    code = ord(character)
    return _NAMED.get(character) or (f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}")
