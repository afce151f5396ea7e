"""The normalizer: its order of steps, and what holds for any text of any recipe."""

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
from cvrecipes.text.normalizer import Normalizer, Rules, replacer
from cvrecipes.text.steps import STEPS
from support.text import LATIN, NOTHING, with_rules

CATALOG = find_recipes(new_manager())
GENERIC = "no alphabet"
LOCALES = [GENERIC, *CATALOG.recipes]


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
    assert normalizer.reason("a ٣") == normalizer.reason("a ፲") == "digits"
    assert normalizer.reason("a ² ¼") == "outside alphabet: ² ¼"
    assert normalizer.reason("a ş ğ") == "outside alphabet: ğ ş"
    assert normalizer.reason("a b") is None


def test_without_an_alphabet_no_letter_is_outside() -> None:
    assert fresh(GENERIC).reason("ş ж 한") is None
