"""Text: steps, alphabets, the normalizer and the folding of foreign letters."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from cvrecipes.catalog import find_recipes
from cvrecipes.plugins import new_manager
from cvrecipes.recipe import Recipe
from cvrecipes.text.alphabet import Alphabet
from cvrecipes.text.folding import ForeignLetters
from cvrecipes.text.normalizer import Normalizer, Rules, apostrophes, replacer
from cvrecipes.text.script_steps import dutch_short_forms
from cvrecipes.text.steps import (
    STEPS,
    collapse_spaces,
    compose,
    cyrillic_in_latin,
    drop_invisible,
    fold_compatibility,
    latin_in_cyrillic,
    lower,
    lower_turkic,
)

LATIN = Alphabet(tuple("abcdefghijklmnopqrstuvwxyz"))
NOTHING = Alphabet(())
CATALOG = find_recipes(new_manager())
GENERIC = "no alphabet"
LOCALES = [GENERIC, *CATALOG.recipes]


def with_rules(rules: Rules, alphabet: Alphabet = LATIN) -> Normalizer:
    return Normalizer(rules, alphabet, STEPS)


@cache
def recipe_of(locale: str) -> Recipe:
    if locale != GENERIC:
        return CATALOG.read(CATALOG.recipes[locale])
    return replace(recipe_of("tr"), rules=Rules(), alphabet=NOTHING)


def fresh(locale: str) -> Normalizer:
    """A normalizer that remembers no words yet."""
    return replace(recipe_of(locale)).normalizer


def kept_by(recipe: Recipe) -> set[str]:
    """The punctuation and symbols that belong to the orthography."""
    rules = recipe.rules
    return {*rules.keep, *rules.apostrophe, *rules.hyphen, *"".join(recipe.alphabet.marks)}


# Any text, and text of what recipes are about: letters, look-alikes, marks, signs.
SIGNS = "'’‘ʼʻ`´-‐‑–—.,;:!?…«»“”„‚\u0301\u0307\u0327\u0328\u200c\u200d\u00ad\ufeff\u00a0\t\x1c\x85 "
LETTERS = "aAiIıİşŞßẞéÉøłæwWσΣςаАеоВйﬁＡǆŉΐġñg̃ऀकाกำأَ한あ国"
ANY = st.text(st.characters(), max_size=40) | st.text(
    st.sampled_from(SIGNS + LETTERS) | st.characters(max_codepoint=0x2FFF), max_size=20
)
ON_ANY_TEXT = settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


# Steps


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


# Alphabet


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


def test_a_mark_of_a_letter_alone_is_outside() -> None:
    assert Alphabet(("a", "g̃")).outside("ga\u0323") == ["g", "\u0323"]


def test_outside_names_each_character_once_and_sorted() -> None:
    assert LATIN.outside("zxş ığş") == ["ğ", "ı", "ş"]


def test_an_alphabet_without_letters_is_false() -> None:
    assert not NOTHING
    assert LATIN


# Normalizer


def test_the_steps_have_one_fixed_order() -> None:
    rules = Rules(
        case="turkic",
        fold=True,
        first=("latin_in_cyrillic",),
        steps=("cyrillic_in_latin",),
        repair={"ș": "ş"},
        lookalikes={"а": "a"},
        replace={"â": "a"},
        delete="\u0301",
    )
    assert [name for name, _ in with_rules(rules).steps] == [
        "compose",
        "latin_in_cyrillic",
        "invisible",
        "compatibility",
        "repair",
        "lookalikes",
        "lower_turkic",
        "delete",
        "replace",
        "cyrillic_in_latin",
        "apostrophe",
        "hyphen",
        "punctuation",
        "fold",
        "spaces",
    ]


def test_steps_of_sentence_see_the_whole_sentence() -> None:
    rules = Rules(sentence=("swap",))
    normalizer = Normalizer(rules, LATIN, {"swap": lambda text: text.replace("a b", "c")})
    assert [name for name, _ in normalizer.sentence] == ["swap"]
    assert normalizer("A b a b") == "a b c"
    assert [change.step for change in normalizer.explain("a  b")] == ["spaces", "swap"]


def test_repair_comes_before_and_replace_after_lower_case() -> None:
    normalizer = with_rules(Rules(repair={"A": "B"}, replace={"b": "x", "E": "f"}))
    assert normalizer("A a E") == "x a e"


def test_repair_takes_capitals_too() -> None:
    assert with_rules(Rules(repair={"ș": "ş"}), NOTHING)("Șș") == "şş"


def test_capitals_of_a_repair_keep_the_turkic_dot() -> None:
    assert with_rules(Rules(case="turkic", repair={"ì": "i"}), NOTHING)("Ìì") == "ii"


def test_look_alikes_are_replaced_in_words_of_the_script_only() -> None:
    rules = Rules(lookalikes={"\u0430": "a", "\u043e": "o"})
    normalizer = Normalizer(rules, NOTHING, STEPS, "Latn")
    assert normalizer("k\u0430lem \u041e\u0430 \u0431\u0430") == "kalem oa \u0431\u0430"


def test_an_unknown_step_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        with_rules(Rules(steps=("no_such_step",)))


def test_the_longest_key_is_replaced_first() -> None:
    assert replacer({"a": "1", "ab": "2", "abc": "3"})("abcaba") == "321"


def test_deleted_marks_leave_no_space() -> None:
    assert with_rules(Rules(delete="ـ"), NOTHING)("ســلام") == "سلام"


def test_kept_signs_stay() -> None:
    assert with_rules(Rules(keep="·"))("col·legi, a.") == "col·legi a"


@pytest.mark.parametrize("locale", LOCALES)
@given(text=ANY)
@ON_ANY_TEXT
def test_any_text_is_normalized_for_good(locale: str, text: str) -> None:
    recipe = recipe_of(locale)
    kept = kept_by(recipe)
    result = recipe.normalizer(text)
    assert unicodedata.normalize("NFC", result) == result
    assert result == " ".join(result.split())
    assert [c for c in result if unicodedata.category(c)[0] in "PS" and c not in kept] == []
    assert recipe.normalizer(result) == result


@pytest.mark.parametrize("locale", LOCALES)
@given(text=ANY)
@example(text="a\x1c\u0430")
@ON_ANY_TEXT
def test_explain_ends_with_the_result(locale: str, text: str) -> None:
    normalizer = recipe_of(locale).normalizer
    changes = normalizer.explain(text)
    assert (changes[-1].after if changes else text) == normalizer(text)
    assert all(left.after == right.before for left, right in pairwise(changes))
    assert all(change.before != change.after for change in changes)


@pytest.mark.parametrize("locale", [GENERIC, "de", "tr"])
@given(text=ANY)
@ON_ANY_TEXT
def test_remembered_words_do_not_change_a_result(locale: str, text: str) -> None:
    old = recipe_of(locale).normalizer
    assert old(text) == old(text) == fresh(locale)(text)


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cvrecipes.text.normalizer._REMEMBERED_WORDS", 3)
    normalizer = fresh(GENERIC)
    words = ["A", "B", "C", "D", "E", "A", "x" * 1000]
    assert [normalizer(word) for word in words] == [word.lower() for word in words]
    assert len(normalizer._words) <= 3


@pytest.mark.parametrize("locale", [GENERIC, "de", "tr"])
def test_a_line_of_ten_megabytes_works(locale: str) -> None:
    sentence = "A’a, b-c ğ "
    times = 10_000_000 // len(sentence.encode())
    once = fresh(locale)(sentence)
    assert fresh(locale)(sentence * times) == " ".join([once] * times)


def test_one_word_of_ten_megabytes_works() -> None:
    assert fresh(GENERIC)("A" * 10_000_000) == "a" * 10_000_000


def test_reasons_are_empty_digits_and_letters_outside() -> None:
    normalizer = with_rules(Rules())
    assert normalizer.reason("") == "empty"
    assert normalizer.reason("a ٣") == "digits"
    assert normalizer.reason("a ş ğ") == "outside alphabet: ğ ş"
    assert normalizer.reason("a b") is None


def test_without_an_alphabet_no_letter_is_outside() -> None:
    assert fresh(GENERIC).reason("ş ж 한") is None


# Apostrophes and hyphens


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


# Foreign letters


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
