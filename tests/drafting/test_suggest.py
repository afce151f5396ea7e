"""Drafts of recipes: they say what the text holds, load, and pass the tests of recipes."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import unicodedata
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from cvrecipes.catalog import Catalog, find_recipes, open_recipe
from cvrecipes.data.characters import Sentences
from cvrecipes.drafting.suggest import Draft, suggest, write_draft
from cvrecipes.errors import Failure, UsageError
from cvrecipes.plugins import new_manager
from cvrecipes.testing import check_recipe
from cvrecipes.text.normalizer import known_script
from cvrecipes.text.writing_systems import CONFUSABLES, SCRIPTS, script_of
from support.releases import Row, make_release

TURKISH = (
    "Güneşli bir gün, İzmir'de ılık rüzgâr var.", "Yarın yine gel, olur mu?", "Işık ve çiçek.",
    "Şu ağaç çok büyük.", "Küçük kız kapıyı yavaşça açtı.", "Hızlı koşan at yoruldu.",
)  # fmt: skip
UKRAINIAN = (
    "Моє ім'я Юрій, а твоє?", "Об’єкт у м'ятному полі.", "Сiм’я їде до моря.", "П'ять днів.",
    "Тут живе моя сім'я, і твоя.", "Вiн пише листа.", "Будь-який день, будь-який час.",
)  # fmt: skip
KABYLE = (
    "Yeεreḍ ad yaεdel ass-a.", "Aεeqqa n tmurt.", "Ad d-yas uεeggal.", "Taεkemt n waman.",
    "Yella wass-nni.", "Aman d tudert.",
)  # fmt: skip
GUARANI = (
    "Ñag\u0303uahẽ porã.", "Ag\u0303a og\u0303uahẽta.", "Og\u0303ahẽ Paraguaýpe.", "Peteĩ vaka.",
    "Mba\u2019éichapa reiko?", "Ha\u02bcekuéra opuka.", "Che ra\u02bcy opuka.",
)  # fmt: skip
KABARDIAN = (
    "ЦIыхухэр псори щхьэхуиту къалъхур.", "ЩIалэм тхылъыр къищтащ.", "Сэ сыкIуащ унэм.",
    "Ар дэкIащ.", "ПщIэ яIэщ.",
)  # fmt: skip
ARABIC = ("السَّلام عليكم، كيف الحال؟", "الكتاب على الطاولة.", "أنا في البيت.", "قرأت الكتاب.")
HINDI = ("यह हिन्दी की किताब है।", "मैं घर जा रहा हूँ।", "वह पानी पी रहा है।", "किताब घर में है।")
THAI = ("สวัสดีครับ", "วันนี้อากาศดีมาก", "ฉันไปตลาด", "อากาศดี", "วันนี้ฉันไป")
RAKHINE = ("ရခိုင်ဘာသာ၊ ရခိုင်ပြည်။", "ဟြာ ပြာ ရွာ။", "ရခိုင်၏ ရွာ။", "သင်္ဘော ပြာ။")
CHINESE = ("这个学校很大。", "我们说汉语。", "你来吗？", "时间到了。", "这是书。")
TAIWANESE = ("這個學校很大。", "我們說漢語。", "你來嗎？", "時間到了。", "這是書。")
JAPANESE = ("これは本です。", "コーヒーを飲む人々。", "日本へ行きました。", "何ですか？")
KOREAN = ("안녕하세요, 반갑습니다.", "학교에 갑니다.", "책을 읽어요.")
GREEK = ("Ο άνθρωπος είναι εδώ.", "Ο σκύλος τρέχει.", "Πού είναι το σπίτι;", "Tου σπιτιού.")
ALL = {
    "xaa": (TURKISH, "Latn", "_turkic"),
    "xab": (UKRAINIAN, "Cyrl", "_cyrillic"),
    "xac": (KABYLE, "Latn", "_latin"),
    "xad": (GUARANI, "Latn", "_latin"),
    "xae": (KABARDIAN, "Cyrl", "_palochka"),
    "xaf": (ARABIC, "Arab", "_arabic"),
    "xag": (HINDI, "Deva", "_brahmic"),
    "xah": (THAI, "Thai", None),
    "xai": (CHINESE, "Hans", "_han"),
    "xaj": (TAIWANESE, "Hant", "_han"),
    "xak": (JAPANESE, "Jpan", "_han"),
    "xal": (KOREAN, "Kore", None),
    "xam": (GREEK, "Grek", None),
    "xan": (RAKHINE, "Mymr", "_myanmar"),
}


@cache
def catalog() -> Catalog:
    return find_recipes(new_manager(installed=False))


def draft(sentences: tuple[str, ...], locale: str = "xx") -> Draft:
    clips = dict.fromkeys(sentences, 1)
    return suggest(locale, Sentences(("validated.tsv",), clips), catalog(), "cv-corpus-99.0")


def twice(sentences: tuple[str, ...]) -> tuple[str, ...]:
    """The sentences and a variant of each, so that no letter is there only once."""
    return (*sentences, *(f"{sentence} …" for sentence in sentences))


def content(sentences: tuple[str, ...], locale: str = "xx") -> dict[str, Any]:
    return tomllib.loads(draft(sentences, locale).recipe)


@pytest.mark.parametrize("locale", ALL)
def test_a_draft_loads_and_passes_the_tests_of_recipes(
    locale: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sentences, script, parent = ALL[locale]
    place = write_draft(draft(twice(sentences), locale), tmp_path)
    monkeypatch.setenv("CVRECIPES_RECIPES", str(tmp_path))
    recipe, _ = open_recipe(locale)
    assert recipe.folder == place
    assert (recipe.script, recipe.status, recipe.sources) == (script, "generic", ())
    assert tomllib.loads((place / "recipe.toml").read_text("utf-8")).get("parent") == parent
    assert check_recipe(recipe) == []
    pairs = recipe.golden()
    assert len(pairs) == min(5, len(sentences))
    assert {pair.raw for pair in pairs} <= set(sentences)
    assert {pair.note for pair in pairs} == {"review"}


def test_the_alphabet_is_what_is_frequent_and_the_rest_is_a_comment() -> None:
    made = draft((*twice(TURKISH), "Qué ñandú, Мама мы."))
    letters = tomllib.loads(made.recipe)["alphabet"]["letters"].split()
    assert {"ı", "i", "ğ", "ş"} <= set(letters)
    assert not {"q", "ñ", "м", "j"} & set(letters)
    assert letters == sorted(letters, key=lambda x: (unicodedata.normalize("NFD", x), x))
    assert "#   ñ U+00F1: 1, as in ñandú," in made.recipe
    assert "#   м U+043C, Cyrl: 3, as in Мама мы." in made.recipe


def test_the_apostrophe_is_chosen_by_script_and_use() -> None:
    ukrainian = content(UKRAINIAN)
    assert ukrainian["text"]["apostrophe"] == "ʼ" == ukrainian["alphabet"]["marks"]
    assert "' U+0027 4 times, ’ U+2019 2 times" in draft(UKRAINIAN).recipe
    assert content(GUARANI)["text"]["apostrophe"] == "ʼ"
    french = ("L'homme qu'il aime.", "C’est l'été.", "Aujourd'hui.", "La mère.")
    assert content(french)["text"]["apostrophe"] == "'"
    assert "apostrophe" not in content(KABYLE)["text"]
    assert "apostrophe" not in content(TURKISH)["text"], "the parent says what to do"


def test_apostrophes_at_the_edges_of_words_count_without_a_partner() -> None:
    quoted = content(("Er sagte 'ja' und ging.", "'Nein', sagte 'sie'", "Das ist gut."))
    assert "apostrophe" not in quoted["text"]
    edges = content(("Dit is 'n huis.", "'n Man het 'n hond.", "Sien jy 'n kat?"))
    assert edges["text"]["apostrophe_edges"] == ["start"]
    end = content(("ka' e ta' ma'", "ta' ya' na'", "ka' ma' ea'"))
    assert end["text"]["apostrophe_edges"] == ["end"]


def test_a_frequent_mark_makes_a_letter_of_several_code_points() -> None:
    letters = content(GUARANI)["alphabet"]["letters"].split()
    assert "g\u0303" in letters and "\u0303" not in letters
    assert "ẽ" in letters, "one code point where there is one"


def test_look_alikes_inside_words_become_letters_of_the_script() -> None:
    kabyle = content(KABYLE)
    assert kabyle["text"]["lookalikes"] == {"ε": "ɛ"}
    assert "ɛ" in kabyle["alphabet"]["letters"].split()
    assert "ε U+03B5 to ɛ U+025B: 5, as in Yeεreḍ yaεdel Aεeqqa" in draft(KABYLE).recipe
    assert "confusables.txt" in draft(KABYLE).recipe
    assert content(twice(GREEK))["text"]["lookalikes"] == {"T": "Τ"}, "a capital alone"
    ukrainian = content(UKRAINIAN)
    assert ukrainian["text"]["lookalikes"] == {"i": "і"}
    assert "i" not in ukrainian["alphabet"]["letters"].split()


def test_hyphens_are_counted_and_left_to_the_reader() -> None:
    made = draft(UKRAINIAN).recipe
    assert tomllib.loads(made)["text"]["hyphen"] == " "
    assert "# Words with a hyphen between letters: 2 (" in made
    assert "as in Будь-який будь-який" in made


def test_open_scripts_get_no_alphabet() -> None:
    assert "alphabet" not in content(CHINESE)
    assert "alphabet" not in content(KOREAN)


def test_names_come_from_the_recipe_that_is_there() -> None:
    made = content(TURKISH, "tr")
    assert (made["name"], made["native"]) == ("Turkish", "Türkçe")
    made = content(TURKISH, "xx")
    assert (made["name"], made["native"]) == ("xx", "xx")
    assert "The name was not known" in draft(TURKISH).recipe


def test_pairs_of_a_draft_survive_what_a_file_cannot_hold() -> None:
    made = draft(twice(("# bir\u200cki üç", "back\\slash \u00a0 bir", "iki üç bir")))
    assert "\\u0023 bir\\u200Cki üç\tbirki üç\treview" in made.golden
    assert "back\\\\slash \\u00A0 bir\tback slash bir\t" in made.golden


def test_what_cannot_be_drafted_is_reported() -> None:
    with pytest.raises(Failure, match="no sentence holds a letter"):
        draft(("123", "?!"))
    for locale in ("../x", "_latin", "", "a/b"):
        with pytest.raises(UsageError):
            draft(TURKISH, locale)


def test_a_draft_overwrites_nothing(tmp_path: Path) -> None:
    made = draft(TURKISH)
    place = write_draft(made, tmp_path)
    with pytest.raises(UsageError, match="not overwritten"):
        write_draft(made, tmp_path)
    (place / "recipe.toml").unlink()
    with pytest.raises(UsageError, match=r"golden\.tsv"):
        write_draft(made, tmp_path)
    assert not (place / "recipe.toml").exists()


def test_any_text_makes_a_draft_that_loads(tmp_path: Path) -> None:
    sentences = (
        'say "hi" \\ there', "tab\x7f\x01 del", "a\u0301\u0327b\u0303 ċ\u0323", "İI ıi", "ﬁ ﬂ ǆ",
        "\u0301 alone", "l·l", "ªº №5", "𝐀𝐁 ℵ", "ʼʼ ''' a''b", "Ⅷ ⓐ", "x\ud83d",
    )  # fmt: skip
    made = draft(sentences)
    tomllib.loads(made.recipe)
    assert all(len(line) < 400 for line in made.recipe.splitlines())


def test_command_prints_a_recipe_or_writes_a_folder_that_passes(
    tmp_path: Path, call: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [Row(sentence, audio="missing") for sentence in twice(TURKISH)]
    folder = make_release(tmp_path, "xx", rows)
    printed = call("suggest", "xx", "--data", str(folder))
    assert printed.code == 0
    assert tomllib.loads(printed.out)["parent"] == "_turkic"
    assert "# golden.tsv" in printed.out
    out = tmp_path / "mine"
    assert call("suggest", "xx", "--data", str(folder), "--out", str(out)).code == 0
    assert sorted(path.name for path in (out / "xx").iterdir()) == ["golden.tsv", "recipe.toml"]
    again = call("suggest", "xx", "--data", str(folder), "--out", str(out))
    assert again.code == 2 and "not overwritten" in again.complaint
    monkeypatch.setenv("CVRECIPES_RECIPES", str(out))
    tested = call("test", "xx")
    assert tested.code == 0, tested.out
    assert "   5 golden pairs" in tested.out
    assert call("suggest", "xx").code == 2


def test_neither_command_imports_torch(tmp_path: Path) -> None:
    folder = make_release(tmp_path, rows=[Row("güneş", audio="missing")])
    code = (
        "import sys\n"
        "from cvrecipes.cli import cli\n"
        f"where = {str(folder)!r}\n"
        "cli.main(['suggest', 'tr', '--data', where], standalone_mode=False)\n"
        "cli.main(['show', 'tr', '--data', where], standalone_mode=False)\n"
        "assert 'torch' not in sys.modules and 'transformers' not in sys.modules\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8",
        env={"PYTHONUTF8": "1", "PATH": ""}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_tables_are_sound() -> None:
    assert all(known_script(script) for script in SCRIPTS)
    assert len(set(SCRIPTS)) == len(SCRIPTS)
    assert [script_of(letter) for letter in "aяαʼ1"] == ["Latn", "Cyrl", "Grek", "", ""]
    for group in CONFUSABLES:
        scripts = [script_of(letter) for letter in group]
        assert set(scripts) <= {"Latn", "Cyrl", "Grek"} and len(set(scripts)) > 1, group
        cases = {letter.isupper() for letter in group}
        assert len(cases) == 1 or "Ӏ" in group, group
    lower = [group for group in CONFUSABLES if group.islower()]
    assert all(not set(a) & set(b) for a, b in pairwise(sorted(lower)))
