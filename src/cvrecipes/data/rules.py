"""Every reason to leave a row out, in the order in which they are applied; the first one counts.

A new reason is a `Rule` in `RULES` and the function that finds its rows, both in this file. It
is then applied, counted in every summary, and documented in docs/run.md.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cvrecipes.data import clips
from cvrecipes.data.certificate import different
from cvrecipes.data.rule import Context, Find, Match, Rule, Splits, Stage
from cvrecipes.data.selection import Places, Selection, split_reason
from cvrecipes.data.splits import STRICT_ALL, reported_sentences
from cvrecipes.data.tables import TEXT_REASON, by_value, lead_out
from cvrecipes.errors import UsageError
from cvrecipes.models.ctc import frames_needed
from cvrecipes.models.vocabulary import learn_characters
from cvrecipes.recipe.variants import ANOTHER
from cvrecipes.records import TRANSCRIPT_TAGS, UNREADABLE_AUDIO, Clip
from cvrecipes.settings import Settings
from cvrecipes.text import transcripts
from cvrecipes.text.reasons import ANOTHER_SCRIPT, DIGITS, EMPTY, OUTSIDE_ALPHABET

# With fewer clips, nothing is usual.
_FEWEST_FOR_RATES = 50
# A normal distribution's standard deviation is so many median absolute deviations.
_MAD = 1.4826
_COLUMNS_HELD_OUT = {
    "clip": "held out (clip)",
    "speaker": "held out (speaker)",
    "text": "held out (sentence)",
    "near": "held out (near-duplicate)",
}


def _mask(values: pa.Array | pa.ChunkedArray) -> Any:
    return values.to_numpy(zero_copy_only=False)


def _bad_lines(selection: Selection, places: Places, context: Context) -> Iterator[Match]:
    """No row: these lines are in no table. `Selection.left_out` lists them as they were read."""
    return iter(())


def _no_file_name(selection: Selection, places: Places, context: Context) -> Iterator[Match]:
    yield Match(places[_mask(pc.equal(selection.values("clip", places), ""))])


def _outside_release(selection: Selection, places: Places, context: Context) -> Iterator[Match]:
    if context.reading.release.common_voice:
        yield Match(places[_mask(lead_out(selection.values("clip", places)))])


def _damaged_text(selection: Selection, places: Places, context: Context) -> Iterator[Match]:
    damaged = pc.match_substring(selection.values("raw", places), "\ufffd")
    yield Match(places[_mask(damaged)], "U+FFFD")


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
    rows = zip(places[_mask(unfit)].tolist(), words, strict=True)
    yield from _by_kind(row for row in rows if kinds is None or row[1][0] in kinds)


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


def _by_kind(rows: Iterable[tuple[int, tuple[str, str]]]) -> Iterator[Match]:
    """Rows, each with its kind and detail, gathered by kind."""
    gathered: dict[str, tuple[list[int], list[str]]] = {}
    for place, (kind, detail) in rows:
        places, details = gathered.setdefault(kind, ([], []))
        places.append(place)
        details.append(detail)
    for kind, (places, details) in gathered.items():
        yield Match(places, details, kind)


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
            values = different(table[column])
            if len(values):
                shared = pc.is_in(selection.values(column, places), value_set=values)
                yield Match(places[_mask(shared)], f"in {split}", _COLUMNS_HELD_OUT[column])


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
    yield Match(places[_mask(shared)], [reported[raw] for raw in raws.filter(shared).to_pylist()])


def _unusable_audio(selection: Selection, places: Places, context: Context) -> Iterator[Match]:
    """Files in which `ClipFiles` found a defect when it inspected them."""
    defects = selection.defects
    if defects:
        yield from _by_kind((p, defects[p]) for p in places.tolist() if p in defects)


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
    doubtful = measured & (frames < 2 * _mask(pc.utf8_length(texts)))
    for index in np.flatnonzero(doubtful):
        needed = frames_needed(texts[int(index)].as_py())
        if needed > frames[index]:
            detail = f"{needed} frames needed, {frames[index]} there"
            yield Match(places[index : index + 1], detail)


def _plugins(selection: Selection, places: Places, context: Context) -> Iterator[Match]:
    ask = context.hooks.hook.reason_to_leave_out
    if not ask.get_hookimpls():
        return
    ours = {reason for rule in RULES for reason in rule.reasons}
    rows: list[tuple[int, tuple[str, str]]] = []
    for place, record in zip(
        places.tolist(), selection.table.take(pa.array(places)).to_pylist(), strict=True
    ):
        clip = Clip(
            name=record["clip"],
            path=Path(record["path"]),
            split=selection.split,
            line=record["line"],
            speaker=record["speaker"],
            raw=record["raw"],
            seconds=float(selection.seconds[place]),
            columns=_released(record),
            start=record["start"],
            end=record["end"],
        )
        reasons = ask(clip=clip, text=record["text"], recipe=context.recipe)
        if reasons:
            kind, detail = split_reason("; ".join(reasons))
            # By our words the rows would be counted with ours, and get our remedy.
            rows.append((place, (f"{kind} (plugin)" if kind in ours else kind, detail)))
    yield from _by_kind(rows)


def _released(record: dict[str, Any]) -> dict[str, str]:
    """The row as the release has it: its column names, its file name, its sentence."""
    columns = {name: value for name, value in record.items() if isinstance(value, str)}
    for name in ("clip", "raw", "text", "near", "speaker", "file", TEXT_REASON):
        columns.pop(name, None)
    return {
        **columns,
        "client_id": record["speaker"],
        "path": record["clip"],
        "sentence": record["raw"],
    }


def _same_audio(selection: Selection, places: Places, context: Context) -> Iterator[Match]:
    """A recording is trained on once, and not at all when dev or test hold it.

    dev and test keep theirs: leaving one out would change what is measured.
    """
    selections = context.selections
    order = sorted(selections, key=lambda split: (split in context.trained, split != "test"))
    rows = [(split, int(place)) for split in order for place in selections[split].places()]
    clips = [clip for split in order for clip in selections[split].segments()]
    for group in context.files.same_audio([clip.path for clip in clips], [c[1:] for c in clips]):
        first, place = rows[group[0]]
        name = selections[first].table["clip"][place].as_py()
        where = "" if first == selection.split else f" in {first}"
        again = [rows[member][1] for member in group[1:] if rows[member][0] == selection.split]
        yield Match(again, f"as {name}{where}")


def _odd_rate(selection: Selection, places: Places, context: Context) -> Iterator[Match]:
    most = context.settings.rate_outliers
    places = places[selection.seconds[places] > 0]
    if not most or len(places) < _FEWEST_FOR_RATES:
        return
    lengths = _mask(pc.utf8_length(selection.values("text", places)))
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
        named = _mask(pc.not_equal(values.dictionary, ""))
        yield Match(drawn[(ranks >= most) & named[codes]], f"over {most}")

    return find


_UNPACK = "is the release complete? unpack it again"
_RECIPE = "see what the recipe does with: cvrecipes show {locale}"
_SETTING = "see: cvrecipes settings"

RULES: tuple[Rule, ...] = (
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
            "offset is no number": "nothing tells where the part begins (manifests)",
        },
        open=True,
    ),
    Rule(
        "no file name",
        "the column `path` is empty",
        Splits.ALL, Stage.ROWS, _UNPACK, _no_file_name,
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
            "held out (clip)": "dev or test holds the recording",
            "held out (speaker)": "dev or test holds the speaker",
            "held out (sentence)": "dev or test holds the normalized sentence",
            "held out (near-duplicate)":
                "dev or test holds the sentence but for spaces, marks and signs inside words",
        },
    ),
    Rule(
        "too few votes",
        "fewer votes for the clip than asked for",
        Splits.TRAIN, Stage.ROWS, f"lower the setting min_up_votes, {_SETTING}",
        _votes("up_votes", lambda settings: settings.min_up_votes, np.less, 0),
        settings=("min_up_votes",),
    ),
    Rule(
        "too many votes against",
        "more votes against the clip than allowed",
        Splits.TRAIN, Stage.ROWS, f"raise the setting max_down_votes, {_SETTING}",
        _votes("down_votes", lambda settings: settings.max_down_votes, np.greater, -1),
        settings=("max_down_votes",),
    ),
    Rule(
        "reported sentence",
        "the sentence was reported for a reason asked for",
        Splits.TRAIN, Stage.ROWS, f"name fewer reasons in the setting skip_reported, {_SETTING}",
        _reported,
        settings=("skip_reported",),
    ),
    Rule(
        "unusable audio",
        "the file cannot be used",
        Splits.ALL, Stage.CLIPS, _UNPACK, _unusable_audio,
        kinds={
            clips.MISSING: "the file is not there",
            clips.EMPTY: "the file has no bytes or no sound",
            UNREADABLE_AUDIO:
                "the file is no audio, or cannot be decoded, be it only in training or "
                "transcription",
            clips.TRUNCATED: "the file ends before its length",
            clips.BEYOND: "the part of the file ends, or begins, behind the file",
        },
    ),
    Rule(
        "too short",
        "shorter than one frame of the model; in what is trained on, than the setting",
        Splits.ALL, Stage.CLIPS, f"lower the setting shortest, {_SETTING}", _too_short,
        settings=("shortest",),
    ),
    Rule(
        "too long",
        "longer than the setting",
        Splits.TRAINED, Stage.CLIPS, f"raise the setting longest, {_SETTING}", _too_long,
        settings=("longest",),
    ),
    Rule(
        "impossible for CTC",
        "the text needs more frames (letters, and a blank between two equal ones) than there are",
        Splits.TRAINED, Stage.CLIPS,
        "listen to a few: do text and speech match? cvrecipes check {locale}",
        _impossible_for_ctc,
    ),
    Rule(
        "a plugin's reason",
        "an installed plugin, or the language's `hooks.py`, gives a reason",
        Splits.ALL, Stage.CLIPS, "see the plugin: cvrecipes plugins", _plugins,
        open=True,
    ),
    Rule(
        "rare character",
        "the recipe has no alphabet, and the text holds a character beyond the most frequent "
        "ones, which cover 99.99 % of train and become the classes",
        Splits.TRAINED, Stage.CORPUS, "a recipe of your own with an alphabet decides it",
        _rare_character,
    ),
    Rule(
        "same audio",
        "the recording is in train already, or in dev or test",
        Splits.TRAINED, Stage.CORPUS, "each recording is trained on once", _same_audio,
    ),
    Rule(
        "odd speaking rate",
        "spoken far faster or slower than the others: the text is probably not what is spoken",
        Splits.TRAIN, Stage.CORPUS, f"raise the setting rate_outliers, {_SETTING}", _odd_rate,
        settings=("rate_outliers",),
    ),
    Rule(
        "speaker has many clips",
        "the speaker has more clips than allowed",
        Splits.TRAIN, Stage.CORPUS, f"raise the setting clips_per_speaker, {_SETTING}",
        _many("speaker", lambda settings: settings.clips_per_speaker),
        settings=("clips_per_speaker",),
    ),
    Rule(
        "sentence has many clips",
        "the sentence has more clips than allowed",
        Splits.TRAIN, Stage.CORPUS, f"raise the setting clips_per_sentence, {_SETTING}",
        _many("text", lambda settings: settings.clips_per_sentence),
        settings=("clips_per_sentence",),
    ),
)  # fmt: skip
