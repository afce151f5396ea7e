"""What a release holds, and what a run would make of it: the figures behind ``check``."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pluggy
import pyarrow as pa
import pyarrow.compute as pc

from cvrecipes.check.figures import Audit, Histogram, Policy, Sample, SplitFigures
from cvrecipes.check.findings import find, no_vocabulary
from cvrecipes.data import splits
from cvrecipes.data.certificate import different
from cvrecipes.data.characters import Characters, find_characters
from cvrecipes.data.corpus import CorpusMaker, Limits
from cvrecipes.data.selection import counted
from cvrecipes.errors import CvrecipesError
from cvrecipes.models.ctc import Framing
from cvrecipes.recipe import Recipe
from cvrecipes.records import SPLITS, Certificate, Corpus, Release

DEMOGRAPHICS = ("gender", "age", "accents", "accent", "variant", "sentence_domain")
_RARE = 20
_SAMPLES = 5
_TOP = 10
# Of a histogram of rates: round widths, and how many bins there may be.
_WIDTHS = (0.25, 0.5, 1.0, 2.0, 5.0, 10.0)
_MOST_BINS = 32


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
    audit = Audit(
        locale=recipe.locale,
        language=recipe.name,
        recipe=recipe.digest,
        status=recipe.status,
        release=release.version,
        folder=str(release.folder),
        policy=limits.choice.policy,
        audio=limits.audio,
        files=_files(release, corpus),
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


def _files(release: Release, corpus: Corpus) -> dict[str, int]:
    """Rows that were read of each file; a manifest has several tables in one."""
    files: dict[str, int] = {}
    for name, lines in corpus.rows.items():
        path = release.tables[name]
        inside = path.is_relative_to(release.folder)
        shown = path.relative_to(release.folder).as_posix() if inside else path.name
        files[shown] = files.get(shown, 0) + lines
    return files


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
            try:
                made = maker.make(replace(limits, choice=choice), merge_dev=merge_dev)
            except CvrecipesError:
                # A damaged table that was not asked for stops nothing.
                continue
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
                    # Null, where a file lacks the column, and empty are both "not given".
                    values.setdefault(value, dict.fromkeys(SPLITS, 0))[split] += count
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
        some = examples.setdefault(row.kind, [])
        if len(some) < 3:
            some.append(
                {
                    "file": row.file, "line": row.line, "clip": row.clip,
                    "reason": row.reason, "sentence": row.raw[:200],
                }
            )  # fmt: skip
    return examples
