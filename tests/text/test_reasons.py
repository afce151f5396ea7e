"""Why a text cannot be used: what was not spoken as it is written, and foreign letters."""

from __future__ import annotations

import pytest

from cvrecipes.catalog import open_recipe
from cvrecipes.plugins import new_manager
from cvrecipes.text.alphabet import Alphabet
from cvrecipes.text.reasons import Reasons
from cvrecipes.text.writing_systems import script_of

LATIN = Reasons(Alphabet(("a", "b", "g̃")), "Latn")


@pytest.mark.parametrize("text", ["a 3", "a ٣", "a፲", "3 Ж q"])
def test_a_number_of_any_kind_is_digits(text: str) -> None:
    assert LATIN(text) == "digits"


def test_a_letter_of_the_alphabet_is_no_number() -> None:
    # Unicode calls these letters of Bamum numbers (Nl).
    assert Reasons(Alphabet(("\ua6e6",)), "Bamu")("\ua6e6") is None


def test_a_digit_is_one_even_where_an_alphabet_holds_it() -> None:
    assert Reasons(Alphabet(("a", "5")), "Latn")("a5") == "digits"


def test_letters_of_the_script_are_outside_and_those_of_another_are_named_apart() -> None:
    assert LATIN("ab g̃a") is None
    assert LATIN("ab qw") == "outside alphabet: q w"
    assert LATIN("ab жд") == "another script: д ж"
    assert LATIN("ab क\u093f") == "another script: क \u093f", "a mark has a script, too"


def test_one_letter_of_another_script_is_enough() -> None:
    assert LATIN("q ж b") == "another script: ж"
    assert LATIN("аb") == "another script: а", "Cyrillic а"


def test_a_text_of_foreign_letters_alone_is_outside_the_alphabet() -> None:
    assert LATIN("qwe rty") == "outside alphabet: e q r t w y"


@pytest.mark.parametrize("sign", ["\u0301", "\u02b9", "\ue000", "º", "½", "²", "ⅻ"])
def test_what_no_other_script_owns_is_outside_the_alphabet(sign: str) -> None:
    assert LATIN(f"a{sign}") == f"outside alphabet: {sign}"


@pytest.mark.parametrize(
    ("script", "own", "other"),
    [
        ("Jpan", "カひ漢", "n한"),
        ("Kore", "한漢", "nカ"),
        ("Hans", "漢", "カn"),
        ("Hant", "漢", "n한"),
    ],
)
def test_a_writing_of_several_scripts_owns_them_all(script: str, own: str, other: str) -> None:
    reasons = Reasons(Alphabet(("々",)), script)
    assert all(reasons(sign) == f"outside alphabet: {sign}" for sign in own)
    assert all(reasons(sign) == f"another script: {sign}" for sign in other)


def test_the_scripts_of_the_alphabet_s_letters_are_the_language_s() -> None:
    assert Reasons(Alphabet(("a", "θ")), "Latn")("λ") == "outside alphabet: λ"
    assert Reasons(Alphabet(("a",)), "")("q ж") == "another script: ж", "the script is not known"


def test_without_an_alphabet_a_letter_of_any_script_can_be_used() -> None:
    none_known = Reasons(Alphabet(()), "Hans")
    assert none_known("nhk 看 ж 〇") is None
    assert (none_known("3"), none_known("③"), none_known("")) == ("digits", "digits", "empty")


@pytest.mark.parametrize(
    ("locale", "raw", "reason"),
    [
        ("tr", "Taɣə", "outside alphabet: ə ɣ"),
        ("tr", "Привет", "another script: в е и п р т"),
        ("sr", "Ђоковић", None),
        ("ru", "Київ", "outside alphabet: ї"),
        ("ka", "Google", "another script: e g l o"),
        ("zh-CN", "看NHK", None),
    ],
)
def test_a_recipe_gives_the_reason(locale: str, raw: str, reason: str | None) -> None:
    normalizer = open_recipe(locale, new_manager(installed=False))[0].normalizer
    assert normalizer.reason(normalizer(raw)) == reason


def test_a_borrowed_letter_makes_its_script_the_language_s() -> None:
    # The alphabet of Arvanitika holds letters that Unicode calls Greek.
    recipe, _ = open_recipe("aat", new_manager(installed=False))
    assert {*map(script_of, recipe.alphabet.code_points)} == {"", "Latn", "Grek"}
    assert str(recipe.normalizer.reason("ж")).startswith("another script")
