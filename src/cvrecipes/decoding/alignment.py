"""Start and end of each word of a transcript, by forced alignment."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from itertools import groupby, pairwise

from cvrecipes.decoding.recognizer import Transcript
from cvrecipes.models.ctc import Vocabulary, collapse


@dataclass(frozen=True, slots=True)
class Word:
    """A word with its place in the audio.

    Attributes:
        start, end: seconds from the beginning of the file.
        confidence: geometric mean of the probabilities of its letters, 0 to 1.
    """

    word: str
    start: float
    end: float
    confidence: float


def align_words(
    transcript: Transcript, vocabulary: Vocabulary, text: str | None = None
) -> list[Word]:
    """Align a text with the frames of the audio; by default the transcript's own text.

    The best path through the frames is torchaudio's ``forced_align`` (Kürzinger et al.
    2020 describe the method).

    Arguments:
        transcript: its log-probabilities have the shape (frames, classes).
        vocabulary: the model's classes.
        text: a normalized text; its characters must lie in the vocabulary.

    Raises:
        ValueError: the text needs more frames than there are.
    """
    if text is None:
        best = collapse(transcript.log_probabilities.argmax(axis=1).tolist(), vocabulary.blank)
        labels = _single_spaces(best, vocabulary.tokens.index(vocabulary.delimiter))
    else:
        labels = vocabulary.encode(text)
    if not labels:
        return []
    needed = len(labels) + sum(1 for left, right in pairwise(labels) if left == right)
    if needed > len(transcript.log_probabilities):
        raise ValueError(
            f"{needed} frames needed, the audio has {len(transcript.log_probabilities)}"
        )
    import torch
    from torchaudio.functional import forced_align, merge_tokens

    log_probabilities = torch.from_numpy(transcript.log_probabilities).unsqueeze(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torchaudio announces its own maintenance phase
        path, probability = forced_align(
            log_probabilities, torch.tensor([labels], dtype=torch.int32), blank=vocabulary.blank
        )
        spans = merge_tokens(path[0], probability[0].exp(), blank=vocabulary.blank)
    delimiter = vocabulary.tokens.index(vocabulary.delimiter)
    words: list[Word] = []
    for is_gap, group in groupby(
        zip(labels, spans, strict=True), key=lambda pair: pair[0] == delimiter
    ):
        if is_gap:
            continue
        letters = list(group)
        mean = sum(math.log(max(1e-10, float(span.score))) for _, span in letters) / len(letters)
        words.append(
            Word(
                "".join(vocabulary.tokens[label] for label, _ in letters),
                round(letters[0][1].start * transcript.frame_seconds, 3),
                round(letters[-1][1].end * transcript.frame_seconds, 3),
                round(math.exp(mean), 4),
            )
        )
    return words


def _single_spaces(labels: list[int], delimiter: int) -> list[int]:
    """The labels with one delimiter between words and none at the ends."""
    kept: list[int] = []
    for label in labels:
        if label != delimiter or (kept and kept[-1] != delimiter):
            kept.append(label)
    return kept[:-1] if kept and kept[-1] == delimiter else kept
