"""What a release holds, and what a run would make of it: the figures behind ``check``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import pluggy
import pyarrow as pa
import pyarrow.compute as pc

from cvrecipes.ctc import Framing
from cvrecipes.data import splits
from cvrecipes.data.certificate import different
from cvrecipes.data.characters import Characters, find_characters
from cvrecipes.data.corpus import CorpusMaker, Limits
from cvrecipes.data.findings import Finding, find, no_vocabulary
from cvrecipes.data.sieve import counted
from cvrecipes.recipe import Recipe
from cvrecipes.records import SPLITS, Certificate, Corpus, Release

DEMOGRAPHICS = ("gender", "age", "accents", "accent", "variant", "sentence_domain")
_RARE = 20
_SAMPLES = 5
_TOP = 10
# Of a histogram of rates: round widths, and how many bins there may be.
_WIDTHS = (0.25, 0.5, 1.0, 2.0, 5.0, 10.0)
_MOST_BINS = 32


@dataclass(frozen=True, slots=True)
class SplitFigures:
    """One split before and after.

    Attributes:
        rows: rows that could have been in it.
        clips: clips that are used.
        hours: their speech; None when a length is not known.
        speakers, sentences: different ones.
        left_out: rows left out, by reason.
    """

    rows: int
    clips: int
    hours: float | None
    speakers: int
    sentences: int
    left_out: Mapping[str, int]


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
    speakers: int
    certificate: Certificate


@dataclass(frozen=True, slots=True)
class Sample:
    """A clip drawn at random, for the eye and the ear."""

    split: str
    clip: str
    path: str
    raw: str
    text: str
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Audit:
    """Everything that ``cvrecipes check`` says.

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
        limit: at most so many clips a split were looked at; None for all.
        examples: up to three rows left out for each reason.
        alphabet: whether the recipe has one.
        builtin: whether this is the sample that ships with cvrecipes.
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

    @property
    def stops(self) -> bool:
        """Whether something would stop a run."""
        return any(finding.stop for finding in self.findings)

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
            "recipe": {"hash": self.recipe, "status": self.status},
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
            "certificate": self.certificate.as_dict(),
            "characters": {
                "alphabet": self.alphabet,
                "outside": [one.as_dict() for one in self.characters.seen],
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
                    "policy": one.policy,
                    "clips": one.clips,
                    "hours": one.hours,
                    "speakers": one.speakers,
                    "certificate": one.certificate.as_dict(),
                }
                for one in self.policies
            ],
            "samples": [asdict(sample) for sample in self.samples],
            "findings": [asdict(finding) for finding in self.findings],
            "ok": not self.stops,
        }


def audit_release(
    release: Release,
    recipe: Recipe,
    hooks: pluggy.PluginManager,
    limits: Limits,
    *,
    framing: Framing | None = None,
    merge_dev: bool = False,
) -> Audit:
    """Read a release as a run would, and describe it.

    Raises:
        UsageError: the release lacks a table that was asked for.
        Failure: a file cannot be read.
    """
    maker = CorpusMaker(release, recipe, hooks, framing or Framing(), audio=limits.audio)
    corpus = maker.make(limits, merge_dev=merge_dev)
    figures = {split: _figures(corpus, split) for split in SPLITS}
    policies = _policies(maker, limits, corpus, merge_dev=merge_dev)
    characters, unseen, rare = _characters(maker, recipe, corpus)
    names = {name: release.tables[name].name for name in corpus.rows}
    audit = Audit(
        locale=recipe.locale,
        language=recipe.name,
        recipe=recipe.digest,
        status=recipe.status,
        release=release.version,
        folder=str(release.folder),
        policy=limits.choice.policy,
        audio=limits.audio,
        files={names[name]: lines for name, lines in corpus.rows.items()},
        splits=figures,
        left_out=counted(corpus.left_out),
        certificate=_certificate(corpus),
        characters=characters,
        unseen=unseen,
        rare=rare,
        durations=_durations(corpus.train),
        rates=_rates(corpus.train),
        speakers=tuple(n for who, n in _values(corpus.train, "speaker")[: _TOP + 1] if who)[:_TOP],
        demographics=_demographics(corpus),
        policies=policies,
        samples=_samples(corpus, limits.seed),
        findings=(),
        limit=limits.clips,
        examples=_examples(corpus),
        alphabet=bool(recipe.alphabet),
        builtin=release.builtin,
    )
    findings = (*no_vocabulary(recipe, corpus, hooks), *find(audit))
    return replace(audit, findings=findings)


def _certificate(corpus: Corpus) -> Certificate:
    if corpus.certificate is None:
        raise ValueError("this corpus was made without a certificate")
    return corpus.certificate


def _figures(corpus: Corpus, split: str) -> SplitFigures:
    table = corpus.split(split)
    left_out = counted(corpus.left_out, split)
    return SplitFigures(
        rows=table.num_rows + sum(left_out.values()),
        clips=table.num_rows,
        hours=_hours(table),
        speakers=len(different(table["speaker"])),
        sentences=len(pc.unique(table["text"])),
        left_out=left_out,
    )


def _hours(table: pa.Table) -> float | None:
    if table["seconds"].null_count:
        return None
    return round(float(pc.sum(table["seconds"]).as_py() or 0.0) / 3600, 4)


