"""Rows on their way to a split: what falls through keeps its reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cvrecipes.data.tables import Rows
from cvrecipes.records import BadRow, LeftOut, LeftOuts

LEFT_OUT = pa.schema(
    [
        ("split", pa.string()),
        ("line", pa.int64()),
        ("clip", pa.string()),
        ("reason", pa.string()),
        ("raw", pa.string()),
        ("file", pa.string()),
    ]
)


class Sieve:
    """The rows of one split, none copied until the end.

    Attributes:
        table: all rows, of one or several files.
        seconds: durations; nan where they are not known (yet).
        alive: which rows are still in.
    """

    def __init__(self, split: str, parts: Sequence[Rows]) -> None:
        self.split = split
        self.bad: list[tuple[str, BadRow]] = [(p.file, row) for p in parts for row in p.bad]
        self.table = (
            parts[0].table
            if len(parts) == 1
            else pa.concat_tables([p.table for p in parts], promote_options="default")
        ).combine_chunks()
        self.reasons: dict[int, str] = {}
        self.alive = np.ones(self.table.num_rows, dtype=bool)
        self.seconds = np.full(self.table.num_rows, np.nan)
        start = 0
        for part in parts:
            for index, reason in part.reasons.items():
                self.drop(start + index, reason)
            if part.seconds is not None:
                self.seconds[start : start + part.table.num_rows] = part.seconds
            start += part.table.num_rows
        self._considered = np.ones(self.table.num_rows, dtype=bool)

    def places(self) -> npt.NDArray[np.int64]:
        """Places in `table` of the rows that are still in."""
        return np.flatnonzero(self.alive)

    def values(self, column: str, places: npt.NDArray[np.int64] | None = None) -> pa.Array:
        """A column of the rows at `places`; of those still in when None."""
        taken = self.table[column].take(pa.array(self.places() if places is None else places))
        return _whole(taken)

    def drop(self, place: int, reason: str) -> None:
        """Leave a row out; the first reason stays."""
        if self.alive[place]:
            self.alive[place] = False
            self.reasons[place] = reason

    def drop_all(self, places: Iterable[int], reason: str) -> None:
        """Leave several rows out for one reason."""
        for place in places:
            self.drop(int(place), reason)

    def drop_each(self, places: Iterable[int], reasons: Iterable[str | None]) -> None:
        """Leave out the rows of `places` that have a reason."""
        for place, reason in zip(places, reasons, strict=True):
            if reason:
                self.drop(int(place), reason)

    def forget_all_but(self, places: npt.NDArray[np.int64]) -> None:
        """Rows that were not looked at are neither used nor left out."""
        self._considered[:] = False
        self._considered[places] = True
        self.alive &= self._considered

    def kept(self) -> pa.Table:
        """The rows that are still in, with their durations; null where not known."""
        places = self.places()
        seconds = self.seconds[places].astype(np.float32)
        table = self.table.take(pa.array(places))
        column = pa.array(seconds, pa.float32(), mask=np.isnan(seconds))
        return table.append_column("seconds", column).combine_chunks()

    def lost(self) -> pa.Table:
        """The rows that fell through, in the order of their files; columns of `LEFT_OUT`."""
        places = [place for place in sorted(self.reasons) if self._considered[place]]
        taken = self.table.select(["line", "clip", "raw", "file"]).take(
            pa.array(places, pa.int64())
        )
        rows = pa.table(
            {
                "split": pa.repeat(self.split, len(places)),
                "line": taken["line"],
                "clip": taken["clip"],
                "reason": pa.array([self.reasons[place] for place in places], pa.string()),
                "raw": taken["raw"],
                "file": taken["file"],
            },
            schema=LEFT_OUT,
        )
        if not self.bad:
            return rows
        return pa.concat_tables([bad_rows(self.split, self.bad), rows])


def bad_rows(split: str, bad: Sequence[tuple[str, BadRow]]) -> pa.Table:
    """Lines that are no rows, as left out."""
    return pa.table(
        {
            "split": [split] * len(bad),
            "line": [row.line for _, row in bad],
            "clip": [""] * len(bad),
            "reason": [row.reason for _, row in bad],
            "raw": [row.raw for _, row in bad],
            "file": [file for file, _ in bad],
        },
        schema=LEFT_OUT,
    )


def counted(left_out: Sequence[LeftOut], split: str | None = None) -> dict[str, int]:
    """How many rows each reason left out, the most frequent first.

    What follows a colon is detail and does not count.
    """
    if isinstance(left_out, LeftOuts):
        # Arrow counts a million in the time Python takes for ten thousand.
        table = left_out.table
        if split is not None:
            table = table.filter(pc.equal(table["split"], split))
        short = pc.replace_substring_regex(table["reason"], r"(?s):.*$", "")
        counts = Counter(
            {one["values"]: one["counts"] for one in pc.value_counts(short).to_pylist()}
        )
    else:
        rows = (row for row in left_out if split is None or row.split == split)
        counts = Counter(row.kind for row in rows)
    return dict(counts.most_common())


def _whole(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    if isinstance(column, pa.ChunkedArray):
        joined = column.combine_chunks()
        return joined if isinstance(joined, pa.Array) else pa.concat_arrays(joined.chunks)
    return column
