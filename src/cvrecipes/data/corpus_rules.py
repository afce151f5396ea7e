"""The reasons to leave a row out that need all splits, in the order in which they are applied."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
import pyarrow.compute as pc

from cvrecipes.data.overlaps import Span, overlapped
from cvrecipes.data.rule import SETTING, Context, Find, Match, Rule, Splits, Stage
from cvrecipes.data.selection import Places, Selection, mask
from cvrecipes.models.vocabulary import learn_characters
from cvrecipes.settings import Settings

# With fewer clips, nothing is usual.
_FEWEST_FOR_RATES = 50
# A normal distribution's standard deviation is so many median absolute deviations.
_MAD = 1.4826


def _rare_character(selection: Selection, places: Places, context: Context) -> Iterator[Match]:
    """Texts that need a class which the model will not have, where classes are learned."""
    if context.recipe.alphabet:
        return
    trained = [s for name, s in context.selections.items() if name in context.trained]
    classes = learn_characters(text for s in trained for text in s.values("text").to_pylist())
    missing = [
        sorted(set(text) - classes - {" "}) for text in selection.values("text", places).to_pylist()
    ]
    found = [index for index, signs in enumerate(missing) if signs]
    yield Match(places[found], [" ".join(missing[index]) for index in found])


def _same_audio(selection: Selection, places: Places, context: Context) -> Iterator[Match]:
    """A recording is trained on once, and not at all when dev or test hold it.

    dev and test keep theirs: leaving one out would change what is measured. A part that overlaps
    one of theirs in time holds the same speech. Parts of train may overlap each other: many corpora
    are cut with a margin.
    """
    selections = context.selections
    order = sorted(selections, key=lambda split: (split in context.trained, split != "test"))
    rows = [(split, int(place)) for split in order for place in selections[split].places()]
    clips = [clip for split in order for clip in selections[split].segments()]
    paths = [clip.path for clip in clips]
    for group in context.files.same_audio(paths, [clip[1:] for clip in clips]):
        first, place = rows[group[0]]
        name = selections[first].table["clip"][place].as_py()
        where = "" if first == selection.split else f" in {first}"
        again = [rows[member][1] for member in group[1:] if rows[member][0] == selection.split]
        yield Match(again, f"as {name}{where}")
    if selection.split not in context.trained or not any(clip.fragment for clip in clips):
        return
    files = context.files.copies(paths)
    spans = [
        Span(file, clip.start or 0.0, math.inf if clip.end is None else clip.end)
        for file, clip in zip(files, clips, strict=True)
    ]
    held = [n for n, (split, _) in enumerate(rows) if split not in context.trained]
    own = [n for n, (split, _) in enumerate(rows) if split == selection.split]
    found = overlapped([spans[n] for n in own], [spans[n] for n in held])
    for n, other in zip(own, found, strict=True):
        if other is not None:
            split, place = rows[held[other]]
            name = selections[split].table["clip"][place].as_py()
            yield Match([rows[n][1]], f"overlaps {name} in {split}")


def _odd_rate(selection: Selection, places: Places, context: Context) -> Iterator[Match]:
    most = context.settings.rate_outliers
    places = places[selection.seconds[places] > 0]
    if not most or len(places) < _FEWEST_FOR_RATES:
        return
    lengths = mask(pc.utf8_length(selection.values("text", places)))
    rates = lengths / selection.seconds[places]
    logs = np.log(rates)
    median = float(np.median(logs))
    spread = _MAD * float(np.median(np.abs(logs - median)))
    if spread == 0:
        return
    odd = np.abs(logs - median) > most * spread
    usual = f"usual are {np.exp(median):.1f}"
    yield Match(places[odd], [f"{rate:.1f} characters a second, {usual}" for rate in rates[odd]])


def _many(column: str, setting: Callable[[Settings], int]) -> Find:
    """Makes a function that finds a value's clips above a limit; the seed draws which stay."""

    def find(selection: Selection, places: Places, context: Context) -> Iterator[Match]:
        most = setting(context.settings)
        if not most:
            return
        drawn = places[np.random.default_rng(context.seed).permutation(len(places))]
        values = selection.values(column, drawn).dictionary_encode()
        # The rank of each clip among those of its value, in the order in which they are drawn.
        codes = values.indices.to_numpy()
        order = np.argsort(codes, kind="stable")
        starts = np.searchsorted(codes[order], codes[order])
        ranks = np.empty(len(codes), np.int64)
        ranks[order] = np.arange(len(codes)) - starts
        named = mask(pc.not_equal(values.dictionary, ""))
        yield Match(drawn[(ranks >= most) & named[codes]], f"over {most}")

    return find


CORPUS_RULES: tuple[Rule, ...] = (
    Rule(
        "rare character",
        "the recipe has no alphabet, and the text holds a character beyond the most frequent "
        "ones, which cover 99.99 % of train and become the classes",
        Splits.TRAINED, Stage.CORPUS, "a recipe of your own with an alphabet decides it",
        _rare_character,
    ),
    Rule(
        "same audio",
        "the recording is in train already, or in dev or test, be it only a part of it",
        Splits.TRAINED, Stage.CORPUS, "each recording is trained on once", _same_audio,
    ),
    Rule(
        "odd speaking rate",
        "spoken far faster or slower than the others: the text is probably not what is spoken",
        Splits.TRAIN, Stage.CORPUS, f"raise the setting rate_outliers, {SETTING}", _odd_rate,
        settings=("rate_outliers",),
    ),
    Rule(
        "speaker has many clips",
        "the speaker has more clips than allowed",
        Splits.TRAIN, Stage.CORPUS, f"raise the setting clips_per_speaker, {SETTING}",
        _many("speaker", lambda settings: settings.clips_per_speaker),
        settings=("clips_per_speaker",),
    ),
    Rule(
        "sentence has many clips",
        "the sentence has more clips than allowed",
        Splits.TRAIN, Stage.CORPUS, f"raise the setting clips_per_sentence, {SETTING}",
        _many("text", lambda settings: settings.clips_per_sentence),
        settings=("clips_per_sentence",),
    ),
)  # fmt: skip
