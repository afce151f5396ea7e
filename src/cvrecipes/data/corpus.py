"""From a release to a corpus: read, normalize, check, and say why a row is not used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pluggy
import pyarrow as pa

from cvrecipes.ctc import Framing, frames_needed
from cvrecipes.data import files
from cvrecipes.data.tsv import read_tsv
from cvrecipes.errors import Failure, UsageError
from cvrecipes.progress import progress
from cvrecipes.recipe import Recipe
from cvrecipes.records import SPLITS, Clip, Corpus, LeftOut, Release, Table

_NEEDED = ("path", "sentence")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a clip must satisfy to be used.

    Attributes:
        shortest, longest: seconds; dev and test keep long clips, because leaving them
            out would change what is measured.
        clips: at most so many clips a split, chosen by `seed`; None for all.
    """

    shortest: float = 0.5
    longest: float = 20.0
    clips: int | None = None
    seed: int = 0


def read_corpus(
    release: Release,
    recipe: Recipe,
    hooks: pluggy.PluginManager,
    framing: Framing,
    limits: Limits,
    *,
    merge_dev: bool = False,
) -> Corpus:
    """Read every split of a release.

    Arguments:
        release: what `open_release` found.
        recipe: normalizes the sentences; its alphabet decides what is outside.
        hooks: asked for further reasons to leave a clip out.
        framing: the base model's frames, for the exact CTC feasibility test.
        limits: durations and number of clips.
        merge_dev: train on train and dev together; dev is empty then.

    Raises:
        Failure: no clip is left to train or to test on; the reasons are counted.
    """
    tables = {split: read_tsv(path) for split, path in release.tables.items()}
    disk = _Disk(files.sizes(release.clips), files.listed_durations(release))
    left_out: list[LeftOut] = []
    usable: dict[str, pa.Table] = {}
    for split in SPLITS:
        if split in tables:
            strict = split == "train" or (split == "dev" and merge_dev)
            reader = _Reader(release, recipe, split, tables[split], left_out, strict=strict)
            usable[split] = reader.read(disk, framing, limits, hooks)
        else:
            usable[split] = _empty()
    if merge_dev:
        usable["train"] = pa.concat_tables(
            [usable["train"], usable["dev"]], promote_options="default"
        )
        usable["dev"] = usable["dev"].slice(0, 0)
    for split in ("train", "test"):
        if usable[split].num_rows == 0:
            raise Failure(
                f"no clip of {split} can be used ({_counted(left_out, split)})",
                where=release.folder,
                remedy=f"see what the recipe does with: cvrecipes show {recipe.locale}",
            )
    return Corpus(
        train=usable["train"],
        dev=usable["dev"],
        test=usable["test"],
        left_out=tuple(left_out),
        rows={split: table.lines for split, table in tables.items()},
    )


def read_split(
    release: Release,
    recipe: Recipe,
    hooks: pluggy.PluginManager,
    split: str,
    framing: Framing,
    limits: Limits,
) -> tuple[pa.Table, list[LeftOut], int]:
    """Read one split alone: its usable clips, the rows left out, and the rows in its TSV.

    Raises:
        UsageError: the release has no such split.
        Failure: none of its clips can be used.
    """
    if split not in release.tables:
        raise UsageError(f"has no {split}.tsv", where=release.folder)
    table = read_tsv(release.tables[split])
    disk = _Disk(files.sizes(release.clips), files.listed_durations(release))
    left_out: list[LeftOut] = []
    reader = _Reader(release, recipe, split, table, left_out, strict=False)
    rows = reader.read(disk, framing, limits, hooks)
    if rows.num_rows == 0:
        raise Failure(
            f"no clip of {split} can be used ({_counted(left_out, split)})", where=release.folder
        )
    return rows, left_out, table.lines


@dataclass(frozen=True, slots=True)
class _Disk:
    """Bytes by file name, and listed seconds by clip."""

    sizes: dict[str, int]
    seconds: dict[str, float]


def _empty() -> pa.Table:
    strings = ("clip", "path", "speaker", "raw", "text")
    return pa.table(
        {
            **{name: pa.array([], pa.string()) for name in strings},
            "seconds": pa.array([], pa.float32()),
            "line": pa.array([], pa.int64()),
        }
    )


