"""A Turkish release read as a run reads it, for tests of the data."""

from __future__ import annotations

from pathlib import Path

import pluggy

from cvrecipes.catalog import open_recipe
from cvrecipes.data.corpus import read_corpus
from cvrecipes.data.release import open_release
from cvrecipes.models.ctc import Framing
from cvrecipes.plugins import new_manager
from cvrecipes.records import SPLITS, Corpus, LeftOut, Release
from cvrecipes.settings import Settings
from support.releases import GOOD, Row

LONG_TEXT = "güneşli bir gün " * 20


def manager(*plugins: object) -> pluggy.PluginManager:
    return new_manager(plugins, installed=False)


def read(
    where: Path,
    *plugins: object,
    merge_dev: bool = False,
    limit: int | None = None,
    seed: int = 0,
    audio: bool = True,
) -> Corpus:
    """Read a release of Turkish as a run does, and check that no row is lost."""
    recipe, hooks = open_recipe("tr", manager(*plugins))
    release = open_release(str(where), "tr", hooks)
    settings = Settings(merge_dev=merge_dev)
    corpus = read_corpus(
        release, recipe, hooks, Framing(), settings, limit=limit, seed=seed, audio=audio
    )
    if limit is None and not merge_dev:
        every_row_is_accounted_for(release, corpus)
    return corpus


def every_row_is_accounted_for(release: Release, corpus: Corpus) -> None:
    for split in SPLITS:
        used = corpus.split(split)["line"].to_pylist()
        out = [row.line for row in corpus.left_out if row.split == split]
        lines = release.tables[split].read_bytes().count(b"\n")
        assert corpus.rows[split] == lines - 1
        assert sorted(used + out) == list(range(2, lines + 1))


def only_left_out(corpus: Corpus) -> LeftOut:
    assert len(corpus.left_out) == 1, corpus.left_out
    return corpus.left_out[0]


def with_row(row: Row) -> tuple[list[Row], int]:
    """Good rows with `row` in the middle of its split, and its place."""
    rows = list(GOOD)
    place = 1 + next(number for number, good in enumerate(rows) if good.split == row.split)
    rows.insert(place, row)
    return rows, place
