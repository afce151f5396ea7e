"""The figures of an audit: what ``check`` prints, as frozen records and as plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from cvrecipes.data.characters import Characters
from cvrecipes.records import Certificate


@dataclass(frozen=True, slots=True)
class SplitFigures:
    """One split before and after.

    Attributes:
        rows: rows that could have been in it.
        clips: clips that are used.
        hours: their speech; None when a length is not known.
        speakers: different ones; None when not one is known.
        unknown_speakers: clips without a speaker.
        sentences: different ones.
        left_out: rows left out, by reason.
        outside_alphabet: clips used that hold letters outside the alphabet, whose words a model
            cannot write; None when the recipe has no alphabet.
    """

    rows: int
    clips: int
    hours: float | None
    speakers: int | None
    unknown_speakers: int
    sentences: int
    left_out: Mapping[str, int]
    outside_alphabet: int | None = None


@dataclass(frozen=True, slots=True)
class Histogram:
    """Counts between edges; ``len(edges) == len(counts) + 1``."""

    unit: str
    edges: tuple[float, ...]
    counts: tuple[int, ...]
    median: float


@dataclass(frozen=True, slots=True)
class Policy:
    """What train would be under one policy."""

    policy: str
    clips: int
    hours: float | None
    speakers: int | None
    certificate: Certificate


@dataclass(frozen=True, slots=True)
class Sample:
    """A clip drawn at random, to be read and heard."""

    split: str
    clip: str
    path: str
    start: float | None
    end: float | None
    raw: str
    text: str
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a person should know; a `stop` keeps a run from starting."""

    stop: bool
    what: str


@dataclass(frozen=True, slots=True)
class Audit:
    """Everything that ``cvrecipes check`` reports.

    Attributes:
        files: rows of each file that was read, by the file's name.
        splits: train, dev and test.
        characters: what lies outside the recipe's alphabet, over every row that was read.
        unseen: letters of the alphabet that train does not hold.
        rare: letters that train holds fewer than 20 times, with their number.
        durations, rates: seconds, and characters a second, of train's clips.
        speakers: clips of the speakers of train who read most, most first.
        demographics: by column and value, the clips of train, dev and test.
        policies: train by each policy that the release allows.
        samples: clips of each split, drawn by the seed.
        findings: what stops a run, then what a person should know.
        limit: at most so many clips of each split were inspected; None for all.
        examples: up to three rows left out for each reason.
        alphabet: whether the recipe has one.
        builtin: whether this is the sample that ships with cvrecipes.
        tags: tags taken out of the transcripts of used clips, by tag: ``times`` and ``clips``.
        unknown_tags: clips left out for a tag that is not known, by tag.
        variant: the way of writing that the recipe is about; None where there is one alone.
        other_variants: the names of the others.
    """

    locale: str
    language: str
    recipe: str
    status: str
    release: str
    folder: str
    policy: str
    audio: bool
    files: Mapping[str, int]
    splits: Mapping[str, SplitFigures]
    left_out: Mapping[str, int]
    certificate: Certificate
    characters: Characters
    unseen: tuple[str, ...]
    rare: Mapping[str, int]
    durations: Histogram | None
    rates: Histogram | None
    speakers: tuple[int, ...]
    demographics: Mapping[str, Mapping[str, Mapping[str, int]]]
    policies: tuple[Policy, ...]
    samples: tuple[Sample, ...]
    findings: tuple[Finding, ...]
    limit: int | None = None
    examples: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    alphabet: bool = True
    builtin: bool = False
    tags: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    unknown_tags: Mapping[str, int] = field(default_factory=dict)
    variant: str | None = None
    other_variants: tuple[str, ...] = ()

    @property
    def stops(self) -> bool:
        """Whether something would stop a run."""
        return any(finding.stop for finding in self.findings)

    def nowhere(self, reason: str) -> int:
        """Lines left out for a reason, of which nothing tells the split."""
        return self.left_out[reason] - sum(
            figures.left_out.get(reason, 0) for figures in self.splits.values()
        )

    @property
    def rows(self) -> int:
        """Lines of all files that were read, without their headers."""
        return sum(self.files.values())

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for JSON. Hours and shares are plain numbers; unknown is null."""
        used = sum(figures.clips for figures in self.splits.values())
        return {
            "locale": self.locale,
            "language": self.language,
            "recipe": {"hash": self.recipe, "status": self.status, "variant": self.variant},
            "release": self.release,
            "folder": self.folder,
            "policy": self.policy,
            "audio": self.audio,
            "limit": self.limit,
            "rows_in_files": self.rows,
            "rows_read": used + sum(self.left_out.values()),
            "files": dict(self.files),
            "splits": {split: asdict(figures) for split, figures in self.splits.items()},
            "left_out": dict(self.left_out),
            "examples": {reason: list(rows) for reason, rows in self.examples.items()},
            "transcript_tags": {tag: dict(count) for tag, count in self.tags.items()},
            "unknown_tags": dict(self.unknown_tags),
            "certificate": self.certificate.as_dict(),
            "characters": {
                "alphabet": self.alphabet,
                "outside": [character.as_dict() for character in self.characters.seen],
                "sentences": self.characters.affected,
                "unseen_in_train": list(self.unseen),
                "rare_in_train": dict(self.rare),
            },
            "durations": asdict(self.durations) if self.durations else None,
            "rates": asdict(self.rates) if self.rates else None,
            "speakers": list(self.speakers),
            "demographics": {c: dict(values) for c, values in self.demographics.items()},
            "policies": [
                {
                    "policy": policy.policy,
                    "clips": policy.clips,
                    "hours": policy.hours,
                    "speakers": policy.speakers,
                    "certificate": policy.certificate.as_dict(),
                }
                for policy in self.policies
            ],
            "samples": [asdict(sample) for sample in self.samples],
            "findings": [asdict(finding) for finding in self.findings],
            "ok": not self.stops,
        }
