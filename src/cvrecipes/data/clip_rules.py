"""The reasons to leave a row out that its file shows, in the order in which they are applied."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow.compute as pc

from cvrecipes.data import clips
from cvrecipes.data.rule import SETTING, UNPACK, Context, Match, Rule, Splits, Stage, by_kind
from cvrecipes.data.selection import Places, Selection, mask
from cvrecipes.models.ctc import frames_needed
from cvrecipes.records import UNREADABLE_AUDIO


def _unusable_audio(selection: Selection, places: Places, context: Context) -> Iterator[Match]:
    """Files in which `ClipFiles` found a defect when it inspected them."""
    defects = selection.defects
    if defects:
        yield from by_kind((p, defects[p]) for p in places.tolist() if p in defects)


def _too_short(selection: Selection, places: Places, context: Context) -> Iterator[Match]:
    seconds = selection.seconds[places]
    measured = ~np.isnan(seconds)
    frames = context.framing.frames(np.where(measured, seconds, 1.0))
    yield Match(places[measured & (frames < 1)], "not one frame")
    if selection.split in context.trained:
        shortest = context.settings.shortest
        yield Match(places[measured & (seconds < shortest)], f"under {shortest:g} s")


def _too_long(selection: Selection, places: Places, context: Context) -> Iterator[Match]:
    longest = context.settings.longest
    yield Match(places[selection.seconds[places] > longest], f"over {longest:g} s")


def _impossible_for_ctc(selection: Selection, places: Places, context: Context) -> Iterator[Match]:
    seconds = selection.seconds[places]
    measured = ~np.isnan(seconds)
    frames = context.framing.frames(np.where(measured, seconds, 1.0))
    texts = selection.values("text", places)
    # A text of n characters needs n frames, and never more than 2 n - 1.
    doubtful = measured & (frames < 2 * mask(pc.utf8_length(texts)))
    for index in np.flatnonzero(doubtful):
        needed = frames_needed(texts[int(index)].as_py())
        if needed > frames[index]:
            detail = f"{needed} frames needed, {frames[index]} there"
            yield Match(places[index : index + 1], detail)


CLIP_RULES: tuple[Rule, ...] = (
    Rule(
        "unusable audio",
        "the file cannot be used",
        Splits.ALL, Stage.CLIPS, UNPACK, _unusable_audio,
        kinds={
            clips.MISSING: "the file is not there",
            clips.EMPTY: "the file has no bytes or no sound",
            UNREADABLE_AUDIO:
                "the file is no audio, or cannot be decoded, be it only in training or "
                "transcription",
            clips.TRUNCATED: "the file ends before its length",
            clips.WRONG: "the file is far longer than its row says (manifests)",
            clips.BEYOND: "the part of the file ends, or begins, behind the file",
        },
    ),
    Rule(
        "too short",
        "shorter than one frame of the model; in what is trained on, than the setting",
        Splits.ALL, Stage.CLIPS, f"lower the setting shortest, {SETTING}", _too_short,
        settings=("shortest",),
    ),
    Rule(
        "too long",
        "longer than the setting",
        Splits.TRAINED, Stage.CLIPS, f"raise the setting longest, {SETTING}", _too_long,
        settings=("longest",),
    ),
    Rule(
        "impossible for CTC",
        "the text needs more frames (letters, and a blank between two equal ones) than there are",
        Splits.TRAINED, Stage.CLIPS,
        "listen to a few: do text and speech match? cvrecipes check {locale}",
        _impossible_for_ctc,
    ),
)  # fmt: skip
