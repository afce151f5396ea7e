"""From a release to a corpus: the rows of each split that no rule leaves out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pluggy
import pyarrow as pa
import pyarrow.compute as pc

from cvrecipes.console import say
from cvrecipes.data.certificate import certify
from cvrecipes.data.clips import ClipFiles
from cvrecipes.data.counts import count_reasons
from cvrecipes.data.rule import Context, Rule, Stage
from cvrecipes.data.rules import RULES
from cvrecipes.data.selection import Places, Selection, left_out_table, line_left_out
from cvrecipes.data.splits import STRICT_ALL, training_tables
from cvrecipes.data.tables import Reading, Rows
from cvrecipes.errors import Failure
from cvrecipes.models.ctc import Framing
from cvrecipes.recipe import Recipe
from cvrecipes.recipe.variants import ANOTHER
from cvrecipes.records import SPLITS, UNKNOWN_SPLIT, Corpus, LeftOut, LeftOuts, Release
from cvrecipes.settings import Settings
from cvrecipes.words import plural


def read_corpus(
    release: Release,
    recipe: Recipe,
    hooks: pluggy.PluginManager,
    framing: Framing,
    settings: Settings,
    *,
    limit: int | None = None,
    seed: int = 0,
    audio: bool = True,
) -> Corpus:
    """Read a release into train, dev and test.

    Arguments:
        release: the data, as `open_release` returns it.
        recipe: normalizes the sentences; its alphabet decides which text is left out.
        hooks: the plugins, which may give further reasons to leave a clip out.
        framing: how the base model makes frames, for the exact test that CTC can write a text.
        settings: the settings that decide which clips are used.
        limit: the most clips of a split, drawn by `seed`; None for all.
        audio: whether to inspect the audio files.

    Raises:
        UsageError: the release lacks a table that the settings need.
        Failure: no clip is left to train or to test on; the message counts the reasons.
    """
    maker = CorpusMaker(release, recipe, hooks, framing, audio=audio)
    corpus = maker.make(settings, limit=limit, seed=seed)
    for split in ("train", "test"):
        if corpus.split(split).num_rows == 0:
            raise nothing_left(release, recipe, split, corpus.left_out)
    _warn_of_speakers(corpus)
    return corpus


def _warn_of_speakers(corpus: Corpus) -> None:
    """Say that ``strict-all`` cannot hold out the speakers of clips that name none."""
    certificate = corpus.certificate
    if certificate is None or certificate.policy != STRICT_ALL or certificate.complete:
        return
    unknown = certificate.unknown_speakers
    clips = ", ".join(f"{plural(n, 'clip')} of {split}" for split, n in unknown.items() if n)
    say(
        f"warning: without a speaker: {clips}; strict-all cannot hold out speakers that are not "
        "known"
    )


def read_split(
    release: Release,
    recipe: Recipe,
    hooks: pluggy.PluginManager,
    split: str,
    framing: Framing,
    settings: Settings,
    *,
    limit: int | None = None,
    seed: int = 0,
    audio: bool = True,
) -> tuple[pa.Table, LeftOuts, int]:
    """Read one split alone, to score a model on it; nothing is trained on.

    Arguments: as those of `read_corpus`.

    Returns:
        The usable clips, the rows left out, and the number of rows of the split in the release.

    Raises:
        UsageError: the release has no such split.
        Failure: none of its clips can be used.
    """
    maker = CorpusMaker(release, recipe, hooks, framing, audio=audio)
    selection, rows = maker.select(split, settings, limit=limit, seed=seed)
    left_out = LeftOuts(pa.concat_tables([selection.left_out(), _nowhere([rows])]))
    table = selection.clips()
    if table.num_rows == 0:
        raise nothing_left(release, recipe, split, left_out)
    return table, left_out, rows.lines


def without(corpus: Corpus, lost: Sequence[LeftOut]) -> Corpus:
    """The corpus without clips that turned out to be undecodable in training or transcription."""
    if not lost:
        return corpus
    tables = {}
    for split in SPLITS:
        table = corpus.split(split)
        clips = pa.array([row.clip for row in lost if row.split == split], pa.string())
        tables[split] = table.filter(pc.invert(pc.is_in(table["clip"], clips)))
    certificate = corpus.certificate
    left_out = [left_out_table(corpus.left_out), left_out_table(lost)]
    return replace(
        corpus,
        **tables,
        left_out=LeftOuts(pa.concat_tables(left_out)),
        certificate=certify(certificate.policy, tables) if certificate else None,
    )


def nothing_left(
    release: Release, recipe: Recipe, split: str, left_out: Sequence[LeftOut]
) -> Failure:
    """The error for a split without a usable clip. Its message counts the reasons."""
    counts = count_reasons(left_out, split)
    why = ", ".join(f"{number} {reason}" for reason, number in list(counts.items())[:3])
    return Failure(
        f"no clip of {split} can be used ({why or 'it has no rows'})",
        where=release.folder,
        remedy=_remedy(recipe, split, counts, left_out),
    )


def _remedy(
    recipe: Recipe, split: str, counts: Mapping[str, int], left_out: Sequence[LeftOut]
) -> str:
    """What a user can do about the most frequent reason."""
    if not counts:
        return f"is {split}.tsv the whole file?"
    reason = next(iter(counts))
    if reason != ANOTHER:
        return remedy_for(reason, recipe.locale)
    rows = left_out_table(left_out)
    names = pc.unique(rows.filter(pc.equal(rows["rule"], ANOTHER))["detail"]).to_pylist()
    return "take them with " + " or ".join(f"--variant {name}" for name in sorted(names))


def remedy_for(reason: str, locale: str, rules: Sequence[Rule] = RULES) -> str:
    """What a user can do about a reason.

    Arguments:
        reason: the words that rows are counted by.
    """
    for rule in rules:
        if reason in rule.reasons:
            return rule.remedy.format(locale=locale)
    # The reason comes from a plugin or a source.
    return f"see the rows with: cvrecipes check {locale}"


class CorpusMaker:
    """Makes any number of corpora from one release; tables and files are read once.

    Arguments:
        rules: every reason to leave a row out, in order.
    """

    def __init__(
        self,
        release: Release,
        recipe: Recipe,
        hooks: pluggy.PluginManager,
        framing: Framing,
        *,
        audio: bool = True,
        rules: Sequence[Rule] = RULES,
    ) -> None:
        self.recipe, self.hooks, self.framing, self.rules = recipe, hooks, framing, rules
        self.reading = Reading(release, recipe)
        self.files = ClipFiles(release, audio=audio)

    def make(self, settings: Settings, *, limit: int | None = None, seed: int = 0) -> Corpus:
        """Train, dev and test under the settings. A split may be empty.

        Arguments: as those of `read_corpus`.

        Raises:
            UsageError: the release lacks a table that was asked for.
        """
        held = [self.reading.rows(split) for split in ("dev", "test") if self.reading.has(split)]
        train = training_tables(self.reading, settings)
        selections = {rows.name: Selection(rows.name, [rows]) for rows in held}
        if train:
            selections["train"] = Selection("train", train)
        trained = frozenset({"train", "dev"} if settings.merge_dev else {"train"})
        self._apply_rules(self._context(settings, seed, selections, trained), limit)
        tables = {s: selections[s].clips() if s in selections else _no_clips() for s in SPLITS}
        if settings.merge_dev:
            tables["train"] = pa.concat_tables(
                [tables["train"], tables["dev"]], promote_options="default"
            ).combine_chunks()
            tables["dev"] = tables["dev"].slice(0, 0)
        left_out = [selections[split].left_out() for split in SPLITS if split in selections]
        return Corpus(
            **tables,
            left_out=LeftOuts(pa.concat_tables([*left_out, _nowhere([*held, *train])])),
            rows={rows.name: rows.lines for rows in (*held, *train)},
            certificate=certify(settings.split, tables),
        )

    def select(
        self, split: str, settings: Settings, *, limit: int | None = None, seed: int = 0
    ) -> tuple[Selection, Rows]:
        """The rows of one table, none of them trained on, and the table.

        Raises:
            UsageError: the release has no such table.
        """
        rows = self.reading.rows(split)
        selection = Selection(split, [rows])
        self._apply_rules(self._context(settings, seed, {split: selection}, frozenset()), limit)
        return selection, rows

    def _context(
        self,
        settings: Settings,
        seed: int,
        selections: dict[str, Selection],
        trained: frozenset[str],
    ) -> Context:
        return Context(
            settings=settings,
            seed=seed,
            recipe=self.recipe,
            framing=self.framing,
            hooks=self.hooks,
            reading=self.reading,
            files=self.files,
            selections=selections,
            trained=trained,
        )

    def _apply_rules(self, context: Context, limit: int | None) -> None:
        """Apply the rules, stage by stage. Only files of rows that are still kept are inspected."""
        self._apply(Stage.ROWS, context)
        for selection in context.selections.values():
            self._inspect(selection, context, limit)
        self.files.remember()
        self._apply(Stage.CORPUS, context)

    def _apply(self, stage: Stage, context: Context) -> None:
        for rule in self.rules:
            if rule.stage is stage:
                for split, selection in context.selections.items():
                    if rule.holds_for(split, context.trained):
                        rule.apply(selection, selection.places(), context)

    def _inspect(self, selection: Selection, context: Context, limit: int | None) -> None:
        """Inspect the files of all rows; with a limit, only as many as it needs."""
        if limit is None or int(selection.kept.sum()) <= limit:
            self._inspect_some(selection, selection.places(), context)
            return
        order = np.random.default_rng(context.seed).permutation(selection.table.num_rows)
        start, usable = 0, 0
        while usable < limit and start < len(order):
            needed = np.flatnonzero(selection.kept[order[start:]])[: limit - usable]
            stop = start + int(needed[-1]) + 1 if len(needed) else len(order)
            places = np.sort(order[start:stop])
            self._inspect_some(selection, places[selection.kept[places]], context)
            usable += int(selection.kept[places].sum())
            start = stop
        selection.consider(order[:start])

    def _inspect_some(self, selection: Selection, places: Places, context: Context) -> None:
        names = selection.values("clip", places).to_pylist()
        paths = selection.values("path", places).to_pylist()
        inspection = self.files.inspect(
            names, paths, selection.seconds[places], selection.parts(places)
        )
        selection.seconds[places] = inspection.seconds
        selection.defects.update(
            (int(places[index]), defect) for index, defect in inspection.defects.items()
        )
        for rule in self.rules:
            if rule.stage is Stage.CLIPS and rule.holds_for(selection.split, context.trained):
                rule.apply(selection, places, context)


def _nowhere(tables: Iterable[Rows]) -> pa.Table:
    """Lines of which nothing tells the table, each once: all tables of a file have them."""
    lines = {(rows.file, row.line): row for rows in tables for row in rows.nowhere}
    return left_out_table(
        line_left_out(UNKNOWN_SPLIT, file, row) for (file, _), row in lines.items()
    )


def _no_clips() -> pa.Table:
    strings = ("clip", "path", "speaker", "raw", "text", "near", "file")
    return pa.table(
        {
            **{name: pa.array([], pa.string()) for name in strings},
            "line": pa.array([], pa.int64()),
            **{name: pa.array([], pa.float64()) for name in ("start", "end")},
            "seconds": pa.array([], pa.float32()),
        }
    )
