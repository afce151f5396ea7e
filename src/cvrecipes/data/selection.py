"""The rows of one split: which are kept, and why the others are left out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cvrecipes.data.tables import TEXT_REASON, Rows
from cvrecipes.records import BadRow, LeftOut, LeftOuts, Segment, segments

Places = npt.NDArray[np.int64]
LEFT_OUT = pa.schema(
    [
        ("split", pa.string()),
        ("file", pa.string()),
        ("line", pa.int64()),
        ("clip", pa.string()),
        ("rule", pa.string()),
        ("detail", pa.string()),
        ("held_out", pa.bool_()),
        ("raw", pa.string()),
    ]
)


@dataclass(frozen=True, slots=True)
class _Batch:
    """Rows that were left out at once; one detail for all, or one for each."""

    places: Places
    rule: str
    detail: str | Sequence[str]
    held_out: bool

    def details(self) -> pa.Array:
        if isinstance(self.detail, str):
            return pa.repeat(self.detail, len(self.places))
        return pa.array(self.detail, pa.string())


class Selection:
    """The rows of one split. Rows are marked, and not copied until the split is final.

    Attributes:
        split: ``train``, ``dev`` or ``test``.
        table: all rows, of one or several files; columns as in `Rows`.
        kept: which rows of `table` are still used.
        seconds: durations; nan where they are not known (yet).
        bad: file and line of what is no row of a table.
        defects: what is wrong with a clip's file, by place: rule and detail.
    """

    def __init__(self, split: str, parts: Sequence[Rows]) -> None:
        self.split = split
        self.bad: list[tuple[str, BadRow]] = [(p.file, row) for p in parts for row in p.bad]
        self.table = (
            parts[0].table
            if len(parts) == 1
            else pa.concat_tables([p.table for p in parts], promote_options="default")
        ).combine_chunks()
        self.kept = np.ones(self.table.num_rows, dtype=bool)
        self.seconds = np.concatenate(
            [
                np.full(part.table.num_rows, np.nan) if part.seconds is None else part.seconds
                for part in parts
            ]
        )
        self.defects: dict[int, tuple[str, str]] = {}
        self._batches: list[_Batch] = []
        self._considered = np.ones(self.table.num_rows, dtype=bool)

    def places(self) -> Places:
        """Places in `table` of the rows that are kept."""
        return np.flatnonzero(self.kept)

    def values(self, column: str, places: Places | None = None) -> pa.Array:
        """A column of the rows at `places`; of the kept rows when None."""
        taken = self.table[column].take(pa.array(self.places() if places is None else places))
        joined = taken.combine_chunks()
        return joined if isinstance(joined, pa.Array) else pa.concat_arrays(joined.chunks)

    def segments(self) -> list[Segment]:
        """The audio of the kept rows."""
        return segments(self.table.select(Segment._fields).take(pa.array(self.places())))

    def parts(self, places: Places) -> npt.NDArray[np.float64]:
        """Start and end in its file of each row at `places`, in seconds; nan where it has none."""
        columns = (pc.fill_null(self.values(name, places), np.nan) for name in ("start", "end"))
        return np.stack([column.to_numpy() for column in columns], axis=1)

    def leave_out(
        self,
        places: Iterable[int] | Places,
        rule: str,
        detail: str | Sequence[str] = "",
        *,
        held_out: bool = False,
    ) -> None:
        """Leave rows out. A row that was left out before keeps its first reason.

        Arguments:
            places: places in `table`, each once.
            rule: the words that these rows are counted by.
            detail: one text for all rows, or one for each of `places`.
            held_out: whether nothing is wrong with the rows (see `LeftOut`).
        """
        chosen = np.asarray(
            places if isinstance(places, np.ndarray) else list(places), dtype=np.int64
        )
        fresh = self.kept[chosen]
        if not isinstance(detail, str):
            if len(detail) != len(chosen):
                raise ValueError(f"{len(chosen)} places, but {len(detail)} details")
            detail = [text for text, keep in zip(detail, fresh, strict=True) if keep]
        chosen = chosen[fresh]
        if len(chosen):
            self.kept[chosen] = False
            self._batches.append(_Batch(chosen, rule, detail, held_out))

    def consider(self, places: Places) -> None:
        """Consider these rows alone: all others are neither used nor left out."""
        self._considered[:] = False
        self._considered[places] = True
        self.kept &= self._considered

    def clips(self) -> pa.Table:
        """The kept rows, with their durations; null where not known."""
        places = self.places()
        seconds = self.seconds[places].astype(np.float32)
        table = self.table.drop_columns([TEXT_REASON]).take(pa.array(places))
        column = pa.array(seconds, pa.float32(), mask=np.isnan(seconds))
        return table.append_column("seconds", column).combine_chunks()

    def left_out(self) -> pa.Table:
        """The rows that are left out, in the order of their files; columns of `LEFT_OUT`."""
        lines = left_out_table(line_left_out(self.split, file, row) for file, row in self.bad)
        if not self._batches:
            return lines
        places = np.concatenate([batch.places for batch in self._batches])
        table = pa.table(
            {
                "rule": pa.concat_arrays(
                    [pa.repeat(batch.rule, len(batch.places)) for batch in self._batches]
                ),
                "detail": pa.concat_arrays([batch.details() for batch in self._batches]),
                "held_out": np.concatenate(
                    [np.full(len(batch.places), batch.held_out) for batch in self._batches]
                ),
            }
        )
        order = np.argsort(places)
        order = order[self._considered[places[order]]]
        table = table.take(pa.array(order))
        taken = self.table.select(["file", "line", "clip", "raw"]).take(pa.array(places[order]))
        for name in taken.column_names:
            table = table.append_column(name, taken[name])
        table = table.append_column("split", pa.repeat(self.split, len(order)))
        return pa.concat_tables([lines, table.select(LEFT_OUT.names).cast(LEFT_OUT)])


def mask(values: pa.Array | pa.ChunkedArray) -> npt.NDArray[Any]:
    """An array of Arrow without nulls as one of numpy, such as a mask of places."""
    masked: npt.NDArray[Any] = values.to_numpy(zero_copy_only=False)
    return masked


def split_reason(reason: str) -> tuple[str, str]:
    """Rule and detail of a reason in the words of a plugin, a source or a recipe.

    What stands before the first colon is what rows are counted by.
    """
    rule, _, detail = reason.partition(":")
    return rule.strip(), detail.strip()


def left_out_table(rows: Iterable[LeftOut]) -> pa.Table:
    """Rows that are left out as a table; columns of `LEFT_OUT`."""
    if isinstance(rows, LeftOuts):
        table: pa.Table = rows.table
        return table
    listed = list(rows)
    columns: dict[str, Any] = {
        name: [getattr(row, name) for row in listed] for name in LEFT_OUT.names
    }
    return pa.table(columns, schema=LEFT_OUT)


def line_left_out(split: str, file: str, row: BadRow) -> LeftOut:
    """A line that is no row of a table, as a row that is left out."""
    rule, detail = split_reason(row.reason)
    return LeftOut(
        split=split, file=file, line=row.line, clip="", rule=rule, detail=detail, raw=row.raw
    )
