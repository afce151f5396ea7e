"""Tags in transcripts of spontaneous speech: sounds, words nobody understood, and unknown ones.

Transcribers of Common Voice's spontaneous speech write what is not a word in square brackets. The
datasheets (common-voice/cv-datasheets, "Extralinguistic tags") document ``[laugh]``,
``[disfluency]`` (a filler such as "err", "um", "huh"), ``[unclear]`` (a word or words that cannot
be understood) and ``[noise]`` (such as coughing). Releases before 3.0 hold fillers as they were
heard (``[um]``); from 3.0 on they are ``[disfluency]``, for a time written ``<disfluency>``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import regex

# Fillers as they are spelled in place of [disfluency].
_FILLERS = "ah eh ehm er erm err hm hmm huh mm mmm uh uhm um umm"
SOUNDS = frozenset(
    f"[{name}]" for name in ("disfluency", "laugh", "noise", "cough", *_FILLERS.split())
)
UNCLEAR = "[unclear]"
UNINTELLIGIBLE = "unintelligible"
UNKNOWN_TAG = "unknown tag"

_TAG = regex.compile(r"\[([^\[\]]*)\]|<([\p{L}\p{M} _-]+)>")
_STRAY = regex.compile(r"[\[\]]")
# A tag is a pause: the recipe decides what punctuation between two letters becomes.
_PAUSE = "…"
_EACH = regex.compile(r"\[[^\[\]]*\]")


class Transcript(NamedTuple):
    """A transcript taken apart.

    Attributes:
        text: the words; an ellipsis stands where a tag was.
        tags: the tags one after another, as ``[laugh][disfluency]``; a bracket without its
            partner is ``[?]``.
    """

    text: str
    tags: str


def read_transcript(transcript: str) -> Transcript:
    """Take the tags out of a transcript; without one it stays as it is."""
    tags: list[str] = []

    def take(match: regex.Match[str]) -> str:
        name = match[1] if match[1] is not None else match[2]
        tags.append(f"[{' '.join(name.split()).casefold()}]")
        return _PAUSE

    def stray(match: regex.Match[str]) -> str:
        tags.append("[?]")
        return _PAUSE

    text = _STRAY.sub(stray, _TAG.sub(take, transcript))
    return Transcript(text, "".join(tags))


def tag_names(tags: str) -> list[str]:
    """Each of a `Transcript`'s tags, in its order, such as ``[laugh]``."""
    names: list[str] = _EACH.findall(tags)
    return names


def reasons(several: Sequence[str]) -> list[str]:
    """Why transcripts with such tags are no reference for what was spoken; empty if they are.

    What is ``unintelligible`` was spoken and not written. Of an ``unknown tag`` nobody knows
    whether it stands for words.
    """
    return [_reason(tag_names(tags)) for tags in several]


def _reason(tags: Sequence[str]) -> str:
    if UNCLEAR in tags:
        return f"{UNINTELLIGIBLE}: {UNCLEAR}"
    unknown = dict.fromkeys(tag for tag in tags if tag not in SOUNDS)
    return f"{UNKNOWN_TAG}: {' '.join(unknown)}" if unknown else ""
