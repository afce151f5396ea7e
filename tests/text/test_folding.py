"""Folding foreign letters into an alphabet."""

from __future__ import annotations

import pytest

from cvrecipes.text.alphabet import Alphabet
from cvrecipes.text.folding import ForeignLetters
from cvrecipes.text.normalizer import Rules
from support.text import LATIN, with_rules


@pytest.mark.parametrize(
    ("letter", "folded"),
    [("é", "e"), ("ñ", "n"), ("å", "a"), ("ø", "o"), ("ł", "l"), ("ß", "ss"), ("æ", "ae")],
)
def test_foreign_letters_fold_to_the_alphabet(letter: str, folded: str) -> None:
    assert letter.translate(ForeignLetters(LATIN)) == folded


def test_letters_of_the_alphabet_are_not_folded() -> None:
    table = ForeignLetters(Alphabet(("a", "e", "é", "ß", "s")))
    assert "éèßa".translate(table) == "éeßa"


@pytest.mark.parametrize("letter", ["й", "ж", "α", "한", "あ", "5", "ʻ", "ə"])
def test_what_has_no_spelling_in_the_alphabet_stays(letter: str) -> None:
    turkish = Alphabet(tuple("abcçdefgğhıijklmnoöprsştuüvyz"))
    assert letter.translate(ForeignLetters(turkish)) == letter


def test_a_letter_is_not_folded_to_letters_outside() -> None:
    assert "ŵw".translate(ForeignLetters(Alphabet(("a", "v")))) == "ŵw"


def test_cyrillic_folds_by_its_base_letters_only() -> None:
    assert "ѝя".translate(ForeignLetters(Alphabet(("а", "и")))) == "ия"


def test_foreign_marks_go_and_the_alphabets_own_stay() -> None:
    guarani = Alphabet(("a", "g", "g̃"))
    normalizer = with_rules(Rules(fold=True), guarani)
    assert normalizer("G̃Á ga\u0323") == "g̃a ga"


@pytest.mark.parametrize(
    ("letter", "alphabet", "folded"),
    [
        ("ǻ", "a å", "å"),
        ("ǻ", "a á", "á"),
        ("ộ", "o ọ", "ọ"),
        ("ộ", "o ô", "ô"),
        ("ộ", "o ô ọ", "ọ"),
        ("ǟ", "a ä ā", "ä"),
        ("ḗ", "e ē é", "ē"),
        ("ǿ", "o ø", "ø"),
        ("ǿ", "o", "o"),
        ("ọ", "o", "o"),
    ],
)
def test_a_letter_loses_as_few_marks_as_needed_the_outermost_first(
    letter: str, alphabet: str, folded: str
) -> None:
    table = ForeignLetters(Alphabet(tuple(alphabet.split())))
    assert letter.translate(table) == folded
    assert folded.translate(table) == folded


def test_the_nearest_letter_may_have_several_code_points() -> None:
    assert "ṝ".translate(ForeignLetters(Alphabet(("r", "r\u0304")))) == "r\u0304"
