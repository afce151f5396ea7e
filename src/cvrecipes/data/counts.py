"""What summaries, reports and run.json count of a corpus: clips used, and rows left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from cvrecipes.data.certificate import speaker_count, unknown_speakers
from cvrecipes.data.selection import left_out_table
from cvrecipes.records import SPLITS, TRANSCRIPT_TAGS, UNKNOWN_SPLIT, Corpus, LeftOut
from cvrecipes.text.transcripts import tag_names
from cvrecipes.words import plural


def count_reasons(
    left_out: Iterable[LeftOut], split: str | None = None, *, held_out: bool | None = None
) -> dict[str, int]:
    """How many rows each rule left out, the most frequent first.

    Arguments:
        split: count this split alone; None for all.
        held_out: count only the rows that dev and test keep out of train, or only the others;
            None for both.
    """
    return _count(_chosen(left_out, held_out, split), "rule")


def split_counts(corpus: Corpus) -> dict[str, dict[str, Any]]:
    """Clips, hours, speakers, clips without a speaker, and rows in the release of each split.

    Hours are None when a length is not known, speakers when not one of them is.
    """
    return {split: _split_count(corpus, split) for split in SPLITS}


def _split_count(corpus: Corpus, split: str) -> dict[str, Any]:
    table = corpus.split(split)
    return {
        "clips": table.num_rows,
        "hours": rounded_hours(corpus, split),
        "speakers": speaker_count(table),
        "unknown_speakers": unknown_speakers(table),
        "rows": int(corpus.rows.get(split, 0)),
    }


def rounded_hours(corpus: Corpus, split: str) -> float | None:
    """Hours of speech in a split, to a hundredth of a second; None when a length is not known.

    Every screen, page and JSON has this number, so that no two of them disagree.
    """
    hours = corpus.hours(split)
    return None if hours is None else round(hours, 6)


def left_out_counts(corpus: Corpus, *, merge_dev: bool) -> dict[str, Any]:
    """Rows left out, all and of each split, with their share of the rows considered.

    Lines of no known split are counted with all, and apart.

    A row was considered when it is used or left out. Rows that ``--limit`` did not choose were
    not, nor those that dev and test keep out of train.

    Arguments:
        merge_dev: dev was merged into train, and so were the rows that are left out of it.
    """
    counts = Counter(_count(_chosen(corpus.left_out, held_out=False), "split"))
    if merge_dev:
        counts["train"] += counts.pop("dev", 0)
    reasons = {split: count_reasons(corpus.left_out, split, held_out=False) for split in SPLITS}
    if merge_dev:
        merged = Counter(reasons["train"]) + Counter(reasons["dev"])
        reasons |= {"train": dict(merged.most_common()), "dev": {}}
    used = {split: corpus.split(split).num_rows for split in SPLITS}
    return {
        "clips": counts.total(),
        "share": _share(counts.total(), sum(used.values())),
        "reasons": count_reasons(corpus.left_out, held_out=False),
        "splits": {
            split: {
                "clips": counts[split],
                "share": _share(counts[split], used[split]),
                "reasons": reasons[split],
            }
            for split in SPLITS
        },
        "unknown_split": counts[UNKNOWN_SPLIT],
        "held_out": count_reasons(corpus.left_out, held_out=True),
    }


def count_tags(corpus: Corpus) -> dict[str, dict[str, int]]:
    """Tags that were taken out of the transcripts of used clips, the most frequent first.

    Returns:
        For each tag, such as ``[laugh]``, how many ``times`` it occurs, and in how many ``clips``.
    """
    times: Counter[str] = Counter()
    clips: Counter[str] = Counter()
    for split in SPLITS:
        table = corpus.split(split)
        if TRANSCRIPT_TAGS in table.column_names:
            for tags in pc.drop_null(table[TRANSCRIPT_TAGS]).to_pylist():
                names = tag_names(tags)
                times.update(names)
                clips.update(set(names))
    return {tag: {"times": n, "clips": clips[tag]} for tag, n in times.most_common()}


def tags_removed(tags: Mapping[str, Mapping[str, int]]) -> str:
    """The counts of `count_tags` in words; empty when there are none."""
    return ", ".join(
        f"{count['times']:,} {tag} in {plural(count['clips'], 'clip')}"
        for tag, count in tags.items()
    )


def part_of_split(corpus: Corpus, split: str, limit: int | None) -> dict[str, int] | None:
    """Clips of a split used and the rows of its table, when ``--limit`` took only some."""
    rows = int(corpus.rows.get(split, 0))
    clips = corpus.split(split).num_rows
    considered = clips + _chosen(corpus.left_out, split=split).num_rows
    if limit is None or considered >= rows:
        return None
    return {"clips": clips, "of": rows}


def _chosen(
    left_out: Iterable[LeftOut], held_out: bool | None = None, split: str | None = None
) -> pa.Table:
    table = left_out_table(left_out)
    if split is not None:
        table = table.filter(pc.equal(table["split"], split))
    if held_out is not None:
        table = table.filter(pc.equal(table["held_out"], held_out))
    return table


def _count(table: pa.Table, column: str) -> dict[str, int]:
    """How often each value of a column occurs, the most frequent first."""
    counts = {row["values"]: row["counts"] for row in pc.value_counts(table[column]).to_pylist()}
    return dict(Counter(counts).most_common())


def _share(left_out: int, used: int) -> float:
    return left_out / (left_out + used) if left_out else 0.0
