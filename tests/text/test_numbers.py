"""The steps that spell out numbers: the pinned languages, what stays digits, what is missing."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from num2words import CONVERTER_CLASSES

from cvrecipes.catalog import find_recipes, open_folder
from cvrecipes.errors import Failure
from cvrecipes.plugins import new_manager
from cvrecipes.recipe import Recipe
from cvrecipes.text.numbers import KEPT, LANGUAGES, LARGEST, STEPS

CATALOG = find_recipes(new_manager(installed=False))
# The same language under another key of num2words, where it is not the first part of it.
LOCALES = {"kz": "kk", "no": "nb-NO", "sv": "sv-SE"}
COUNTED = [*range(2031), 1_000_000]
# Written wrongly by num2words 0.5.14, though in the right letters; see numbers.py.
WRONG = {
    "da": (60, "treds"), "fr_BE": (201, "deux cents un"), "fr_CH": (201, "deux cents un"),
    "hu": (102, "százkét"), "it": (118, "centodicotto"), "lv": (101, "simtu viens"),
    "no": (1000, "en tusen"), "sv": (40, "förtio"), "te": (101, "ఒకటి వందల ఒకటి"),
    "vi": (1061, "một nghìn lẻ sáu mươi mốt"),
}  # fmt: skip
# Right, but of no use: twenties only, and keys that count as another does.
NOT_OFFERED = {"cy", "fr_DZ"}
USER = """\
name = "Turkish"
script = "Latn"
status = "generic"
parent = "_turkic"
[alphabet]
letters = "a b c ç d e f g ğ h ı i j k l m n o ö p r s ş t u ü v y z"
[text]
apostrophe = ""
steps = ["...", "numbers_tr"]
"""


def locale_of(key: str) -> str:
    return LOCALES.get(key, key.split("_")[0])


def passes(key: str) -> bool:
    """Whether num2words truly has a language: no fallback, no exception, our alphabet."""
    if locale_of(key) not in CATALOG.recipes:
        return False
    normalizer = CATALOG.read(CATALOG.recipes[locale_of(key)]).normalizer
    try:
        spelled = [CONVERTER_CLASSES[key].to_cardinal(number) for number in COUNTED]
    except Exception:
        return False
    for other in {"en", "es"} - {key.split("_")[0]}:
        if spelled[1:11] == [CONVERTER_CLASSES[other].to_cardinal(n) for n in range(1, 11)]:
            return False
    texts = [normalizer(text.lower()) for text in spelled]
    return len(set(texts)) == len(texts) and not any(map(normalizer.reason, texts))


@pytest.fixture
def tr(tmp_path: Path) -> Recipe:
    """A user's own Turkish recipe that spells out numbers."""
    return put(tmp_path, USER)


def put(tmp_path: Path, content: str) -> Recipe:
    folder = tmp_path / "mine" / "tr"
    folder.mkdir(parents=True)
    (folder / "recipe.toml").write_text(content, encoding="utf-8")
    return open_folder(folder)


# The languages


def test_the_pinned_languages_are_those_that_are_verified() -> None:
    pinned = {language.converter for language in LANGUAGES.values()}
    # Keys of a country, such as es_CO, where its cardinals are those of the language.
    same = {
        key
        for key in CONVERTER_CLASSES
        if key.split("_")[0] in ("en", "es") and "_" in key
    }  # fmt: skip
    good = {key for key in set(CONVERTER_CLASSES) - same if passes(key)}
    assert pinned <= good
    if version("num2words") == "0.5.14":
        assert good - pinned == set(WRONG) | NOT_OFFERED


@pytest.mark.parametrize("key", WRONG)
def test_a_language_that_is_left_out_is_still_written_wrongly(key: str) -> None:
    if version("num2words") != "0.5.14":
        pytest.skip("another num2words: check its words again")
    number, wrong = WRONG[key]
    assert CONVERTER_CLASSES[key].to_cardinal(number) == wrong


@pytest.mark.parametrize("code", ["et", "est", "am", "sr", "sv", "it"])
def test_there_is_no_step_for_what_num2words_cannot_count_in(code: str) -> None:
    assert f"numbers_{code}" not in CATALOG.steps


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_number_is_spelled_in_the_alphabet(code: str) -> None:
    recipe = CATALOG.read(CATALOG.recipes[locale_of(code)])
    step, normalizer = STEPS[f"numbers_{code}"], recipe.normalizer
    texts = [normalizer(step(str(number))) for number in [*range(2031), LARGEST]]
    assert len(set(texts)) == len(texts)
    assert {normalizer.reason(text) for text in texts} == {None}
    assert step(str(LARGEST + 1)) == str(LARGEST + 1)
    for zero in LANGUAGES[code].zeros:
        assert step(chr(ord(zero) + 3)) == step("3")


def test_no_built_in_recipe_spells_out_numbers() -> None:
    for found in CATALOG.recipes.values():
        rules = CATALOG.read(found).rules
        assert not [name for name in rules.first + rules.steps if name in STEPS]


@pytest.mark.parametrize(
    ("code", "number", "words"),
    [
        ("tr", 1984, "bin dokuz yüz seksen dört"),
        ("cs", 1110, "tisíc sto deset"),
        ("cs", 2512, "dva tisíce pět set dvanáct"),
        ("ar", 121, "مائة وواحد وعشرون"),
        ("eo", 1100, "mil cent"),
        ("de", 1984, "eintausendneunhundertvierundachtzig"),
        ("pt", 16, "dezasseis"),
        ("pt_br", 16, "dezesseis"),
    ],
)
def test_numbers_are_written_as_in_running_text(code: str, number: int, words: str) -> None:
    assert STEPS[f"numbers_{code}"](str(number)) == words


