"""What a release holds, and what a run would use of it: the figures behind ``check``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pluggy
import pyarrow as pa
import pyarrow.compute as pc

from cvrecipes.check.figures import Audit, Histogram, Policy, Sample, SplitFigures
from cvrecipes.check.findings import find, no_vocabulary
from cvrecipes.data import splits
from cvrecipes.data.certificate import speaker_count, unknown_speakers
from cvrecipes.data.characters import Characters, find_characters
from cvrecipes.data.corpus import CorpusMaker
from cvrecipes.data.counts import count_reasons, count_tags, rounded_hours
from cvrecipes.data.selection import left_out_table
from cvrecipes.errors import CvrecipesError
from cvrecipes.models.ctc import Framing
from cvrecipes.recipe import Recipe
from cvrecipes.records import SPLITS, UNKNOWN_SPLIT, Certificate, Corpus, LeftOuts, Release, Segment
from cvrecipes.settings import Settings
from cvrecipes.text.alphabet import Alphabet
from cvrecipes.text.transcripts import UNKNOWN_TAG, tag_names

DEMOGRAPHICS = ("gender", "age", "accents", "accent", "variant", "sentence_domain")
_RARE = 20
_SAMPLES = 5
_TOP = 10
_EXAMPLES = 3
# Round widths of the bins of a histogram of rates, and the most bins that it may have.
_WIDTHS = (0.25, 0.5, 1.0, 2.0, 5.0, 10.0)
_MOST_BINS = 32


def audit_release(
    release: Release,
    recipe: Recipe,
    hooks: pluggy.PluginManager,
    settings: Settings,
    *,
    framing: Framing | None = None,
    limit: int | None = None,
    seed: int = 0,
    audio: bool = True,
) -> Audit:
    """Read a release as a run would, and describe it.

    Arguments:
        framing: the base model's frames; None for wav2vec 2.0's.
        limit, seed, audio: as those of `read_corpus`.

    Raises:
        UsageError: the release lacks a table that was asked for.
        Failure: a file cannot be read.
    """
    maker = CorpusMaker(release, recipe, hooks, framing or Framing(), audio=audio)
    corpus = maker.make(settings, limit=limit, seed=seed)
    figures = {split: _figures(corpus, split, recipe.alphabet) for split in SPLITS}
    policies = _policies(
        {
            policy: corpus
            if policy == settings.split
            else _other_policy(maker, replace(settings, split=policy), limit, seed)
            for policy in splits.POLICIES
            if policy == settings.split or splits.allows(release, policy)
        }
    )
    characters, unseen, rare = _characters(maker, recipe, corpus)
    audit = Audit(
        locale=recipe.locale,
        language=recipe.name,
        recipe=recipe.digest,
        status=recipe.status,
        release=release.version,
        folder=str(release.folder),
        policy=settings.split,
        audio=audio,
        files=_files(release, corpus),
        splits=figures,
        left_out=count_reasons(corpus.left_out),
        certificate=_certificate(corpus),
        characters=characters,
        unseen=unseen,
        rare=rare,
        durations=_durations(corpus.train),
        rates=_rates(corpus.train),
        speakers=_most_clips(corpus.train),
        demographics=_demographics(corpus),
        policies=policies,
        samples=_samples(corpus, seed),
        findings=(),
        limit=limit,
        examples=_examples(corpus),
        alphabet=bool(recipe.alphabet),
        builtin=release.builtin,
        tags=count_tags(corpus),
        unknown_tags=_unknown_tags(corpus),
        variant=recipe.variant if recipe.variants else None,
        other_variants=tuple(v.name for v in recipe.variants if v.name != recipe.variant),
    )
    findings = (*no_vocabulary(recipe, corpus, hooks), *find(audit))
    return replace(audit, findings=findings)


def _files(release: Release, corpus: Corpus) -> dict[str, int]:
    """Rows that were read of each file; a manifest holds several tables in one file."""
    files: dict[str, int] = {}
    for name, lines in corpus.rows.items():
        path = release.tables[name]
        inside = path.is_relative_to(release.folder)
        shown = path.relative_to(release.folder).as_posix() if inside else path.name
        files[shown] = files.get(shown, 0) + lines
    nowhere = Counter(row.file for row in corpus.left_out if row.split == UNKNOWN_SPLIT)
    for shown in files:
        files[shown] += nowhere.pop(Path(shown).name, 0)
    return files


def _certificate(corpus: Corpus) -> Certificate:
    if corpus.certificate is None:
        raise ValueError("this corpus was made without a certificate")
    return corpus.certificate


def _figures(corpus: Corpus, split: str, alphabet: Alphabet) -> SplitFigures:
    table = corpus.split(split)
    left_out = count_reasons(corpus.left_out, split)
    return SplitFigures(
        rows=table.num_rows + sum(left_out.values()),
        clips=table.num_rows,
        hours=rounded_hours(corpus, split),
        speakers=speaker_count(table),
        unknown_speakers=unknown_speakers(table),
        sentences=len(pc.unique(table["text"])),
        left_out=left_out,
        outside_alphabet=sum(bool(alphabet.outside(text)) for text in table["text"].to_pylist())
        if alphabet
        else None,
    )


def _unknown_tags(corpus: Corpus) -> dict[str, int]:
    """Clips left out for each tag that is not known, the most frequent first."""
    table = left_out_table(corpus.left_out)
    details = table.filter(pc.equal(table["rule"], UNKNOWN_TAG))["detail"].to_pylist()
    return dict(Counter(tag for detail in details for tag in tag_names(detail)).most_common())


def _other_policy(
    maker: CorpusMaker, settings: Settings, limit: int | None, seed: int
) -> Corpus | None:
    """The corpus under a policy that was not asked for; its damaged tables stop nothing."""
    try:
        return maker.make(settings, limit=limit, seed=seed)
    except CvrecipesError:
        return None


def _policies(corpora: Mapping[str, Corpus | None]) -> tuple[Policy, ...]:
    """Train by each policy."""
    return tuple(
        Policy(
            policy,
            corpus.train.num_rows,
            rounded_hours(corpus, "train"),
            speaker_count(corpus.train),
            _certificate(corpus),
        )
        for policy, corpus in corpora.items()
        if corpus is not None
    )


def _characters(
    maker: CorpusMaker, recipe: Recipe, corpus: Corpus
) -> tuple[Characters, tuple[str, ...], dict[str, int]]:
    raws: Counter[str] = Counter()
    for name in corpus.rows:
        # A clip of train is in validated.tsv too: count its sentence once.
        if name == "validated" or "validated" not in corpus.rows:
            counts = pc.value_counts(maker.reading.rows(name).table["raw"])
            for row in counts.to_pylist():
                raws[row["values"]] += row["counts"]
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
        ((row["values"] or "", row["counts"]) for row in counts),
        key=lambda item: (-item[1], item[0]),
    )


def _most_clips(table: pa.Table) -> tuple[int, ...]:
    """Clips of the speakers who read most; clips without a speaker are nobody's."""
    return tuple(n for who, n in _values(table, "speaker")[: _TOP + 1] if who)[:_TOP]


