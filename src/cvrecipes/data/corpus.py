"""From a release to a corpus: read, split, check, and say why a row is not used."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pluggy
import pyarrow as pa
import pyarrow.compute as pc

from cvrecipes.data import splits
from cvrecipes.data.certificate import certify
from cvrecipes.data.clips import Clips, same_audio
from cvrecipes.data.selection import LEFT_OUT, Sieve, counted
from cvrecipes.data.splits import Choice
from cvrecipes.data.tables import Reading, Rows
from cvrecipes.errors import Failure
from cvrecipes.models.ctc import Framing, frames_needed
from cvrecipes.recipe import Recipe
from cvrecipes.records import HELD_OUT, SPLITS, Clip, Corpus, LeftOut, LeftOuts, Release
from cvrecipes.settings import Settings

# Fewer clips do not tell what is usual.
_ENOUGH_FOR_RATES = 50
# Median absolute deviation to standard deviation of a normal distribution.
_MAD = 1.4826


@dataclass(frozen=True, slots=True)
class Limits:
    """What a clip must satisfy to be used.

    Attributes:
        shortest, longest: seconds; dev and test keep long clips, because leaving them
            out would change what is measured.
        clips: at most so many clips a split, chosen by `seed`; None for all.
        rate_outliers: clips of train are left out when the logarithm of their characters a
            second is so many robust standard deviations off the median; 0 for none.
        choice: which rows may be trained on.
        audio: whether to look at the audio files.
    """

    shortest: float = 0.5
    longest: float = 20.0
    clips: int | None = None
    seed: int = 0
    rate_outliers: float = 6.0
    choice: Choice = field(default_factory=Choice)
    audio: bool = True

    @classmethod
    def of(
        cls, settings: Settings, *, clips: int | None = None, seed: int = 0, audio: bool = True
    ) -> Limits:
        """What the settings of a run say."""
        return cls(
            shortest=settings.shortest,
            longest=settings.longest,
            clips=clips,
            seed=seed,
            rate_outliers=settings.rate_outliers,
            choice=Choice(
                policy=settings.split,
                include_other=settings.include_other,
                min_up_votes=settings.min_up_votes,
                max_down_votes=settings.max_down_votes,
                skip_reported=settings.skip_reported,
                clips_per_speaker=settings.clips_per_speaker,
                clips_per_sentence=settings.clips_per_sentence,
            ),
            audio=audio,
        )


def read_corpus(
    release: Release,
    recipe: Recipe,
    hooks: pluggy.PluginManager,
    framing: Framing,
    limits: Limits,
    *,
    merge_dev: bool = False,
) -> Corpus:
    """Read a release into train, dev and test.

    Arguments:
        release: what `open_release` found.
        recipe: normalizes the sentences; its alphabet decides what is outside.
        hooks: asked for further reasons to leave a clip out.
        framing: the base model's frames, for the exact CTC feasibility test.
        limits: durations, number of clips, and what may be trained on.
        merge_dev: train on train and dev together; dev is empty then.

    Raises:
        UsageError: the release lacks a table that was asked for.
        Failure: no clip is left to train or to test on; the reasons are counted.
    """
    maker = CorpusMaker(release, recipe, hooks, framing, audio=limits.audio)
    corpus = maker.make(limits, merge_dev=merge_dev)
    for split in ("train", "test"):
        if corpus.split(split).num_rows == 0:
            raise nothing_left(release, recipe, split, corpus.left_out)
    return corpus


def read_split(
    release: Release,
    recipe: Recipe,
    hooks: pluggy.PluginManager,
    split: str,
    framing: Framing,
    limits: Limits,
) -> tuple[pa.Table, Sequence[LeftOut], int]:
    """Read one split alone: its usable clips, the rows left out, and the rows in its file.

    Raises:
        UsageError: the release has no such split.
        Failure: none of its clips can be used.
    """
    maker = CorpusMaker(release, recipe, hooks, framing, audio=limits.audio)
    rows = maker.reading.rows(split)
    sieve = Sieve(split, [rows])
    maker.check(sieve, limits, strict=False)
    table, left_out = sieve.kept(), LeftOuts(sieve.lost())
    if table.num_rows == 0:
        raise nothing_left(release, recipe, split, left_out)
    return table, left_out, rows.lines


_BY_SETTING = {
    "too short", "too long", "too few votes", "too many votes against", "reported sentence",
    "odd speaking rate",
}  # fmt: skip


def nothing_left(
    release: Release, recipe: Recipe, split: str, left_out: Sequence[LeftOut]
) -> Failure:
    """The error of a split without a usable clip: it counts the reasons."""
    counts = counted(left_out, split)
    why = ", ".join(f"{number} {reason}" for reason, number in list(counts.items())[:3])
    return Failure(
        f"no clip of {split} can be used ({why or 'it has no rows'})",
        where=release.folder,
        remedy=_remedy(next(iter(counts), ""), recipe.locale, split),
    )


def _remedy(reason: str, locale: str, split: str) -> str:
    """What helps against the reason that left most rows out: not all is the recipe's doing."""
    if not reason:
        return f"is {split}.tsv the whole file?"
    if reason.startswith(HELD_OUT):
        return "dev and test leave nothing for it: use --split official"
    if "audio" in reason:
        return "is the release complete? unpack it again"
    if reason in _BY_SETTING:
        return "a setting says so, see: cvrecipes settings"
    return f"see what the recipe does with: cvrecipes show {locale}"


