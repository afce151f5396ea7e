"""Apostrophes, quotation marks and hyphens."""

from __future__ import annotations

import pytest

from cvrecipes.text.alphabet import Alphabet
from cvrecipes.text.apostrophes import apostrophes
from cvrecipes.text.normalizer import Rules
from support.text import with_rules

SIGNS_FOR_ONE = ["'", "’", "‘", "ʼ", "`", "´", "＇", "ʻ"]


@pytest.mark.parametrize("sign", SIGNS_FOR_ONE)
@pytest.mark.parametrize(
    ("becomes", "expected"), [("", "donts"), (" ", "don ts"), ("'", "don'ts"), ("ʼ", "donʼts")]
)
def test_an_apostrophe_inside_a_word_becomes_what_the_recipe_says(
    sign: str, becomes: str, expected: str
) -> None:
    assert with_rules(Rules(apostrophe=becomes))(f"Don{sign}ts") == expected


@pytest.mark.parametrize(
    ("edges", "expected"),
    [
        ((), "tis dogs"),
        (("start",), "'tis dogs"),
        (("end",), "tis dogs'"),
        (("start", "end"), "'tis dogs'"),
    ],
)
@pytest.mark.parametrize("sign", ["'", "’", "ʼ"])
def test_an_apostrophe_at_the_edge_stays_where_the_recipe_says(
    sign: str, edges: tuple[str, ...], expected: str
) -> None:
    rules = Rules(apostrophe="'", apostrophe_edges=edges)
    assert with_rules(rules)(f"On {sign}tis dogs{sign} on") == f"on {expected} on"


@pytest.mark.parametrize("becomes", ["", " ", "'", "ʼ"])
@pytest.mark.parametrize("edges", [(), ("start", "end")])
def test_an_apostrophe_without_a_letter_goes(becomes: str, edges: tuple[str, ...]) -> None:
    assert with_rules(Rules(apostrophe=becomes, apostrophe_edges=edges))("a ' b ’’") == "a b"


@pytest.mark.parametrize("becomes", ["", " "])
def test_edges_mean_nothing_where_no_apostrophe_is_written(becomes: str) -> None:
    rules = Rules(apostrophe=becomes, apostrophe_edges=("start", "end"))
    assert with_rules(rules)("'tis dogs'") == "tis dogs"


QUOTED = [
    "‘Come here,’ he said.",
    "He said: 'Come here.'",
    "“‘Come here’”, he said.",
    "Yes – ‘come here’!",
    " 'Come now or never' ",
]


@pytest.mark.parametrize("edges", [("start",), ("end",)])
@pytest.mark.parametrize("raw", QUOTED)
def test_quotation_marks_around_direct_speech_go(raw: str, edges: tuple[str, ...]) -> None:
    result = with_rules(Rules(apostrophe="'", apostrophe_edges=edges))(raw)
    assert result.replace("'", "") == result


@pytest.mark.parametrize(
    ("raw", "edges", "expected"),
    [
        ("'N dog said: 'A dog.'", "start", "'n dog said 'a dog"),
        ("Yes, 'n dog is 'good'.", "start", "yes 'n dog is good"),
        ("'Me said: ‘Come here’.", "start", "'me said come here"),
        ("‘The chieng' is here’, he said.", "end", "the chieng' is here he said"),
        ("No chieng', no dhiang’.", "end", "no chieng' no dhiang'"),
        ("the 'good' dog, said: dhiang'", "end", "the good dog said dhiang'"),
    ],
)
def test_an_apostrophe_that_closes_no_direct_speech_stays(
    raw: str, edges: str, expected: str
) -> None:
    rules = Rules(apostrophe="'", apostrophe_edges=(edges,))
    assert with_rules(rules)(raw) == expected


def test_apostrophes_of_both_edges_are_never_a_pair_around_several_words() -> None:
    rules = Rules(apostrophe="ʼ", apostrophe_edges=("start", "end"))
    assert with_rules(rules)("‘Yah fa’.") == "ʼyah faʼ"


def test_quotation_marks_without_end_take_no_time_that_grows() -> None:
    normalizer = with_rules(Rules(apostrophe="'", apostrophe_edges=("start",)))
    assert normalizer(", 'ab" * 100_000).count("'ab") == 100_000


def test_a_run_of_apostrophes_is_one() -> None:
    assert with_rules(Rules(apostrophe="'"))("o’'’clock") == "o'clock"


def test_a_letter_that_looks_like_an_apostrophe_is_left_alone() -> None:
    uzbek = Alphabet(("o", "oʻ", "g", "s", "n"), ("ʼ",))
    assert apostrophes("ʼ", (), uzbek)("oʻs’n") == "oʻsʼn"


@pytest.mark.parametrize("sign", ["-", "\u2010", "\u2011"])
@pytest.mark.parametrize(
    ("becomes", "expected"), [("", "northwest"), (" ", "north west"), ("-", "north-west")]
)
def test_a_hyphen_between_letters_becomes_what_the_recipe_says(
    sign: str, becomes: str, expected: str
) -> None:
    assert with_rules(Rules(hyphen=becomes))(f"North{sign}West") == expected


def test_a_kept_hyphen_stays_between_letters_only() -> None:
    assert with_rules(Rules(hyphen="-"))("-a- b-c -- d--e - 5-f g-h-i") == "a b-c d e 5 f g-h-i"


def test_a_dash_is_no_hyphen() -> None:
    assert with_rules(Rules(hyphen="-"))("a–b a—b") == "a b a b"
