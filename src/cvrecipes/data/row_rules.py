"""The reasons to leave a row out that its table shows, in the order in which they are applied."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cvrecipes.data.certificate import different
from cvrecipes.data.overlaps import shared_clips
from cvrecipes.data.rule import SETTING, UNPACK, Context, Find, Match, Rule, Splits, Stage, by_kind
from cvrecipes.data.selection import Places, Selection, mask, split_reason
from cvrecipes.data.splits import STRICT_ALL, reported_sentences
from cvrecipes.data.tables import TEXT_REASON, by_value, lead_out
from cvrecipes.errors import UsageError
from cvrecipes.recipe.variants import ANOTHER
from cvrecipes.records import TRANSCRIPT_TAGS
from cvrecipes.settings import Settings
from cvrecipes.text import transcripts
from cvrecipes.text.reasons import ANOTHER_SCRIPT, DIGITS, EMPTY, OUTSIDE_ALPHABET

_COLUMNS_HELD_OUT = {
    "clip": "held out (clip)",
    "speaker": "held out (speaker)",
    "text": "held out (sentence)",
    "near": "held out (near-duplicate)",
}
_RECIPE = "see what the recipe does with: cvrecipes show {locale}"


def _bad_lines(selection: Selection, places: Places, context: Context) -> Iterator[Match]:
    """No row: these lines are in no table. `Selection.left_out` lists them as they were read."""
    return iter(())


def _no_file_name(selection: Selection, places: Places, context: Context) -> Iterator[Match]:
    yield Match(places[mask(pc.equal(selection.values("clip", places), ""))])


def _outside_release(selection: Selection, places: Places, context: Context) -> Iterator[Match]:
    if context.reading.release.common_voice:
        yield Match(places[mask(lead_out(selection.values("clip", places)))])


def _damaged_text(selection: Selection, places: Places, context: Context) -> Iterator[Match]:
    damaged = pc.match_substring(selection.values("raw", places), "\ufffd")
    yield Match(places[mask(damaged)], "U+FFFD")


def _unusable_transcript(selection: Selection, places: Places, context: Context) -> Iterator[Match]:
    """Transcripts that are no reference, by the tags that their source took out of them."""
    if TRANSCRIPT_TAGS not in selection.table.column_names:
        return
    tags = selection.values(TRANSCRIPT_TAGS, places)
    yield from _worded(places, by_value(tags, transcripts.reasons, ""))


def _texts(*kinds: str) -> Find:
    """Makes a function that finds texts by the recipe's reason; `Reading` asked it once a text."""

    def find(selection: Selection, places: Places, context: Context) -> Iterator[Match]:
        yield from _worded(places, selection.values(TEXT_REASON, places), kinds)

    return find


def _worded(
    places: Places, reasons: pa.Array, kinds: Collection[str] | None = None
) -> Iterator[Match]:
    """The rows that have a reason in words; the others have an empty one.

    Arguments:
        kinds: the reasons that count; None for all.
    """
    unfit = pc.not_equal(reasons, "")
    words = map(split_reason, reasons.filter(unfit).to_pylist())
    rows = zip(places[mask(unfit)].tolist(), words, strict=True)
    yield from by_kind(row for row in rows if kinds is None or row[1][0] in kinds)


def _held_out(selection: Selection, places: Places, context: Context) -> Iterator[Match]:
    """All rows of dev and test count, also those that cannot be used themselves."""
    if context.settings.split != STRICT_ALL:
        return
    for split in ("test", "dev"):
        if split == selection.split or not context.reading.has(split):
            continue
        table = context.reading.rows(split).table
        # A dev split that is trained on may share all with train, but brings its own clips.
        columns = ("clip",) if split in context.trained else tuple(_COLUMNS_HELD_OUT)
        for column in columns:
            values, own = different(table[column]), selection.values(column, places)
            if column == "clip":
                shared = shared_clips(own, values)
            else:
                shared = mask(pc.is_in(own, value_set=values))
            yield Match(places[shared], f"in {split}", _COLUMNS_HELD_OUT[column])


def _votes(
    column: str, setting: Callable[[Settings], int], wrong: Callable[[Any, int], Any], unset: int
) -> Find:
    """Makes a function that finds rows by a column of votes; no number counts as no vote."""

    def find(selection: Selection, places: Places, context: Context) -> Iterator[Match]:
        limit = setting(context.settings)
        if limit == unset:
            return
        if column not in selection.table.column_names:
            raise UsageError(f"has no column {column}", where=context.reading.release.folder)
        values = pc.fill_null(selection.values(column, places), "").dictionary_encode()
        numbers = np.array(
            [int(v) if v.isdecimal() else 0 for v in values.dictionary.to_pylist()], np.int64
        )
        votes = numbers[values.indices.to_numpy()]
        chosen = wrong(votes, limit)
        yield Match(places[chosen], [str(number) for number in votes[chosen]])

    return find


