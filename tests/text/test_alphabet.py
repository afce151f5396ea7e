"""Alphabets: letters of several code points, and what is outside."""

from __future__ import annotations

import pytest

from cvrecipes.text.alphabet import Alphabet
from support.text import LATIN, NOTHING


@pytest.mark.parametrize(
    ("letters", "problem"),
    [
        (("a", "a"), "twice"),
        (("", "a"), "no letter"),
        (("a b",), "no letter"),
        (("e\u0301",), "NFC"),
    ],
)
def test_a_bad_alphabet_is_an_error(letters: tuple[str, ...], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        Alphabet(letters)


def test_a_mark_cannot_be_a_letter_too() -> None:
    with pytest.raises(ValueError, match="twice"):
        Alphabet(("a", "ʼ"), ("ʼ",))


def test_a_letter_may_have_several_code_points() -> None:
    guarani = Alphabet(("a", "g", "g̃"), ("'",))
    assert guarani.code_points == ("'", "a", "g", "\u0303")
    assert guarani.outside("ag̃a g'a") == []
    assert guarani.outside("a b\u0303") == ["b", "\u0303"]


def test_letters_of_loan_words_are_inside_and_classes() -> None:
    irish = Alphabet(("a", "b"), ("'",), ("j", "k"))
    assert irish.outside("jab'k w") == ["w"]
    assert irish.code_points == ("'", "a", "b", "j", "k")
    assert irish.letters == ("a", "b")


def test_a_letter_of_loan_words_cannot_be_a_letter_too() -> None:
    with pytest.raises(ValueError, match="twice"):
        Alphabet(("a", "q"), (), ("q",))


def test_a_mark_of_a_letter_alone_is_outside() -> None:
    assert Alphabet(("a", "g̃")).outside("ga\u0323") == ["g", "\u0323"]


def test_outside_names_each_character_once_and_sorted() -> None:
    assert LATIN.outside("zxş ığş") == ["ğ", "ı", "ş"]


def test_an_alphabet_without_letters_is_false() -> None:
    assert not NOTHING
    assert LATIN