# The step


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("3 elma", "üç elma"),
        ("Saat 5'te, 12'de!", "saat beşte on ikide"),
        ("(3) “4”, 5? 0!", "üç dört beş sıfır"),
        ("３ elma", "üç elma"),
    ],
)
def test_a_recipe_with_the_step_spells_out_numbers(tr: Recipe, raw: str, text: str) -> None:
    assert tr.normalizer(raw) == text
    assert tr.normalizer.reason(text) is None
    assert "numbers_tr" in [change.step for change in tr.normalizer.explain(raw)]
    assert tr.normalizer.explain(raw)[-1].after == text


@pytest.mark.parametrize(
    "raw",
    ["3.5", "%5", "5%", "-5", "10:30", "3. gün", "1.000", "3/4", "5-6", "007", "3D", "10000", "٣"],
)
def test_what_is_read_in_more_than_one_way_stays_digits(tr: Recipe, raw: str) -> None:
    text = tr.normalizer(raw)
    assert tr.normalizer.reason(text) == "digits"
    assert tr.normalizer(text) == text
    # All that was a digit is one still.
    assert [c for c in text if c.isdigit()] == [c for c in raw if c.isdigit()]


@pytest.mark.parametrize(
    ("code", "raw", "text"),
    [
        ("de", "3.", f"3{KEPT}"),
        ("en", "I have 3.", "I have three."),
        ("en", "90's", f"90{KEPT}s"),
        ("ja", "第3回、10時", "第三回、十時"),
        ("ja", "3.5", f"3{KEPT}5"),
        ("th", "๓คน", "สามคน"),
        ("fa", "۳ ٣", "سه سه"),
        ("ar", "٣٫٥", f"٣{KEPT}٥"),
        ("ko", "3개", "3개"),
        ("ru", "5 «7»,", "пять «семь»,"),
    ],
)
def test_what_touches_a_number(code: str, raw: str, text: str) -> None:
    assert STEPS[f"numbers_{code}"](raw) == text


_NUMBERS = st.text(st.sampled_from("0123459٣۳๓০.,:-'’%$()[ aşAŞ人ก" + KEPT), max_size=14)


@pytest.mark.parametrize("code", LANGUAGES)
@given(text=st.one_of(st.text(), _NUMBERS))
def test_any_text_is_normalized_once_and_for_all(code: str, text: str) -> None:
    step = STEPS[f"numbers_{code}"]
    once = step(text)
    assert step(once) == once
    # Words are judged one by one, as the normalizer does.
    assert " ".join(map(step, text.split())) == step(" ".join(text.split()))


@given(text=st.one_of(st.text(), _NUMBERS))
def test_a_recipe_with_the_step_is_idempotent(text: str) -> None:
    recipe = _shared()
    once = recipe.normalizer(text)
    assert recipe.normalizer(once) == once
    explained = recipe.normalizer.explain(text)
    assert (explained[-1].after if explained else text) == once


_KEPT_RECIPES: list[Recipe] = []


def _shared() -> Recipe:
    if not _KEPT_RECIPES:
        import tempfile

        with tempfile.TemporaryDirectory() as folder:
            _KEPT_RECIPES.append(put(Path(folder), USER))
    return _KEPT_RECIPES[0]


def test_a_step_never_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        def to_cardinal(self, number: int) -> str:
            raise OverflowError(number)

    step = type(STEPS["numbers_en"])(LANGUAGES["en"])
    monkeypatch.setitem(CONVERTER_CLASSES, "en", Broken())
    assert step("3 apples") == "3 apples"
    monkeypatch.delitem(CONVERTER_CLASSES, "en")
    assert type(step)(LANGUAGES["en"])("3 apples") == "3 apples"


# The library


def test_a_recipe_that_needs_the_library_says_so_when_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = importlib.util.find_spec

    def find(name: str, *rest: Any) -> Any:
        return None if name == "num2words" else real(name, *rest)

    monkeypatch.setattr(importlib.util, "find_spec", find)
    with pytest.raises(Failure) as caught:
        put(tmp_path, USER)
    path = tmp_path / "mine" / "tr" / "recipe.toml"
    assert caught.value.message == (
        f"{path}:9: step 'numbers_tr' needs a library that is missing; "
        "pip install 'cvrecipes[numbers]'"
    )
    # Recipes that do not name it are read as ever.
    assert CATALOG.read(CATALOG.recipes["tr"]).locale == "tr"


def test_estonian_gets_no_other_language_offered(tmp_path: Path) -> None:
    with pytest.raises(Failure, match=r"unknown step 'numbers_et'; there are numbers_ar, "):
        put(tmp_path, USER.replace("numbers_tr", "numbers_et"))


def test_the_library_is_imported_when_a_number_is_met() -> None:
    code = (
        "import sys\n"
        "from cvrecipes.catalog import open_recipe\n"
        "changes = {'text.steps': '[\"numbers_tr\"]'}\n"
        "normalizer = open_recipe('tr', changes=changes)[0].normalizer\n"
        "normalizer('elma')\n"
        "assert 'num2words' not in sys.modules\n"
        "assert normalizer('3') == 'üç'\n"
        "assert 'num2words' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-X", "utf8", "-c", code], check=True)