def _counted(left_out: list[LeftOut], split: str) -> str:
    from collections import Counter

    counts = Counter(row.reason.split(":")[0] for row in left_out if row.split == split)
    if not counts:
        return "it has no rows"
    return ", ".join(f"{count} {reason}" for reason, count in counts.most_common(3))


class _Reader:
    """One split on its way from rows to usable clips; what is dropped goes to `left_out`."""

    def __init__(
        self,
        release: Release,
        recipe: Recipe,
        split: str,
        table: Table,
        left_out: list[LeftOut],
        *,
        strict: bool,
    ) -> None:
        self.strict = strict
        self.release, self.recipe, self.split = release, recipe, split
        self.table, self.left_out = table, left_out
        missing = [name for name in _NEEDED if name not in table.rows.column_names]
        if missing:
            raise Failure(
                f"has no column {' or '.join(missing)}",
                where=release.tables[split],
                line=1,
                remedy="is this a Common Voice TSV?",
            )

    def read(
        self, disk: _Disk, framing: Framing, limits: Limits, hooks: pluggy.PluginManager
    ) -> pa.Table:
        """All checks in their order."""
        rows = self.texts()
        rows = self._drop(rows, [_size_reason(n, disk.sizes) for n in rows["clip"].to_pylist()])
        if limits.clips is None or rows.num_rows <= limits.clips:
            return self.limits(self.audio(rows, disk.seconds), framing, limits, hooks)
        # Look at no more files than --limit needs: shuffle, and stop when there are enough.
        order = np.random.default_rng(limits.seed).permutation(rows.num_rows)
        found: list[pa.Table] = []
        looked, good = 0, 0
        while good < limits.clips and looked < len(order):
            some = np.sort(order[looked : looked + limits.clips - good])
            looked += len(some)
            part = self.audio(rows.take(pa.array(some)), disk.seconds)
            found.append(self.limits(part, framing, limits, hooks))
            good += found[-1].num_rows
        return pa.concat_tables(found).sort_by("line").combine_chunks()

    def _drop(self, rows: pa.Table, reasons: list[str | None]) -> pa.Table:
        """Keep the rows without a reason; write down the others."""
        bad = [index for index, reason in enumerate(reasons) if reason]
        if not bad:
            return rows
        names = rows.column_names
        lost = rows.take(pa.array(bad))
        sentence = "raw" if "raw" in names else "sentence"
        clip = "clip" if "clip" in names else "path"
        for index, line, name, raw in zip(
            bad,
            lost["line"].to_pylist(),
            lost[clip].to_pylist(),
            lost[sentence].to_pylist(),
            strict=True,
        ):
            self.left_out.append(LeftOut(self.split, line, name, reasons[index] or "", raw))
        return rows.filter(pa.array([reason is None for reason in reasons], pa.bool_()))

    def texts(self) -> pa.Table:
        """Normalize the sentences; the text that training and scoring use is made here, once."""
        self.left_out.extend(
            LeftOut(self.split, row.line, "", row.reason, row.raw) for row in self.table.bad
        )
        rows = self.table.rows
        normalize, reason = self.recipe.normalizer, self.recipe.normalizer.reason
        raws = rows["sentence"].to_pylist()
        texts: list[str] = []
        with progress(f"normalizing {self.split}", len(raws)) as advance:
            for start in range(0, len(raws), 10_000):
                block = raws[start : start + 10_000]
                texts.extend(map(normalize, block))
                advance(len(block))
        names = [_file_name(path) for path in rows["path"].to_pylist()]
        speaker = (
            rows["client_id"] if "client_id" in rows.column_names else pa.array([""] * len(raws))
        )
        folder = str(self.release.clips)
        known = {
            "clip": pa.array(names, pa.string()),
            "path": pa.array([str(Path(folder, name)) for name in names], pa.string()),
            "speaker": speaker,
            "raw": rows["sentence"],
            "text": pa.array(texts, pa.string()),
            "line": rows["line"],
        }
        others = {
            name: rows[name]
            for name in rows.column_names
            if name not in known and name not in ("client_id", "path", "sentence", "seconds")
        }
        table = pa.table({**known, **others})
        return self._drop(
            table,
            [
                "no file name"
                if not name
                else "damaged text: U+FFFD"
                if "\ufffd" in raw
                else reason(text)
                for name, raw, text in zip(names, raws, texts, strict=True)
            ],
        )

    def audio(self, rows: pa.Table, durations: dict[str, float]) -> pa.Table:
        """Leave out files that are no audio; add durations."""
        names = rows["clip"].to_pylist()
        rows = self._drop(rows, [self._content_reason(name) for name in names])
        names = rows["clip"].to_pylist()
        seconds = [durations.get(name, -1.0) for name in names]
        unknown = [index for index, value in enumerate(seconds) if value < 0]
        reasons: list[str | None] = [None] * len(names)
        if unknown:
            folder = self.release.clips
            for index, (value, why) in zip(
                unknown, files.measure([folder / names[i] for i in unknown]), strict=True
            ):
                seconds[index] = value
                reasons[index] = f"unreadable audio: {why}" if why else None
        for index, value in enumerate(seconds):
            if value <= 0 and reasons[index] is None:
                reasons[index] = "empty audio"
        rows = rows.append_column("seconds", pa.array(seconds, pa.float32()))
        return self._drop(rows, reasons)

    def _content_reason(self, name: str) -> str | None:
        if not files.looks_like_audio(self.release.clips / name):
            return "unreadable audio: not an audio file"
        return None

    def limits(
        self, rows: pa.Table, framing: Framing, limits: Limits, hooks: pluggy.PluginManager
    ) -> pa.Table:
        """Durations, CTC feasibility and plugins' reasons.

        dev and test keep what a model must be able to face: only clips without a single
        frame go.
        """
        seconds = np.asarray(rows["seconds"].to_numpy(), dtype=np.float64)
        frames = framing.frames(seconds)
        texts = rows["text"].to_pylist()
        reasons: list[str | None] = [None] * len(texts)
        for index, text in enumerate(texts):
            if frames[index] < 1:
                reasons[index] = "too short: not one frame"
            elif self.strict:
                if seconds[index] < limits.shortest:
                    reasons[index] = f"too short: under {limits.shortest:g} s"
                elif seconds[index] > limits.longest:
                    reasons[index] = f"too long: over {limits.longest:g} s"
                elif (needed := frames_needed(text)) > frames[index]:
                    reasons[index] = (
                        f"impossible for CTC: {needed} frames needed, {frames[index]} there"
                    )
        rows = self._drop(rows, reasons)
        if hooks.hook.reason_to_leave_out.get_hookimpls():
            rows = self._drop(rows, self._plugins(rows, hooks))
        return rows

    def _plugins(self, rows: pa.Table, hooks: pluggy.PluginManager) -> list[str | None]:
        ask: Callable[..., list[str]] = hooks.hook.reason_to_leave_out
        reasons: list[str | None] = []
        for record in rows.to_pylist():
            clip = Clip(
                name=record["clip"],
                path=Path(record["path"]),
                split=self.split,
                line=record["line"],
                speaker=record["speaker"],
                raw=record["raw"],
                seconds=record["seconds"],
                columns=_released(record),
            )
            found = ask(clip=clip, text=record["text"], recipe=self.recipe)
            reasons.append("; ".join(found) or None)
        return reasons


def _size_reason(name: str, sizes: dict[str, int]) -> str | None:
    size = sizes.get(name)
    if size is None:
        return "missing audio"
    return "empty audio" if size == 0 else None


def _released(record: dict[str, Any]) -> dict[str, str]:
    """The row as the release has it: its names, its file name, its sentence."""
    columns = {k: v for k, v in record.items() if isinstance(v, str)}
    for name in ("clip", "raw", "text", "speaker"):
        columns.pop(name, None)
    return {
        **columns,
        "client_id": record["speaker"],
        "path": record["clip"],
        "sentence": record["raw"],
    }


def _file_name(path: str) -> str:
    """The clip's file name; releases 1 and 2 wrote it without its ending."""
    name = path.replace("\\", "/").rsplit("/", 1)[-1]
    return f"{name}.mp3" if name and "." not in name else name