def _reported(selection: Selection, places: Places, context: Context) -> Iterator[Match]:
    if not context.settings.skip_reported:
        return
    reported = reported_sentences(context.reading.release, context.settings.skip_reported)
    raws = selection.values("raw", places)
    shared = pc.is_in(raws, value_set=pa.array(list(reported), pa.string()))
    yield Match(places[mask(shared)], [reported[raw] for raw in raws.filter(shared).to_pylist()])


ROW_RULES: tuple[Rule, ...] = (
    Rule(
        "bad line",
        "the line is no row of the table, in the words of the file's reader",
        Splits.ALL, Stage.ROWS, "correct the file; unpack a release again", _bad_lines,
        kinds={
            "malformed row": "the line has too few or too many columns",
            "not UTF-8": "the line is not UTF-8",
            "reported": "somebody reported the audio (spontaneous speech)",
            "no split": "the row says no split (manifests)",
            "negative offset": "the part would begin before its file (manifests)",
            "offset is beyond any file": "the part would begin after 30 years (manifests)",
            "offset is no number": "nothing tells where the part begins (manifests)",
        },
        open=True,
    ),
    Rule(
        "no file name",
        "the column `path` is empty",
        Splits.ALL, Stage.ROWS, UNPACK, _no_file_name,
    ),
    Rule(
        "file name leads out of the release",
        "the file would not lie below `clips/`",
        Splits.ALL, Stage.ROWS, "do not trust this release", _outside_release,
    ),
    Rule(
        "damaged text",
        "the sentence holds U+FFFD: letters were lost",
        Splits.ALL, Stage.ROWS, "correct the sentence, or leave it out", _damaged_text,
    ),
    Rule(
        "unusable transcript",
        "the transcript does not say all that was spoken (spontaneous speech)",
        Splits.ALL, Stage.ROWS, "see docs/data.md on tags in transcripts", _unusable_transcript,
        kinds={
            transcripts.UNINTELLIGIBLE: "words could not be understood: the tag `[unclear]`",
            transcripts.UNKNOWN_TAG: "nobody knows whether a tag in brackets stands for words",
        },
    ),
    Rule(
        "unfit text",
        "the recipe cannot use the text",
        Splits.ALL, Stage.ROWS, _RECIPE, _texts(EMPTY, DIGITS, ANOTHER_SCRIPT, ANOTHER),
        kinds={
            EMPTY: "nothing is left of the sentence after normalization",
            DIGITS: "digits are left after normalization",
            ANOTHER_SCRIPT: "characters of a script that is not the language's are left",
            ANOTHER: "the sentence is written in another variant of the language",
        },
    ),
    Rule(
        OUTSIDE_ALPHABET,
        "other characters are left that the recipe's alphabet does not have",
        Splits.TRAINED, Stage.ROWS, _RECIPE, _texts(OUTSIDE_ALPHABET),
    ),
    Rule(
        "held out",
        "dev or test holds the row's clip, speaker or sentence",
        Splits.TRAINED, Stage.ROWS,
        "dev and test leave nothing for it: use --split official", _held_out,
        settings=("split", "merge_dev"),
        held_out=True,
        kinds={
            "held out (clip)": "dev or test holds the recording, or a part of it",
            "held out (speaker)": "dev or test holds the speaker",
            "held out (sentence)": "dev or test holds the normalized sentence",
            "held out (near-duplicate)":
                "dev or test holds the sentence but for spaces, marks and signs inside words",
        },
    ),
    Rule(
        "too few votes",
        "fewer votes for the clip than asked for",
        Splits.TRAIN, Stage.ROWS, f"lower the setting min_up_votes, {SETTING}",
        _votes("up_votes", lambda settings: settings.min_up_votes, np.less, 0),
        settings=("min_up_votes",),
    ),
    Rule(
        "too many votes against",
        "more votes against the clip than allowed",
        Splits.TRAIN, Stage.ROWS, f"raise the setting max_down_votes, {SETTING}",
        _votes("down_votes", lambda settings: settings.max_down_votes, np.greater, -1),
        settings=("max_down_votes",),
    ),
    Rule(
        "reported sentence",
        "the sentence was reported for a reason asked for",
        Splits.TRAIN, Stage.ROWS, f"name fewer reasons in the setting skip_reported, {SETTING}",
        _reported,
        settings=("skip_reported",),
    ),
)  # fmt: skip
