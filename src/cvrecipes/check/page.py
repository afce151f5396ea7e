"""check.html: one self-contained page about a release, with players for some of its clips."""

from __future__ import annotations

import base64
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from cvrecipes import audio
from cvrecipes.check import wording as words
from cvrecipes.check.bars import bar_chart, bars
from cvrecipes.check.figures import Audit, Sample
from cvrecipes.data.counts import tags_removed
from cvrecipes.records import SPLITS, Segment
from cvrecipes.report import html

# A file with this mark is a page of ``check``, which may be written over.
MARK = '<meta name="generator" content="cvrecipes check">'
_CHARACTERS, _VALUES, _BARS, _LONGEST = 300, 40, 40, 400
_RATE = 16_000
_TYPES = {
    ".mp3": "audio/mpeg",
    ".wav": "audio/wav",
    ".flac": "audio/flac",
    ".ogg": "audio/ogg",
    ".oga": "audio/ogg",
    ".opus": "audio/ogg",
    ".m4a": "audio/mp4",
    ".webm": "audio/webm",
}


def render_audit(audit: Audit, folder: Path, *, embed: bool = False) -> str:
    """The page as HTML.

    Arguments:
        folder: where the page will be; links to clips are relative to it.
        embed: put the clips into the page, so that it can be sent to somebody.
    """
    from markupsafe import Markup

    page = html.render(
        "check.html.j2",
        {
            "mark": Markup(MARK),
            "language": audit.language,
            "locale": audit.locale,
            "audit": audit,
            "longest": _LONGEST,
            "letter": words.letter,
            "share": words.share,
            "splits": SPLITS,
            "split_rows": list(words.split_rows(audit)),
            "accounted": words.accounted(audit),
            "left_out": list(_left_out(audit)),
            "tags_removed": tags_removed(audit.tags),
            "alphabet_words": words.alphabet_words(audit),
            "characters": audit.characters.seen[:_CHARACTERS],
            "rare": list(audit.rare.items())[:_CHARACTERS],
            "charts": [Markup(chart) for chart in _charts(audit)],
            "speaker_words": words.speaker_words(audit),
            "demographics": list(_demographics(audit)),
            "policies": tuple(policy.policy for policy in audit.policies),
            "policy_rows": list(words.policy_rows(audit.policies)),
            "shared_splits": tuple(audit.certificate.shared),
            "shared_rows": list(words.shared_rows(audit.certificate)),
            "samples": [
                (sample, _source(audit, sample, folder, embed)) for sample in audit.samples
            ],
        },
    )
    # A folder's name may hold bytes that are no text.
    return page.encode("utf-8", "replace").decode("utf-8")


def _left_out(audit: Audit) -> Iterator[dict[str, Any]]:
    """Each reason with its rows, those of all splits first, and with some examples."""
    for reason, rows in audit.left_out.items():
        by_split = (audit.splits[split].left_out.get(reason, 0) for split in SPLITS)
        examples = audit.examples.get(reason, ())
        yield {
            "reason": words.reason(reason),
            "counts": [rows, *by_split],
            "examples": [{**row, "detail": words.detail(row)} for row in examples],
        }


def _charts(audit: Audit) -> Iterator[str]:
    both = (("Length of clips", audit.durations), ("Speaking rate", audit.rates))
    for title, histogram in both:
        if histogram:
            yield bar_chart(title, bars(histogram, _BARS), histogram.unit, histogram.median)


def _demographics(audit: Audit) -> Iterator[dict[str, Any]]:
    for name, values in audit.demographics.items():
        yield {
            "name": words.column(name),
            "rows": list(values.items())[:_VALUES],
            "more": len(values) - _VALUES,
        }


def _source(audit: Audit, sample: Sample, folder: Path, embed: bool) -> str | None:
    """What a player plays; None where the clips were not opened."""
    if not audit.audio:
        return None
    clip = Segment(sample.path, sample.start, sample.end)
    if embed:
        return _embedded(clip)
    # Players know the fragment, and play that part alone.
    return _link(Path(clip.path), folder) + clip.fragment


def _embedded(clip: Segment) -> str:
    path = Path(clip.path)
    kind = _TYPES.get(path.suffix.lower(), "application/octet-stream")
    content = path.read_bytes()
    if clip.fragment:
        kind, content = "audio/wav", _cut_out(clip)
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"


def _cut_out(clip: Segment) -> bytes:
    """A part of a file as a wav of its own."""
    import soundfile

    wav = io.BytesIO()
    soundfile.write(wav, audio.load(clip, _RATE), _RATE, format="WAV")
    return wav.getvalue()


def _link(path: Path, folder: Path) -> str:
    """The clip as seen from the page; absolute where no relative path leads there."""
    try:
        relative = os.path.relpath(path.absolute(), folder.absolute())
    except ValueError:  # another drive of Windows
        return path.absolute().as_uri()
    steps = relative.replace("\\", "/") if os.sep == "\\" else relative
    # A first step with a colon would be taken for a scheme.
    return f"./{quote(os.fsencode(steps))}"


def is_page(start: str) -> bool:
    """Whether a file that starts like this is a page of ``check``."""
    return MARK in start
