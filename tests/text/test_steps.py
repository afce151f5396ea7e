"""The named steps, each alone."""

from __future__ import annotations

import pytest

from cvrecipes.text.script_steps import (
    albanian_capitals,
    albanian_sentence_start,
    dutch_short_forms,
    palochka,
)
from cvrecipes.text.steps import (
    collapse_spaces,
    compose,
    cyrillic_in_latin,
    drop_invisible,
    fold_compatibility,
    latin_in_cyrillic,
    latin_in_cyrillic_shha,
    lower,
    lower_turkic,
)


def test_compose_makes_one_code_point_of_letter_and_mark() -> None:
    assert compose("s\u0327 g\u0306 I\u0307") == "ş ğ İ"


@pytest.mark.parametrize(
    "sign", ["\u200b", "\u00ad", "\ufeff", "\u200e", "\x00", "\ufe0f", "\ud800"]
)
def test_invisible_signs_vanish_without_a_space(sign: str) -> None:
    assert drop_invisible(f"a{sign}b") == "ab"


@pytest.mark.parametrize("space", ["\t", "\n", "\u00a0", "\u2003", "\u3000", "\x85"])
def test_any_white_space_becomes_a_space(space: str) -> None:
    assert drop_invisible(f"a{space}b") == "a b"


@pytest.mark.parametrize(
    ("raw", "expected"), [("ＡＢＣ", "ABC"), ("ﬁl", "fil"), ("ſ", "s"), ("ŉ", "ʼn"), ("𝐀", "A")]
)
def test_typographic_forms_become_ordinary_letters(raw: str, expected: str) -> None:
    assert fold_compatibility(raw) == expected


@pytest.mark.parametrize("letter", ["և", "ำ", "ຳ", "ⵯ", "²", "½"])
def test_letters_with_a_decomposition_stay(letter: str) -> None:
    assert fold_compatibility(letter) == letter


def test_lower_uses_the_final_sigma() -> None:
    assert lower("ΟΔΟΣ ΣΑΣ") == "οδος σας"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [("İIiı", "iıiı"), ("I\u0307", "i"), ("i\u0307", "i"), ("ÎÂÛ", "îâû"), ("ŞĞÜÖÇ", "şğüöç")],
)
def test_turkic_lower_case_has_two_letters_i(raw: str, expected: str) -> None:
    assert lower_turkic(raw) == expected


def test_collapse_spaces_leaves_one_between_words() -> None:
    assert collapse_spaces("  a \t b\u00a0 ") == "a b"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [("'s", "'s"), ("‘t,", "‘t,"), ("'ie.", "'ie."), ("‘trein", " trein"), ("zo'n", "zo'n")],
)
def test_an_apostrophe_starts_dutch_short_forms_only(raw: str, expected: str) -> None:
    assert dutch_short_forms(raw) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("kEtu, (nanEn)", "këtu, (nanën)"),
        ("CEshtje kaC C'", "çështje kaç ç'"),
        ("k\u0395t\u0415", "këtë"),
        ("Edhe E", "Edhe E"),
        ("ECE SHQIPE", "ECE SHQIPE"),
    ],
)
def test_capitals_inside_albanian_words_are_letters(raw: str, expected: str) -> None:
    assert albanian_capitals(raw) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("Cili je ti?", "cili je ti?"),
        ("(Cili) Po. Cila… «Cila»", "(cili) Po. cila… «cila»"),
        ("po Cka, kaC", "po Cka, kaC"),
        ("C'kemi CILI C\u0327ka", "C'kemi CILI C\u0327ka"),
        ("C. CILI JE", "C. CILI JE"),
    ],
)
def test_a_c_that_starts_an_albanian_sentence_is_no_sign_for_another_letter(
    raw: str, expected: str
) -> None:
    assert albanian_sentence_start(raw) == expected


@pytest.mark.parametrize(
    ("radical", "ideograph"), [("⺁", "厂"), ("⻝", "食"), ("⻳", "龟"), ("⼈", "人"), ("⺟", "母")]
)
def test_radicals_become_the_ideographs_they_look_like(radical: str, ideograph: str) -> None:
    assert fold_compatibility(radical) == ideograph


def test_every_radical_but_two_becomes_an_ideograph() -> None:
    radicals = [chr(point) for point in range(0x2E80, 0x2EF4)]
    stay = [sign for sign in radicals if ord(fold_compatibility(sign)) < 0x3400]
    assert stay == ["\u2e80", "\u2e9a"]


def test_look_alikes_follow_the_other_letters_of_their_word() -> None:
    assert cyrillic_in_latin("k\u0430lem \u0430\u0431") == "kalem \u0430\u0431"
    assert latin_in_cyrillic("м\u0061ма mama") == "мама mama"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("Ac", "Ас"), ("A", "А"), ("c", "с"), ("He", "Не"), ("OK", "ОК"), ("Bo-o", "Во-о")],
)
def test_a_short_word_of_latin_look_alikes_alone_becomes_cyrillic(typed: str, meant: str) -> None:
    assert latin_in_cyrillic(typed) == meant != typed


@pytest.mark.parametrize(
    "word", ["PC", "XP", "BMX", "CCCP", "X", "x", "Ace", "Max", "OPEC", "Coca-Cola", "ok", "Tokyo"]
)
def test_abbreviations_and_longer_words_of_look_alikes_stay_latin(word: str) -> None:
    assert latin_in_cyrillic(word) == word
    assert latin_in_cyrillic(word.lower()) == word.lower()


def test_with_the_letter_shha_latin_h_is_shha_in_short_words_too() -> None:
    assert latin_in_cyrillic_shha("Ha, he") == "\u04ba\u0430, \u04bb\u0435"


def test_a_short_word_of_cyrillic_look_alikes_alone_becomes_latin() -> None:
    assert (
        cyrillic_in_latin("\u0430 \u041e\u0445 \u0421\u0421\u0421\u0420")
        == "a Ox \u0421\u0421\u0421\u0420"
    )


@pytest.mark.parametrize(
    ("raw", "expected"),
    [("ц1Il|ц", "цӏӏӏӏц"), ("ц1", "цӏ"), ("1ц", "ӏц"), ("ц11", "ц11"), ("II ц", "II ц"),
     ("і", "ӏ")],
)  # fmt: skip
def test_a_palochka_stands_beside_cyrillic_letters_and_a_run_of_them_between_two(
    raw: str, expected: str
) -> None:
    assert palochka(raw) == expected