def _demographics(corpus: Corpus) -> dict[str, dict[str, dict[str, int]]]:
    demographics: dict[str, dict[str, dict[str, int]]] = {}
    for column in DEMOGRAPHICS:
        values: dict[str, dict[str, int]] = {}
        for split in SPLITS:
            table = corpus.split(split)
            if column in table.column_names:
                for value, count in _values(table, column):
                    # Null (the file lacks the column) and empty both mean "not given".
                    values.setdefault(value, dict.fromkeys(SPLITS, 0))[split] += count
        if any(values):
            order = sorted(values, key=lambda value: (value == "", -sum(values[value].values())))
            demographics[column] = {value: values[value] for value in order}
    return demographics


def _samples(corpus: Corpus, seed: int) -> tuple[Sample, ...]:
    samples: list[Sample] = []
    for split in SPLITS:
        table = corpus.split(split)
        if not table.num_rows:
            continue
        chosen = np.random.default_rng(seed).choice(
            table.num_rows, min(_SAMPLES, table.num_rows), replace=False
        )
        columns = table.select(["clip", *Segment._fields, "raw", "text", "seconds"])
        rows = columns.take(pa.array(np.sort(chosen))).to_pylist()
        samples.extend(Sample(split, **row) for row in rows)
    return tuple(samples)


def _examples(corpus: Corpus) -> dict[str, list[dict[str, Any]]]:
    """Up to three rows left out for each reason."""
    table = left_out_table(corpus.left_out)
    rules = table["rule"].combine_chunks().dictionary_encode()
    codes = rules.indices.to_numpy()
    return {
        rule: [
            {
                "file": row.file, "line": row.line, "clip": row.clip,
                "reason": row.reason, "detail": row.detail, "sentence": row.raw[:200],
            }
            for row in LeftOuts(table.take(pa.array(np.flatnonzero(codes == code)[:_EXAMPLES])))
        ]
        for code, rule in enumerate(rules.dictionary.to_pylist())
    }  # fmt: skip
