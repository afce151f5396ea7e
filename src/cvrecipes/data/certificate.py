"""What two sets of clips have in common: the measure of a leak."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cvrecipes.data.overlaps import shared_clips
from cvrecipes.errors import Failure
from cvrecipes.files import replacing
from cvrecipes.records import SPLITS, Certificate, Corpus

_COLUMNS = ("clip", "speaker", "text", "near")
_WITHOUT_SPEAKERS = ("recordings", "sentences", "near_duplicates")


class Shared(NamedTuple):
    """What a table shares with others.

    Attributes:
        recordings: clips of the same name, or that overlap one in time in the same file.
        speakers, sentences: different ones; `speakers` is None where no speaker is known on one
            of the two sides.
        near_duplicates: further sentences that are nearly the same.
        clips: clips of the table that any of these touches; None where `speakers` is.
        clips_at_least: those of them that are known without the speakers that nobody names.
    """

    recordings: int
    speakers: int | None
    sentences: int
    near_duplicates: int
    clips: int | None
    clips_at_least: int


def certify(policy: str, tables: Mapping[str, pa.Table]) -> Certificate:
    """Count what train shares with dev and test, as they are used.

    Arguments:
        tables: train, dev and test, with ``clip``, ``speaker``, ``text`` and ``near``.
    """
    train = tables["train"]
    counts = shared(train, [tables["dev"], tables["test"]])
    return Certificate(
        policy,
        speakers=counts.speakers,
        sentences=counts.sentences,
        near_duplicates=counts.near_duplicates,
        clips=counts.clips,
        clips_at_least=counts.clips_at_least,
        shared={split: shared(train, [tables[split]])._asdict() for split in ("dev", "test")},
        unknown_speakers={split: unknown_speakers(tables[split]) for split in SPLITS},
        lists={split: list_hash(tables[split]) for split in SPLITS},
    )


def shared(table: pa.Table, others: Sequence[pa.Table]) -> Shared:
    """What a table shares with any of the others."""
    touched = {
        column: pc.is_in(
            table[column],
            value_set=pa.concat_arrays([different(other[column]) for other in others]),
        ).to_numpy(zero_copy_only=False)
        for column in _COLUMNS
        if column != "clip"
    }
    touched["clip"] = shared_clips(
        table["clip"], pa.concat_arrays([different(other["clip"]) for other in others])
    )
    nearly = touched["near"] & ~touched["text"]
    known = _speakers_known([table]) and _speakers_known(others)
    clips = int(np.logical_or.reduce(list(touched.values())).sum())
    return Shared(
        recordings=int(touched["clip"].sum()),
        speakers=_number(table["speaker"], touched["speaker"]) if known else None,
        sentences=_number(table["text"], touched["text"]),
        near_duplicates=_number(table["text"], nearly),
        clips=clips if known else None,
        clips_at_least=clips,
    )


def shared_cell(counts: Mapping[str, Any], key: str, unknown: int) -> str:
    """A count of what is shared, for a table: ``3``, ``at least 3`` or ``unknown``.

    Arguments:
        counts: those of `Shared`, or of a certificate, as plain data.
        key: the count; ``speakers`` and what depends on them are lower bounds where the speaker
            of a clip is not known.
        unknown: clips without a speaker, on both sides.
    """
    count = counts[key]
    if key in _WITHOUT_SPEAKERS:
        return f"{count:,}"
    count = counts.get(f"{key}_at_least") or count
    if count is None:
        return "unknown"
    return f"at least {count:,}" if unknown else f"{count:,}"


def different(values: pa.ChunkedArray | pa.Array) -> pa.Array:
    """The different values, without the empty one."""
    values = pc.unique(values)
    return values.filter(pc.not_equal(values, ""))


def speaker_count(table: pa.Table) -> int | None:
    """How many speakers the clips of a table have; None when not one is known."""
    return len(different(table["speaker"])) if _speakers_known([table]) else None


def unknown_speakers(table: pa.Table) -> int:
    """How many clips of a table have no speaker."""
    return int(pc.sum(pc.equal(table["speaker"], "")).as_py() or 0)


def _speakers_known(tables: Sequence[pa.Table]) -> bool:
    """Whether a speaker of these clips is known; of no clip, nothing is unknown."""
    clips = sum(table.num_rows for table in tables)
    return clips == 0 or any(len(different(table["speaker"])) for table in tables)


def list_hash(table: pa.Table) -> str:
    """SHA-256 of the clips and what is known of their speakers, one clip a line, sorted.

    A line is the clip's name, a tab and its speaker; nothing stands after the tab where the
    speaker is not known.
    """
    lines = pc.binary_join_element_wise(table["clip"], table["speaker"], "\t")
    return hashlib.sha256("\n".join(sorted(lines.to_pylist())).encode()).hexdigest()


def write_clips(path: Path, corpus: Corpus) -> None:
    """Write down which clips a run used: split, clip, speaker, text and near-duplicate key."""
    tables = [
        corpus.split(split)
        .select(list(_COLUMNS))
        .add_column(0, "split", pa.repeat(split, corpus.split(split).num_rows))
        for split in SPLITS
    ]
    with replacing(path) as temporary:
        pq.write_table(pa.concat_tables(tables), temporary, compression="zstd")


def read_clips(path: Path) -> dict[str, pa.Table]:
    """The tables that `write_clips` wrote.

    Raises:
        Failure: the file is missing or damaged.
    """
    try:
        schema = pa.schema([(name, pa.string()) for name in ("split", *_COLUMNS)])
        table = pq.read_table(path).select(schema.names).cast(schema)
        return {split: table.filter(pc.equal(table["split"], split)) for split in SPLITS}
    except (OSError, pa.ArrowException, KeyError) as error:
        why = "there is no such file" if isinstance(error, FileNotFoundError) else "is damaged"
        raise Failure(why, where=path, remedy="was this run made by an older cvrecipes?") from None


def _number(values: pa.ChunkedArray, chosen: np.ndarray) -> int:
    return len(different(values.filter(pa.array(chosen))))
