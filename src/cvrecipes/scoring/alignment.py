"""Alignments of reference and hypothesis, by rapidfuzz."""

from __future__ import annotations

from collections.abc import Sequence

from cvrecipes.records import Alignment, Operation

_KINDS = {"equal": "equal", "replace": "substitute", "delete": "delete", "insert": "insert"}


def align(reference: Sequence[str], hypothesis: Sequence[str]) -> Alignment:
    """The shortest list of operations that turns the reference into the hypothesis.

    Substitutions, deletions and insertions cost one each (Levenshtein 1966). Several lists may
    be equally short; this is the one of ``Levenshtein.opcodes`` of rapidfuzz, which jiwer
    uses too, so that the counts are those of ``jiwer.process_words``.

    Arguments:
        reference, hypothesis: units, which are words or characters. A unit may be any string,
            also one with spaces; either list may be empty.
    """
    from rapidfuzz.distance import Levenshtein

    left, right = tuple(reference), tuple(hypothesis)
    return Alignment(
        left,
        right,
        tuple(
            Operation(
                _KINDS[code.tag], code.src_start, code.src_end, code.dest_start, code.dest_end
            )
            for code in Levenshtein.opcodes(left, right)
        ),
    )


def pieces(text: str, units: Sequence[str]) -> list[tuple[str, str]]:
    """Each unit of a text with what stands before it: spaces, or nothing.

    So a text is shown as it was written, whether or not its words have spaces between them.
    Where a unit is not found in the text, because a plugin changed it, spaces are put between
    the units.
    """
    cut: list[tuple[str, str]] = []
    end = 0
    for unit in units:
        start = text.find(unit, end)
        if start < 0:
            return [(" " if place else "", unit) for place, unit in enumerate(units)]
        cut.append((text[end:start], unit))
        end = start + len(unit)
    return cut
