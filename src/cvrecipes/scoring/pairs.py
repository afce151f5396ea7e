"""Saved pairs: all that scoring needs, as Parquet for programs and as TSV for people.

With ``pairs.parquet`` a rate of any group, an interval or the effect of another normalization
is computed without the model.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cvrecipes.errors import Failure
from cvrecipes.files import replacing, write_text
from cvrecipes.records import Pair, Score
from cvrecipes.words import escaped

if TYPE_CHECKING:
    import pyarrow as pa

FORMAT = 1
# The version of the columns, in the metadata of the Parquet schema.
FORMAT_KEY = b"cvrecipes.pairs"
# Before the names of the release's own columns, so that none is taken for one of these.
PREFIX = "release_"
_COUNTS = (
    "words", "substitutions", "deletions", "insertions",
    "characters", "character_substitutions", "character_deletions", "character_insertions",
)  # fmt: skip
COLUMNS = ("clip", "speaker", "seconds", "raw", "reference", "hypothesis", *_COUNTS)
# Whether the recipe's alphabet covers the reference. Files of earlier versions lack it, and
# `read_pairs` needs it as little as the counts.
INSIDE = "inside_alphabet"
TSV_COLUMNS = ("clip", "reference", "hypothesis", "wer", "cer", "seconds", "raw", INSIDE)


def write_pairs(path: Path, pairs: Sequence[Pair], score: Score) -> None:
    """Write pairs: Parquet where the name of the file ends in ``.parquet``, TSV elsewhere.

    Arguments:
        score: of these pairs, in their order.

    Raises:
        ValueError: `score` is of another number of pairs; nothing is written.
        Failure: the file cannot be written.
    """
    if not len(pairs) == len(score.words) == len(score.characters):
        raise ValueError(f"{len(pairs)} pairs, but a score of {len(score.words)}")
    if path.suffix == ".parquet":
        import pyarrow.parquet as pq

        table = _table(pairs, score)
        with replacing(path) as temporary:
            pq.write_table(table, temporary, compression="zstd")
    else:
        write_text(path, _tsv(pairs, score))


def read_pairs(path: Path) -> tuple[Pair, ...]:
    """The pairs of a ``pairs.parquet``, as they were written.

    `score_pairs` of the result gives the score again. The columns of counts are for programs
    that read the file themselves.

    Raises:
        Failure: the file cannot be read, or is of another kind or version.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
    except OSError as error:
        raise Failure(f"cannot be read ({error.strerror or error})", where=path) from None
    except pa.ArrowInvalid:
        raise Failure("is no Parquet file", where=path) from None
    version = (table.schema.metadata or {}).get(FORMAT_KEY, b"").decode("utf-8", "replace")
    missing = [name for name in COLUMNS if name not in table.column_names]
    if not version or (version == str(FORMAT) and missing):
        raise Failure(
            "does not hold pairs of reference and hypothesis",
            where=path,
            remedy="name the pairs.parquet of a run",
        )
    if version != str(FORMAT):
        raise Failure(
            f"is of format {version}, this version of cvrecipes reads format {FORMAT}",
            where=path,
            remedy="read it with the version that wrote it",
        )
    columns = [name for name in table.column_names if name.startswith(PREFIX)]
    return tuple(_pair(row, columns) for row in table.to_pylist())


def _pair(row: dict[str, Any], columns: Sequence[str]) -> Pair:
    return Pair(
        clip=row["clip"],
        speaker=row["speaker"] or "",
        reference=row["reference"],
        hypothesis=row["hypothesis"],
        seconds=math.nan if row["seconds"] is None else row["seconds"],
        raw=row["raw"],
        columns={name.removeprefix(PREFIX): row[name] for name in columns if row[name] is not None},
    )


def _table(pairs: Sequence[Pair], score: Score) -> pa.Table:
    """One row a pair; what is not known is null."""
    import pyarrow as pa

    values: dict[str, Any] = {
        "clip": [pair.clip for pair in pairs],
        "speaker": [pair.speaker or None for pair in pairs],
        "seconds": [None if math.isnan(pair.seconds) else pair.seconds for pair in pairs],
        "raw": [pair.raw for pair in pairs],
        "reference": [pair.reference for pair in pairs],
        "hypothesis": [pair.hypothesis for pair in pairs],
    }
    for unit, prefix, alignments in (
        ("words", "", score.words),
        ("characters", "character_", score.characters),
    ):
        values[unit] = [alignment.units for alignment in alignments]
        values[f"{prefix}substitutions"] = [alignment.substitutions for alignment in alignments]
        values[f"{prefix}deletions"] = [alignment.deletions for alignment in alignments]
        values[f"{prefix}insertions"] = [alignment.insertions for alignment in alignments]
    values[INSIDE] = _inside(score)
    for name in dict.fromkeys(name for pair in pairs for name in pair.columns):
        values[f"{PREFIX}{name}"] = [pair.columns.get(name) for pair in pairs]

    def kind(name: str) -> pa.DataType:
        if name in _COUNTS:
            return pa.int32()
        if name == INSIDE:
            return pa.bool_()
        return pa.float64() if name == "seconds" else pa.string()

    fields = [pa.field(name, kind(name)) for name in values]
    schema = pa.schema(fields, metadata={FORMAT_KEY: str(FORMAT).encode()})
    return pa.table(values, schema=schema)


def _inside(score: Score) -> Sequence[bool | None]:
    """For each pair, whether its reference is inside the alphabet; None without an alphabet."""
    return score.inside_alphabet.clips if score.inside_alphabet else [None] * len(score.words)


def _tsv(pairs: Sequence[Pair], score: Score) -> str:
    lines = ["\t".join(TSV_COLUMNS)]
    named = {True: "yes", False: "no", None: ""}
    for pair, words, characters, inside in zip(
        pairs, score.words, score.characters, _inside(score), strict=True
    ):
        cells = (
            pair.clip,
            pair.reference,
            pair.hypothesis,
            f"{words.rate:.4f}",
            f"{characters.rate:.4f}",
            "" if math.isnan(pair.seconds) else f"{pair.seconds:.2f}",
            pair.raw,
            named[inside],
        )
        lines.append("\t".join(map(escaped, cells)))
    return "\n".join(lines) + "\n"
