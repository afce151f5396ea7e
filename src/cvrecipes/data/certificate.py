"""What two sets of clips have in common: the measure of a leak."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cvrecipes.errors import Failure
from cvrecipes.files import replacing
from cvrecipes.records import SPLITS, Certificate, Corpus

_COLUMNS = ("clip", "speaker", "text", "near")


def certify(policy: str, tables: Mapping[str, pa.Table]) -> Certificate:
    """Count what train shares with dev and test, as they are used.

    Arguments:
        tables: train, dev and test, with ``clip``, ``speaker``, ``text`` and ``near``.
    """
    train = tables["train"]
    counts = shared(train, [tables["dev"], tables["test"]])
    return Certificate(
        policy,
        speakers=counts["speakers"],
        sentences=counts["sentences"],
        near_duplicates=counts["near_duplicates"],
        clips=counts["clips"],
        shared={split: shared(train, [tables[split]]) for split in ("dev", "test")},
        unknown_speakers=int(pc.sum(pc.equal(train["speaker"], "")).as_py() or 0),
        lists={split: list_hash(tables[split]["clip"]) for split in SPLITS},
    )


def shared(table: pa.Table, others: Sequence[pa.Table]) -> dict[str, int]:
    """What a table shares with any of the others.

    Returns:
        ``recordings``: clips of the same name; ``speakers`` and ``sentences``: distinct ones;
        ``near_duplicates``: further sentences that are nearly the same; ``clips``: clips of
        `table` that any of these touches.
    """
    touched = {
        column: pc.is_in(
            table[column],
            value_set=pa.concat_arrays([different(other[column]) for other in others]),
        ).to_numpy(zero_copy_only=False)
        for column in _COLUMNS
    }
    nearly = touched["near"] & ~touched["text"]
    return {
        "recordings": int(touched["clip"].sum()),
        "speakers": _number(table["speaker"], touched["speaker"]),
        "sentences": _number(table["text"], touched["text"]),
        "near_duplicates": _number(table["text"], nearly),
        "clips": int(np.logical_or.reduce(list(touched.values())).sum()),
    }


def different(values: pa.ChunkedArray | pa.Array) -> pa.Array:
    """The different values, without the empty one."""
    values = pc.unique(values)
    return values.filter(pc.not_equal(values, ""))


def list_hash(clips: pa.ChunkedArray) -> str:
    """SHA-256 of the sorted clip names, one a line."""
    return hashlib.sha256("\n".join(sorted(clips.to_pylist())).encode()).hexdigest()


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
