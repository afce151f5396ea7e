"""How the terminal and the page of ``check`` word the figures."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

from cvrecipes.check.figures import Audit, Policy, SplitFigures
from cvrecipes.data.certificate import shared_cell
from cvrecipes.data.rule import Splits
from cvrecipes.data.rules import RULES
from cvrecipes.records import SPLITS, Certificate
from cvrecipes.words import DIRECTION_CONTROLS, visible

LONGEST = 160
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


def known(value: int | None) -> str:
    """A count, or that it is not known."""
    return "unknown" if value is None else number(value)


def count_of(value: int, what: str, plural: str | None = None) -> str:
    """``1 clip``, ``2 clips``."""
    return f"{value:,} {what if value == 1 else plural or f'{what}s'}"


def hours(value: float | None) -> str:
    """Hours, or that they are not known."""
    if value is None:
        return "unknown"
    return f"{value:,.2f}" if value >= 0.1 or value == 0 else f"{value:.4f}"


def shown(text: str, longest: int = LONGEST) -> str:
    """Text of a release on one line, cut to `longest`; control characters are escaped."""
    cut = text if len(text) <= longest else f"{text[: longest - 1]}…"
    return "".join(f"\\u{ord(c):04x}" if c in DIRECTION_CONTROLS else c for c in visible(cut))


def letter(character: str) -> str:
    """A character to show: a mark on a dotted circle, an invisible character as nothing."""
    if not character.isprintable() or character in DIRECTION_CONTROLS:
        return ""
    circle = "\u25cc" if unicodedata.category(character)[0] == "M" else ""
    return f"{circle}{character}"


def column(name: str) -> str:
    """The heading of a demographic column."""
    return _COLUMNS.get(name, name)


def split_rows(audit: Audit) -> Iterator[tuple[str, list[str]]]:
    """The table of splits: a label, and a cell for each of train, dev and test."""

    def row(label: str, cell: Any) -> tuple[str, list[str]]:
        return label, [cell(audit.splits[split]) for split in SPLITS]

    def left_out(split: SplitFigures) -> int:
        return sum(split.left_out.values())

    yield row("rows", lambda split: number(split.rows))
    yield row("left out", lambda split: number(left_out(split)))
    yield row("clips used", lambda split: number(split.clips))
    if any(figures.outside_alphabet for figures in audit.splits.values()):
        yield row("of them outside the alphabet", lambda split: number(split.outside_alphabet))
    yield row("hours", lambda split: hours(split.hours))
    yield row("speakers", lambda split: known(split.speakers))
    if not audit.certificate.complete:
        yield row("without a speaker", lambda split: number(split.unknown_speakers))
    yield row("sentences", lambda split: number(split.sentences))


def policy_rows(policies: tuple[Policy, ...]) -> Iterator[tuple[str, list[str]]]:
    """What each policy would train on, and what that shares with dev and test."""

    def row(label: str, cell: Any) -> tuple[str, list[str]]:
        return label, [cell(policy) for policy in policies]

    yield row("clips of train", lambda policy: number(policy.clips))
    yield row("hours", lambda policy: hours(policy.hours))
    yield row("speakers", lambda policy: known(policy.speakers))
    yield row("shared speakers", lambda policy: _shared(policy.certificate, "speakers"))
    yield row("shared sentences", lambda policy: number(policy.certificate.sentences))
    yield row("near-duplicates", lambda policy: number(policy.certificate.near_duplicates))
    yield row("clips these touch", lambda policy: _shared(policy.certificate, "clips"))


def _shared(certificate: Certificate, key: str) -> str:
    return shared_cell(certificate.as_dict(), key, sum(certificate.unknown_speakers.values()))


def shared_rows(certificate: Certificate) -> Iterator[tuple[str, list[str]]]:
    """What train shares with dev and with test: a label, and a cell for each of the two."""
    unknown = certificate.unknown_speakers
    for key in ("recordings", "speakers", "sentences", "near_duplicates", "clips"):
        yield (
            key.replace("_", "-"),
            [
                shared_cell(counts, key, unknown["train"] + unknown[split])
                for split, counts in certificate.shared.items()
            ],
        )


def accounted(audit: Audit) -> str:
    """Which files were read, and that no row of them is missing."""
    files = ", ".join(f"{name} {count:,}" for name, count in audit.files.items())
    considered = sum(split.clips for split in audit.splits.values())
    considered += sum(audit.left_out.values())
    if considered == audit.rows:
        return f"{count_of(audit.rows, 'row')}, each used or left out ({files})"
    if audit.limit is not None:
        rows = count_of(audit.rows, "row")
        return f"{number(considered)} of {rows}, by --limit {audit.limit} ({files})"
    return f"{number(considered)} of {count_of(audit.rows, 'row')} ({files})"


def speaker_words(audit: Audit) -> str:
    """How many people speak in train, and how unevenly."""
    train = audit.splits["train"]
    unknown = train.unknown_speakers
    nameless = f"; {count_of(unknown, 'clip')} without a speaker" if unknown else ""
    if train.speakers is None or not audit.speakers:
        return f"no speaker is known{nameless}"
    top = audit.speakers
    most = f"the most active speaker reads {share(top[0], train.clips)} of the clips"
    if len(top) > 1:
        most += f", the first {len(top)} read {share(sum(top), train.clips)}"
    return f"{count_of(train.speakers, 'speaker')}; {most}{nameless}"


def share(part: int, whole: int) -> str:
    """A share in percent."""
    return f"{part / whole:.1%}" if whole else "0%"


def reason(name: str) -> str:
    """A reason, and whether dev and test keep such rows."""
    rule = next((rule for rule in RULES if name in rule.reasons), None)
    of_train = rule is not None and rule.splits is not Splits.ALL and not rule.held_out
    return f"{name} (dev and test keep such clips)" if of_train else name


def detail(example: Mapping[str, Any]) -> str:
    """What a reason says of this row."""
    return str(example["detail"])


def alphabet_words(audit: Audit) -> str:
    """How many characters there are that the recipe does not know."""
    characters = audit.characters
    if not audit.alphabet:
        return f"the recipe has no alphabet; {count_of(len(characters.seen), 'character')}"
    if not characters.seen:
        return "no character is outside the alphabet"
    return (
        f"{count_of(len(characters.seen), 'character')} outside the alphabet, "
        f"in {count_of(characters.affected, 'sentence')}"
    )
