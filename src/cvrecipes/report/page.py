"""report.html: one self-contained page about a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cvrecipes.records import Alignment, Pair, Score, Trained
from cvrecipes.report import html
from cvrecipes.report.charts import line_chart
from cvrecipes.report.facts import (
    inside_alphabet,
    no_class,
    scored_clips,
    scored_part,
    undecodable,
)
from cvrecipes.report.speakers import interval_unit, sharing
from cvrecipes.scoring.alignment import pieces
from cvrecipes.words import clock, length

_WORST = 20
# Stands for a space that is itself an error, which nobody would see.
_SPACE = "\u2423"


@dataclass(frozen=True, slots=True)
class Segment:
    """Neighboring units that are all equal on both sides, or all different.

    Attributes:
        before: what stands before them and is no part of a unit: spaces between words.
    """

    before: str
    text: str
    differs: bool


@dataclass(frozen=True, slots=True)
class MarkedClip:
    """A clip with what differs between reference and hypothesis."""

    clip: str
    rate: float
    reference: tuple[Segment, ...]
    hypothesis: tuple[Segment, ...]


def render(facts: Mapping[str, Any], score: Score, pairs: Sequence[Pair], trained: Trained) -> str:
    """The page as HTML.

    Arguments:
        facts: the content of run.json.
        score: of the test split.
        pairs: of the test split, in the order of `score`.
    """
    return html.render(
        "report.html.j2",
        {
            "language": facts["language"],
            "locale": facts["locale"],
            "facts": facts,
            "score": score,
            "headline": score.headline,
            "trained": trained,
            "part": scored_part(facts),
            "charts": _curves(trained),
            "worst": worst_clips(score, pairs),
            "undecodable": undecodable(facts),
            "scored": scored_clips(facts),
            "interval": interval_unit(facts),
            "inside": inside_alphabet(facts),
            "no_class": no_class(facts),
            "sharing": sharing(facts),
            "held_out": sum(facts["left_out"]["held_out"].values()),
            "provenance": list(_provenance(facts, trained)),
        },
    )


def worst_clips(score: Score, pairs: Sequence[Pair], most: int = _WORST) -> list[MarkedClip]:
    """The clips with the highest rate, by words or, where CER is the headline, by characters.

    What differs is taken from the alignments that the rate was counted from.
    """
    alignments = score.characters if score.headline == "cer" else score.words
    order = sorted(range(len(pairs)), key=lambda i: (-alignments[i].rate, pairs[i].clip))
    return [marked(pairs[i], alignments[i]) for i in order[:most]]


def marked(pair: Pair, alignment: Alignment) -> MarkedClip:
    """Reference and hypothesis in segments that are equal or different."""
    reference = pieces(pair.reference, alignment.reference)
    hypothesis = pieces(pair.hypothesis, alignment.hypothesis)
    above, below = [], []
    for kind, start, end, hypothesis_start, hypothesis_end in alignment.operations:
        differs = kind != "equal"
        if start < end:
            above.append(_segment(reference[start:end], differs))
        if hypothesis_start < hypothesis_end:
            below.append(_segment(hypothesis[hypothesis_start:hypothesis_end], differs))
    return MarkedClip(pair.clip, alignment.rate, tuple(above), tuple(below))


def _segment(units: Sequence[tuple[str, str]], differs: bool) -> Segment:
    before, first = units[0]
    text = first + "".join(space + unit for space, unit in units[1:])
    if differs and text.isspace():
        text = _SPACE * len(text)
    return Segment(before, text, differs)


def _curves(trained: Trained) -> list[Any]:
    from markupsafe import Markup

    loss = {
        "training": [(s, v) for s, v, _ in trained.losses],
        "evaluation": [(e.step, e.loss) for e in trained.evaluations if e.loss is not None],
    }
    rates = {
        "WER": [(e.step, e.wer) for e in trained.evaluations],
        "CER": [(e.step, e.cer) for e in trained.evaluations],
    }
    drawn = line_chart("Loss", loss), line_chart("Error rates", rates, percent=True)
    return [Markup(figure) for figure in drawn]


def _provenance(facts: Mapping[str, Any], trained: Trained) -> Iterator[tuple[str, str]]:
    stages = ", ".join(
        f"{name} {clock(s) if s >= 60 else length(s)}" for name, s in facts["seconds"].items()
    )
    yield "device", f"{trained.device}, {trained.precision}"
    yield "parameters", f"{trained.parameters:,}"
    yield "steps", f"{trained.steps}, kept those of step {trained.best_step}"
    yield "seed", str(facts["seed"])
    yield "preset", facts["preset"]
    changed = ", ".join(f"{key}={value}" for key, value in facts["changed"].items())
    yield "changed settings", changed or "none"
    recipe = ", ".join(f"{key}={value}" for key, value in facts["recipe"]["changed"].items())
    yield "changed recipe keys", recipe or "none"
    if facts["recipe"]["variant"]:
        yield "variant", facts["recipe"]["variant"]
    yield "license of the base", facts["base_license"] or "unknown"
    yield "wall time", stages
    yield "versions", ", ".join(f"{name} {number}" for name, number in facts["versions"].items())