def _policies(
    maker: CorpusMaker, limits: Limits, corpus: Corpus, *, merge_dev: bool
) -> tuple[Policy, ...]:
    """Train by each policy; strict-all needs validated.tsv."""
    policies: list[Policy] = []
    for policy in splits.POLICIES:
        if policy == limits.choice.policy:
            made = corpus
        elif _allows(maker, policy):
            choice = replace(limits.choice, policy=policy)
            made = maker.make(replace(limits, choice=choice), merge_dev=merge_dev)
        else:
            continue
        train = made.train
        policies.append(
            Policy(
                policy,
                train.num_rows,
                _hours(train),
                len(different(train["speaker"])),
                _certificate(made),
            )
        )
    return tuple(policies)


def _allows(maker: CorpusMaker, policy: str) -> bool:
    """Whether the release has what train is taken from; manifests know no validation."""
    if policy == splits.STRICT_ALL and maker.reading.release.read is None:
        return maker.reading.has("validated")
    return maker.reading.has("train")


def _characters(
    maker: CorpusMaker, recipe: Recipe, corpus: Corpus
) -> tuple[Characters, tuple[str, ...], dict[str, int]]:
    raws: Counter[str] = Counter()
    for name in corpus.rows:
        # A clip of train is in validated.tsv too: count its sentence once.
        if name == "validated" or "validated" not in corpus.rows:
            counts = pc.value_counts(maker.reading.rows(name).table["raw"])
            for one in counts.to_pylist():
                raws[one["values"]] += one["counts"]
    everywhere = find_characters(recipe, raws)
    alphabet = recipe.alphabet
    joined = "\n".join(corpus.train["text"].to_pylist())
    letters = Counter(joined)
    unseen = tuple(sign for sign in (*alphabet.letters, *alphabet.marks) if sign not in joined)
    rare = {
        sign: number
        for sign, number in sorted(letters.items(), key=lambda item: (item[1], item[0]))
        if number < _RARE and not sign.isspace()
    }
    return everywhere, unseen, rare


def _durations(table: pa.Table) -> Histogram | None:
    seconds = _known_seconds(table)
    if not len(seconds):
        return None
    edges = np.append(np.arange(0, 21, dtype=float), max(21.0, float(np.ceil(seconds.max()))))
    counts, _ = np.histogram(seconds, edges)
    return _histogram("s", edges, counts, float(np.median(seconds)))


def _rates(table: pa.Table) -> Histogram | None:
    seconds = table["seconds"].to_numpy()
    good = np.isfinite(seconds) & (seconds > 0)
    if not good.any():
        return None
    lengths = pc.utf8_length(table["text"]).to_numpy()
    rates = lengths[good] / seconds[good]
    top = max(1.0, float(np.quantile(rates, 0.995)) * 1.2)
    step = next((width for width in _WIDTHS if top / width <= _MOST_BINS), top / _MOST_BINS)
    edges = np.arange(0, np.ceil(top / step) + 1) * step
    counts, _ = np.histogram(np.minimum(rates, edges[-1]), edges)
    return _histogram("characters/s", edges, counts, float(np.median(rates)))


def _histogram(unit: str, edges: Any, counts: Any, median: float) -> Histogram:
    return Histogram(
        unit,
        tuple(float(edge) for edge in edges),
        tuple(int(count) for count in counts),
        round(median, 3),
    )


def _known_seconds(table: pa.Table) -> Any:
    return table["seconds"].drop_null().to_numpy()


def _values(table: pa.Table, column: str) -> list[tuple[str, int]]:
    counts = pc.value_counts(table[column]).to_pylist()
    return sorted(
        ((one["values"] or "", one["counts"]) for one in counts), key=lambda one: (-one[1], one[0])
    )


def _demographics(corpus: Corpus) -> dict[str, dict[str, dict[str, int]]]:
    found: dict[str, dict[str, dict[str, int]]] = {}
    for column in DEMOGRAPHICS:
        values: dict[str, dict[str, int]] = {}
        for split in SPLITS:
            table = corpus.split(split)
            if column in table.column_names:
                for value, count in _values(table, column):
                    values.setdefault(value, dict.fromkeys(SPLITS, 0))[split] = count
        if any(values):
            order = sorted(values, key=lambda value: (value == "", -sum(values[value].values())))
            found[column] = {value: values[value] for value in order}
    return found


def _samples(corpus: Corpus, seed: int) -> tuple[Sample, ...]:
    samples: list[Sample] = []
    for split in SPLITS:
        table = corpus.split(split)
        if not table.num_rows:
            continue
        chosen = np.random.default_rng(seed).choice(
            table.num_rows, min(_SAMPLES, table.num_rows), replace=False
        )
        columns = table.select(["clip", "path", "raw", "text", "seconds"])
        rows = columns.take(pa.array(np.sort(chosen))).to_pylist()
        samples.extend(Sample(split, **row) for row in rows)
    return tuple(samples)


def _examples(corpus: Corpus) -> dict[str, list[dict[str, Any]]]:
    """Up to three rows left out for each reason."""
    examples: dict[str, list[dict[str, Any]]] = {}
    for row in corpus.left_out:
        some = examples.setdefault(row.reason.split(":")[0], [])
        if len(some) < 3:
            some.append(
                {
                    "file": row.file, "line": row.line, "clip": row.clip,
                    "reason": row.reason, "sentence": row.raw[:200],
                }
            )  # fmt: skip
    return examples
