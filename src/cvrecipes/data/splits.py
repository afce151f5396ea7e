"""Which rows are train: the official split, or everything that dev and test do not know.

Common Voice's own train split leaves most of the validated speech unused, because every
sentence is in it once. ``strict-all`` takes all validated clips, less every speaker and every
sentence of dev and test.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cvrecipes.data.certificate import different
from cvrecipes.data.release import no_table
from cvrecipes.data.selection import Sieve
from cvrecipes.data.tables import Reading, Rows
from cvrecipes.data.tsv import read_tsv
from cvrecipes.errors import UsageError
from cvrecipes.records import HELD_OUT

OFFICIAL = "official"
STRICT_ALL = "strict-all"
POLICIES = (OFFICIAL, STRICT_ALL)
_ALL_REPORTS = "all"


@dataclass(frozen=True, slots=True)
class Choice:
    """Which rows of a release may be trained on.

    Attributes:
        policy: ``official`` or ``strict-all``.
        include_other: also take other.tsv: clips with too few votes.
        min_up_votes: at least so many votes for a clip.
        max_down_votes: at most so many votes against it; -1 for any number.
        skip_reported: reasons of reported.tsv whose sentences are left out, separated by
            commas; ``all`` for every reason, empty for none.
        clips_per_speaker, clips_per_sentence: at most so many clips; 0 for all.
    """

    policy: str = OFFICIAL
    include_other: bool = False
    min_up_votes: int = 0
    max_down_votes: int = -1
    skip_reported: str = ""
    clips_per_speaker: int = 0
    clips_per_sentence: int = 0


def training_tables(reading: Reading, choice: Choice) -> list[Rows]:
    """The tables that train is taken from.

    Raises:
        UsageError: the release lacks one of them.
    """
    first = "validated" if choice.policy == STRICT_ALL else "train"
    if first == "validated" and not reading.has(first):
        if reading.release.read is None:
            raise UsageError(
                "has no validated.tsv, which --split strict-all trains on",
                where=reading.release.folder,
                remedy="unpack the whole release, or use --split official",
            )
        # A manifest knows no validation: its train, less what dev and test know.
        first = "train"
    names = [first] if reading.has(first) else []
    if choice.include_other:
        if not reading.has("other"):
            raise no_table(reading.release, "other")
        names.append("other")
    return [reading.rows(name) for name in names]


def hold_out(sieve: Sieve, held: Mapping[str, Rows]) -> None:
    """Take every clip, speaker and sentence of dev and test out of train.

    All rows of dev and test count, also those that cannot be used themselves.
    """
    for split in ("test", "dev"):
        if split not in held:
            continue
        table = held[split].table
        for column, values, what in (
            (sieve.table["clip"], table["clip"], "clip"),
            (sieve.table["speaker"], table["speaker"], "speaker"),
            (sieve.table["text"], table["text"], "sentence"),
            (sieve.table["near"], table["near"], "near-duplicate"),
        ):
            _hold_out(sieve, column, values, f"{HELD_OUT} ({what}): in {split}")


def hold_out_clips(sieve: Sieve, rows: Rows, split: str) -> None:
    """Take out of train what a split that is merged into it brings itself."""
    clips = rows.table["clip"]
    _hold_out(sieve, sieve.table["clip"], clips, f"{HELD_OUT} (clip): in {split}")


def _hold_out(sieve: Sieve, column: pa.ChunkedArray, values: pa.ChunkedArray, reason: str) -> None:
    known = different(values)
    if len(known) == 0:
        return
    shared = pc.is_in(column, value_set=known).to_numpy(zero_copy_only=False)
    sieve.drop_all(np.flatnonzero(shared & sieve.alive), reason)


def keep_the_trusted(sieve: Sieve, choice: Choice, reading: Reading) -> None:
    """Leave out clips with too few votes for, too many against, or a reported sentence.

    Raises:
        UsageError: the release has no votes, or no reported.tsv.
    """
    if choice.min_up_votes > 0:
        for place, votes in _votes(sieve, "up_votes", reading):
            if votes < choice.min_up_votes:
                sieve.drop(place, f"too few votes: {votes}")
    if choice.max_down_votes >= 0:
        for place, votes in _votes(sieve, "down_votes", reading):
            if votes > choice.max_down_votes:
                sieve.drop(place, f"too many votes against: {votes}")
    if choice.skip_reported:
        _leave_out_reported(sieve, choice.skip_reported, reading)


def _votes(sieve: Sieve, column: str, reading: Reading) -> Iterator[tuple[int, int]]:
    """Place and votes of every row that is still in."""
    if column not in sieve.table.column_names:
        raise UsageError(f"has no column {column}", where=reading.release.folder)
    places = sieve.places()
    for place, value in zip(places, sieve.values(column, places).to_pylist(), strict=True):
        yield int(place), int(value) if value and value.isdecimal() else 0


def _leave_out_reported(sieve: Sieve, wanted: str, reading: Reading) -> None:
    release = reading.release
    if "reported" not in release.tables:
        raise no_table(release, "reported")
    path = release.tables["reported"]
    rows = (release.read("reported") if release.read else read_tsv(path)).rows
    if "reason" not in rows.column_names or "sentence" not in rows.column_names:
        raise UsageError("does not say which sentences were reported, and why", where=path)
    chosen = {reason.strip() for reason in wanted.split(",") if reason.strip()}
    reported: dict[str, str] = {}
    for sentence, reason in zip(
        rows["sentence"].to_pylist(), rows["reason"].to_pylist(), strict=True
    ):
        if chosen == {_ALL_REPORTS} or reason.strip() in chosen:
            reported.setdefault(sentence, reason.strip())
    if not reported and chosen != {_ALL_REPORTS}:
        there = sorted({reason.strip() for reason in rows["reason"].to_pylist()})
        raise UsageError(
            f"no report has the reason {wanted!r}",
            where=path,
            remedy=f"it has: {', '.join(there[:8])}",
        )
    values = pa.array(list(reported), pa.string())
    shared = pc.is_in(sieve.table["raw"], value_set=values).to_numpy(zero_copy_only=False)
    for place in np.flatnonzero(shared & sieve.alive):
        sentence = sieve.table["raw"][int(place)].as_py()
        sieve.drop(int(place), f"reported sentence: {reported[sentence]}")


def cap(sieve: Sieve, column: str, most: int, seed: int, reason: str) -> None:
    """Keep at most so many clips of each value of a column, drawn by `seed`."""
    if not most:
        return
    places = sieve.places()
    order = np.random.default_rng(seed).permutation(len(places))
    values = sieve.values(column, places).dictionary_encode()
    known = values.dictionary.to_pylist()
    seen = np.zeros(len(known) + 1, dtype=np.int64)
    for place, value in zip(places[order], values.indices.to_numpy()[order], strict=True):
        if known[value] == "":
            continue
        seen[value] += 1
        if seen[value] > most:
            sieve.drop(int(place), f"{reason}: over {most}")