class CorpusMaker:
    """Makes corpora of one release; tables and files are read once, however many it makes."""

    def __init__(
        self,
        release: Release,
        recipe: Recipe,
        hooks: pluggy.PluginManager,
        framing: Framing,
        *,
        audio: bool = True,
    ) -> None:
        self.recipe, self.hooks, self.framing = recipe, hooks, framing
        self.reading = Reading(release, recipe)
        self.clips = Clips(release, audio=audio)

    def make(self, limits: Limits, *, merge_dev: bool = False) -> Corpus:
        """Train, dev and test under one choice; a split may come out empty.

        Raises:
            UsageError: the release lacks a table that was asked for.
        """
        choice = limits.choice
        held = {s: self.reading.rows(s) for s in ("dev", "test") if self.reading.has(s)}
        parts = splits.training_tables(self.reading, choice)
        sieves = {s: Sieve(s, [rows]) for s, rows in held.items()}
        if parts:
            sieves["train"] = Sieve("train", parts)
            if choice.policy == splits.STRICT_ALL:
                kept_apart = {s: rows for s, rows in held.items() if s == "test" or not merge_dev}
                splits.hold_out(sieves["train"], kept_apart)
                if merge_dev and "dev" in sieves:
                    splits.hold_out_clips(sieves["train"], held["dev"], "dev")
                    splits.hold_out(sieves["dev"], {s: held[s] for s in held if s == "test"})
            splits.keep_the_trusted(sieves["train"], choice, self.reading)
        trained = {"train", "dev"} if merge_dev else {"train"}
        for split in sieves:
            self.check(sieves[split], limits, strict=split in trained)
        self.clips.remember()
        self._leave_out_same_audio(sieves, trained)
        if "train" in sieves:
            _leave_out_odd_rates(sieves["train"], limits.rate_outliers)
            for column, most, reason in (
                ("speaker", choice.clips_per_speaker, "speaker has many clips"),
                ("text", choice.clips_per_sentence, "sentence has many clips"),
            ):
                splits.cap(sieves["train"], column, most, limits.seed, reason)
        return self._corpus(sieves, [*held.values(), *parts], choice, merge_dev=merge_dev)

    def _leave_out_same_audio(self, sieves: dict[str, Sieve], trained: set[str]) -> None:
        """A recording is trained on once, and not at all when it is tested on.

        dev and test keep theirs: leaving one out would change what is measured.
        """
        order = sorted(sieves, key=lambda split: (split in trained, split != "test"))
        places = [(split, int(place)) for split in order for place in sieves[split].places()]
        paths = [p for split in order for p in sieves[split].values("path").to_pylist()]
        looks = self.clips.known(paths) if self.clips.audio else None
        for group in same_audio(paths, looks):
            first, place = places[group[0]]
            name = sieves[first].table["clip"][place].as_py()
            for split, other in (places[member] for member in group[1:]):
                if split in trained:
                    where = "" if first == split else f" in {first}"
                    sieves[split].drop(other, f"same audio: as {name}{where}")

    def _corpus(
        self, sieves: dict[str, Sieve], read: Sequence[Rows], choice: Choice, *, merge_dev: bool
    ) -> Corpus:
        tables = {s: sieves[s].kept() if s in sieves else _empty() for s in SPLITS}
        if merge_dev:
            tables["train"] = pa.concat_tables(
                [tables["train"], tables["dev"]], promote_options="default"
            ).combine_chunks()
            tables["dev"] = tables["dev"].slice(0, 0)
        lost = [sieves[split].lost() for split in SPLITS if split in sieves]
        return Corpus(
            train=tables["train"],
            dev=tables["dev"],
            test=tables["test"],
            left_out=LeftOuts(pa.concat_tables([LEFT_OUT.empty_table(), *lost]).combine_chunks()),
            rows={rows.name: rows.lines for rows in read},
            certificate=certify(choice.policy, tables),
        )

    def check(self, sieve: Sieve, limits: Limits, *, strict: bool) -> None:
        """Look at the audio, and at what text and audio have to do with each other.

        dev and test keep what a model must be able to face: only what is defective goes.

        Arguments:
            strict: whether the clips are trained on.
        """
        if limits.clips is None or int(sieve.alive.sum()) <= limits.clips:
            self._look(sieve, sieve.places(), limits, strict=strict)
        else:
            # Look at no more files than --limit needs: shuffle, and stop when there are enough.
            order = np.random.default_rng(limits.seed).permutation(sieve.table.num_rows)
            looked, good = 0, 0
            while good < limits.clips and looked < len(order):
                wanted = np.flatnonzero(sieve.alive[order[looked:]])[: limits.clips - good]
                stop = looked + int(wanted[-1]) + 1 if len(wanted) else len(order)
                some = np.sort(order[looked:stop])
                self._look(sieve, some[sieve.alive[some]], limits, strict=strict)
                good += int(sieve.alive[some].sum())
                looked = stop
            sieve.forget_all_but(order[:looked])

    def _look(
        self, sieve: Sieve, places: npt.NDArray[np.int64], limits: Limits, *, strict: bool
    ) -> None:
        """Everything that is decided clip by clip."""
        names = sieve.values("clip", places).to_pylist()
        paths = sieve.values("path", places).to_pylist()
        looks = self.clips.look(names, paths, sieve.seconds[places].tolist())
        sieve.seconds[places] = [look.seconds for look in looks]
        sieve.drop_each(places, (look.reason for look in looks))
        places = places[sieve.alive[places]]
        self._limit(sieve, places, limits, strict=strict)
        if self.hooks.hook.reason_to_leave_out.get_hookimpls():
            places = places[sieve.alive[places]]
            sieve.drop_each(places, self._plugins(sieve, places))

    def _limit(
        self, sieve: Sieve, places: npt.NDArray[np.int64], limits: Limits, *, strict: bool
    ) -> None:
        seconds = sieve.seconds[places]
        known = ~np.isnan(seconds)
        frames = self.framing.frames(np.where(known, seconds, 1.0))
        sieve.drop_all(places[known & (frames < 1)], "too short: not one frame")
        if not strict:
            return
        sieve.drop_all(
            places[known & (seconds < limits.shortest)], f"too short: under {limits.shortest:g} s"
        )
        sieve.drop_all(
            places[known & (seconds > limits.longest)], f"too long: over {limits.longest:g} s"
        )
        texts = sieve.values("text", places)
        # A text of n signs needs n frames, and never more than 2 n - 1.
        doubtful = known & (frames < 2 * pc.utf8_length(texts).to_numpy(zero_copy_only=False))
        for index in np.flatnonzero(doubtful):
            needed = frames_needed(texts[int(index)].as_py())
            if needed > frames[index]:
                sieve.drop(
                    int(places[index]),
                    f"impossible for CTC: {needed} frames needed, {frames[index]} there",
                )

    def _plugins(self, sieve: Sieve, places: npt.NDArray[np.int64]) -> list[str | None]:
        ask: Callable[..., list[str]] = self.hooks.hook.reason_to_leave_out
        reasons: list[str | None] = []
        records = sieve.table.take(pa.array(places)).to_pylist()
        for place, record in zip(places, records, strict=True):
            clip = Clip(
                name=record["clip"],
                path=Path(record["path"]),
                split=sieve.split,
                line=record["line"],
                speaker=record["speaker"],
                raw=record["raw"],
                seconds=float(sieve.seconds[place]),
                columns=_released(record),
            )
            found = ask(clip=clip, text=record["text"], recipe=self.recipe)
            reasons.append("; ".join(found) or None)
        return reasons


