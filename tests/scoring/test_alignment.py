"""Alignments: the operations, their counts beside jiwer's, and a text cut at its units."""

from __future__ import annotations

import random

import jiwer
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cvrecipes.records import Alignment, Operation
from cvrecipes.scoring import align
from cvrecipes.scoring.alignment import pieces


def counts(alignment: Alignment) -> tuple[int, int, int]:
    return alignment.substitutions, alignment.deletions, alignment.insertions


def random_units(rng: random.Random, most: int) -> list[str]:
    return rng.choices(["a", "b", "ab", "ç", "𐐀", "word"], k=rng.randrange(most))


def test_an_alignment_lists_what_happened_to_neighboring_units() -> None:
    alignment = align(["bir", "iki", "üç", "dört"], ["bir", "yedi", "sekiz", "dört", "beş"])
    assert alignment.operations == (
        Operation("equal", 0, 1, 0, 1),
        Operation("substitute", 1, 3, 1, 3),
        Operation("equal", 3, 4, 3, 4),
        Operation("insert", 4, 4, 4, 5),
    )
    assert (counts(alignment), alignment.errors, alignment.units) == ((2, 0, 1), 3, 4)
    assert alignment.rate == 0.75


def test_alignments_with_nothing_on_one_side_or_both() -> None:
    assert align([], []).operations == ()
    assert counts(align(["a", "b"], [])) == (0, 2, 0)
    assert counts(align([], ["a", "b"])) == (0, 0, 2)
    assert (align([], ["a", "b"]).rate, align([], []).rate) == (2.0, 0.0)


def test_a_unit_with_spaces_is_one_unit() -> None:
    assert counts(align(["a b", "c"], ["a", "b", "c"])) == (1, 0, 1)


def test_four_thousand_random_pairs_have_the_counts_of_jiwer() -> None:
    rng = random.Random(0)
    compared = 0
    for _ in range(4000):
        reference, hypothesis = random_units(rng, 12), random_units(rng, 12)
        if reference:
            output = jiwer.process_words(" ".join(reference), " ".join(hypothesis))
            expected = (output.substitutions, output.deletions, output.insertions)
            assert counts(align(reference, hypothesis)) == expected
            chunks = [
                (c.ref_start_idx, c.ref_end_idx, c.hyp_start_idx, c.hyp_end_idx)
                for c in output.alignments[0]
            ]
            assert [tuple(one[1:]) for one in align(reference, hypothesis).operations] == chunks
            compared += 1
        text, other = "".join(reference), " ".join(hypothesis)
        if text:
            output = jiwer.process_characters(text, other)
            expected = (output.substitutions, output.deletions, output.insertions)
            assert counts(align(text, other)) == expected
    assert compared > 3000


@given(st.lists(st.sampled_from("abc")), st.lists(st.sampled_from("abc")))
def test_the_operations_cover_every_unit_of_both_sides_in_order(
    reference: list[str], hypothesis: list[str]
) -> None:
    right = left = 0
    for kind, start, end, hypothesis_start, hypothesis_end in align(
        reference, hypothesis
    ).operations:
        assert (start, hypothesis_start) == (left, right)
        left, right = end, hypothesis_end
        same = reference[start:end] == hypothesis[hypothesis_start:hypothesis_end]
        assert same == (kind == "equal")
    assert (left, right) == (len(reference), len(hypothesis))


@pytest.mark.parametrize(
    ("text", "units", "expected"),
    [
        ("bir iki", ["bir", "iki"], [("", "bir"), (" ", "iki")]),
        ("我爱你", ["我", "爱你"], [("", "我"), ("", "爱你")]),
        ("a b", list("a b"), [("", "a"), ("", " "), ("", "b")]),
        (" a  b ", ["a", "b"], [(" ", "a"), ("  ", "b")]),
        ("bir iki", ["Bir", "iki"], [("", "Bir"), (" ", "iki")]),
        ("", [], []),
    ],
)
def test_a_text_is_cut_at_its_units(
    text: str, units: list[str], expected: list[tuple[str, str]]
) -> None:
    assert pieces(text, units) == expected


@given(st.text("ab ç\t", max_size=20))
def test_the_pieces_of_a_text_are_the_text(text: str) -> None:
    for units, whole in ((text.split(), text.rstrip()), (list(text), text)):
        assert "".join(before + unit for before, unit in pieces(text, units)) == whole
