"""What the terminal and the page of ``check`` have in common: how figures are worded."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

from cvrecipes.check.figures import Audit, Policy, SplitFigures
from cvrecipes.records import SPLITS
from cvrecipes.words import visible

LONGEST = 160
# Characters that turn the direction of what follows them, also beyond their own sentence.
_TURNS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"
_COLUMNS = {
    "gender": "Gender",
    "age": "Age",
    "accents": "Accents",
    "accent": "Accent",
    "variant": "Variant",
    "sentence_domain": "Domain of the sentence",
}


def number(value: int) -> str:
    """A count."""
    return f"{value:,}"


def several(value: int, what: str, plural: str | None = None) -> str:
    """``1 clip``, ``2 clips``."""
    return f"{value:,} {what if value == 1 else plural or f'{what}s'}"


def hours(value: float | None) -> str:
    """Hours, or that they are not known."""
    if value is None:
        return "unknown"
    return f"{value:,.2f}" if value >= 0.1 or value == 0 else f"{value:.4f}"


def shown(text: str, longest: int = LONGEST) -> str:
    """Text of a release on one line, cut where it gets long; nothing in it acts on a terminal."""
    cut = text if len(text) <= longest else f"{text[: longest - 1]}…"
    return "".join(f"\\u{ord(c):04x}" if c in _TURNS else c for c in visible(cut))


def letter(character: str) -> str:
    """A character for the eye: marks on a circle, invisible ones as nothing."""
    if not character.isprintable() or character in _TURNS:
        return ""
    circle = "\u25cc" if unicodedata.category(character)[0] == "M" else ""
    return f"{circle}{character}"


def column(name: str) -> str:
    """A demographic column for people."""
    return _COLUMNS.get(name, name)


def split_rows(audit: Audit) -> Iterator[tuple[str, list[str]]]:
    """The table of splits: a label, and a cell for each of train, dev and test."""

    def row(label: str, cell: Any) -> tuple[str, list[str]]:
        return label, [cell(audit.splits[split]) for split in SPLITS]

    def lost(figures: SplitFigures) -> int:
        return sum(figures.left_out.values())

    yield row("rows", lambda one: number(one.rows))
    yield row("left out", lambda one: number(lost(one)))
    yield row("clips used", lambda one: number(one.clips))
    yield row("hours", lambda one: hours(one.hours))
    yield row("speakers", lambda one: number(one.speakers))
    yield row("sentences", lambda one: number(one.sentences))


def policy_rows(policies: tuple[Policy, ...]) -> Iterator[tuple[str, list[str]]]:
    """What either policy would train on, and what that shares with dev and test."""

    def row(label: str, cell: Any) -> tuple[str, list[str]]:
        return label, [cell(one) for one in policies]

    yield row("clips of train", lambda one: number(one.clips))
    yield row("hours", lambda one: hours(one.hours))
    yield row("speakers", lambda one: number(one.speakers))
    yield row("shared speakers", lambda one: number(one.certificate.speakers))
    yield row("shared sentences", lambda one: number(one.certificate.sentences))
    yield row("near-duplicates", lambda one: number(one.certificate.near_duplicates))
    yield row("clips these touch", lambda one: number(one.certificate.clips))


def accounted(audit: Audit) -> str:
    """Which files were read, and that no row of them is missing."""
    files = ", ".join(f"{name} {count:,}" for name, count in audit.files.items())
    seen = sum(one.clips for one in audit.splits.values()) + sum(audit.left_out.values())
    if seen == audit.rows:
        return f"{several(audit.rows, 'row')}, each used or left out ({files})"
    if audit.limit is not None:
        return f"{number(seen)} of {several(audit.rows, 'row')}, by --limit {audit.limit} ({files})"
    return f"{number(seen)} of {several(audit.rows, 'row')} ({files})"


def speaker_words(audit: Audit) -> str:
    """How many people speak in train, and how unevenly."""
    train = audit.splits["train"]
    unknown = audit.certificate.unknown_speakers
    nameless = f"; {several(unknown, 'clip')} without a speaker" if unknown else ""
    if not audit.speakers:
        return f"no speaker is known{nameless}"
    top = audit.speakers
    most = f"the most active speaker reads {share(top[0], train.clips)} of the clips"
    if len(top) > 1:
        most += f", the first {len(top)} read {share(sum(top), train.clips)}"
    return f"{several(train.speakers, 'speaker')}; {most}{nameless}"


def share(part: int, whole: int) -> str:
    """A share in percent."""
    return f"{part / whole:.1%}" if whole else "0%"


def detail(example: Mapping[str, Any]) -> str:
    """What a reason says after its colon."""
    return str(example["reason"]).partition(":")[2].strip()


def alphabet_words(audit: Audit) -> str:
    """How many characters there are that the recipe does not know."""
    found = audit.characters
    if not audit.alphabet:
        return f"the recipe has no alphabet; {several(len(found.seen), 'character')}"
    if not found.seen:
        return "no character is outside the alphabet"
    return (
        f"{several(len(found.seen), 'character')} outside the alphabet, "
        f"in {several(found.affected, 'sentence')}"
    )