def _leave_out_odd_rates(sieve: Sieve, most: float) -> None:
    """Leave out clips far faster or slower than the others: their text is not what is said."""
    places = sieve.places()
    places = places[sieve.seconds[places] > 0]
    if not most or len(places) < _ENOUGH_FOR_RATES:
        return
    lengths = pc.utf8_length(sieve.values("text", places)).to_numpy(zero_copy_only=False)
    rates = lengths / sieve.seconds[places]
    logs = np.log(rates)
    median = float(np.median(logs))
    spread = _MAD * float(np.median(np.abs(logs - median)))
    if spread == 0:
        return
    for index in np.flatnonzero(np.abs(logs - median) > most * spread):
        sieve.drop(
            int(places[index]),
            f"odd speaking rate: {rates[index]:.1f} characters a second, "
            f"usual are {np.exp(median):.1f}",
        )


def _empty() -> pa.Table:
    strings = ("clip", "path", "speaker", "raw", "text", "near", "file")
    return pa.table(
        {
            **{name: pa.array([], pa.string()) for name in strings},
            "line": pa.array([], pa.int64()),
            "seconds": pa.array([], pa.float32()),
        }
    )


def _released(record: dict[str, Any]) -> dict[str, str]:
    """The row as the release has it: its names, its file name, its sentence."""
    columns = {k: v for k, v in record.items() if isinstance(v, str)}
    for name in ("clip", "raw", "text", "near", "speaker", "file"):
        columns.pop(name, None)
    return {
        **columns,
        "client_id": record["speaker"],
        "path": record["clip"],
        "sentence": record["raw"],
    }
