"""Transcribing a split of a corpus, or files of any length."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cvrecipes import audio
from cvrecipes.console import progress
from cvrecipes.decoding.recognizer import Recognizer, Transcript
from cvrecipes.errors import CvrecipesError, Failure
from cvrecipes.models.inference import BATCH_SECONDS, infer
from cvrecipes.records import UNREADABLE_AUDIO, LeftOut, Pair, Segment, segments
from cvrecipes.words import plural

if TYPE_CHECKING:
    import pyarrow as pa

# A WER is not published when more than this share of the clips could not be decoded.
MOST_LOST = 0.05
# What the corpus adds; every other column of its tables is the release's own.
_CORPUS_COLUMNS = frozenset(
    ("clip", *Segment._fields, "speaker", "raw", "text", "near", "seconds", "line", "file")
)


def transcribe(
    recognizer: Recognizer,
    table: pa.Table,
    *,
    split: str = "test",
    batch_seconds: float = BATCH_SECONDS,
    what: str = "transcribing test",
) -> tuple[list[Pair], list[LeftOut]]:
    """Transcribe every clip of a split.

    Arguments:
        table: a split of a `Corpus`.
        split: its name, for the clips that turn out to be unreadable.
        batch_seconds: speech in a batch.
        what: what the progress bar says.

    Returns:
        The pairs in the table's order, and the clips that could not be decoded.
    """
    seconds = table["seconds"].to_pylist()
    hypotheses: dict[int, str] = {}
    lost: dict[int, str] = {}
    decoder = recognizer.decoder
    with progress(what, sum(seconds)) as advance:
        for emission in infer(
            recognizer.acoustic, segments(table), seconds, decoder.evidence,
            batch_seconds=batch_seconds,
        ):  # fmt: skip
            if emission.error:
                lost[emission.index] = emission.error
            else:
                hypotheses[emission.index] = recognizer.text(emission.frames)
            advance(seconds[emission.index])
    names, speakers = table["clip"].to_pylist(), table["speaker"].to_pylist()
    references, raws = table["text"].to_pylist(), table["raw"].to_pylist()
    lines, files = table["line"].to_pylist(), table["file"].to_pylist()
    columns = table.select([name for name in table.column_names if name not in _CORPUS_COLUMNS])
    released = columns.to_pylist() if columns.num_columns else [{}] * table.num_rows
    pairs = [
        Pair(
            names[i], speakers[i], references[i], hypotheses[i], seconds[i], raws[i],
            {name: value or "" for name, value in released[i].items()},
        )
        for i in range(table.num_rows)
        if i in hypotheses
    ]  # fmt: skip
    return pairs, [
        LeftOut(
            split=split,
            file=files[i],
            line=lines[i],
            clip=names[i],
            rule=UNREADABLE_AUDIO,
            detail=detail,
            raw=raws[i],
        )
        for i, detail in sorted(lost.items())
    ]


def check_losses(lost: Sequence[LeftOut], count: int, split: str) -> None:
    """Refuse to score what is left when too many clips could not be decoded.

    Raises:
        Failure: more than a twentieth of the `count` clips are lost.
    """
    if len(lost) > MOST_LOST * count:
        raise Failure(
            f"{len(lost)} of {plural(count, 'clip')} of {split} cannot be decoded, "
            f"the first because {lost[0].clip}: {lost[0].reason}",
            remedy=f"a WER of the others would not be that of {split}: unpack the release again",
        )


def transcribe_files(
    recognizer: Recognizer, files: Iterable[Path], failed: Callable[[CvrecipesError], None]
) -> Iterator[tuple[Path, Transcript]]:
    """Transcribe files of any length one after the other; `failed` receives the errors."""
    for file in files:
        try:
            samples = audio.load(file, recognizer.rate)
        except CvrecipesError as error:
            failed(error)
            continue
        yield file, recognizer.transcribe(samples)
