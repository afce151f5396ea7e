"""Chinese and Cantonese: which characters are folded, and words for WER."""

from __future__ import annotations

import subprocess
import sys

import cvrecipes_zh
import pytest
from cvrecipes_zh.folding import STEPS
from cvrecipes_zh.words import SPLITTERS
from hypothesis import given, settings
from hypothesis import strategies as st

from cvrecipes.catalog import find_recipes, open_recipe
from cvrecipes.plugins import new_manager
from cvrecipes.records import Pair, Score
from cvrecipes.scoring.rates import score_pairs, word_splitter
from cvrecipes.testing import check_recipe

BUILT_IN = find_recipes(new_manager(installed=False))
CATALOG = find_recipes(new_manager([cvrecipes_zh], installed=False))
LOCALES = ("zh-CN", "zh-TW", "zh-HK", "yue")
TEXTS = st.one_of(
    st.text(max_size=30),
    st.text(st.characters(min_codepoint=0x3400, max_codepoint=0x9FFF), max_size=20),
    st.text(
        st.sampled_from("這是我們的国家头发展裡裏面說説话臺台着著佢哋喺度嘅咗𠮶 ok"), max_size=30
    ),
)
HAN = [*range(0x3400, 0x4DC0), *range(0x4E00, 0xA000), *range(0x20000, 0x2A6E0)]


def score(locale: str, *pairs: tuple[str, str], installed: bool) -> Score:
    manager = new_manager([cvrecipes_zh] if installed else [], installed=False)
    recipe, hooks = open_recipe(locale, manager)
    made = [Pair(f"{i}.mp3", "speaker", *pair, 1.0) for i, pair in enumerate(pairs)]
    return score_pairs(made, recipe, hooks)


@pytest.mark.parametrize(
    ("locale", "text", "expected"),
    [
        ("zh-CN", "今天我们去北京大学", "今天 我们 去 北京大学"),
        ("zh-CN", "卡拉ok 用iphone手机", "卡拉 ok 用 iphone 手机"),
        ("zh-TW", "今天我們去北京大學", "今天 我們 去 北京大學"),
        ("zh-TW", "頭髮發展", "頭髮 發展"),
        ("zh-HK", "我今日去咗茶餐廳", "我 今日 去 咗 茶餐廳"),
        ("yue", "我今日去咗茶餐廳", "我 今日 去 咗 茶餐廳"),
        ("yue", "佢哋喺度傾偈", "佢哋 喺度 傾偈"),
        ("yue", "去ktv唱k", "去 ktv 唱 k"),
        ("yue", "你好 嗎", "你 好 嗎"),
        ("yue", "佢哋\ue7cc喺度", "佢哋 \ue7cc 喺度"),
    ],
)
def test_a_text_falls_into_words(locale: str, text: str, expected: str) -> None:
    assert SPLITTERS[locale](text) == expected.split()


@pytest.mark.parametrize("locale", LOCALES)
def test_nothing_has_no_words(locale: str) -> None:
    assert SPLITTERS[locale]("") == SPLITTERS[locale](" ") == []


@pytest.mark.parametrize("locale", LOCALES)
@given(text=TEXTS)
@settings(deadline=None)
def test_joined_words_are_the_text_without_spaces(locale: str, text: str) -> None:
    split = SPLITTERS[locale](text)
    assert "".join(split) == "".join(text.split())
    assert all(split)
    assert split == SPLITTERS[locale](text)


@pytest.mark.parametrize(
    ("locale", "pair", "units"),
    [
        ("zh-CN", ("今天我们去北京", "今天我们去南京"), 4),
        ("zh-TW", ("今天我們去北京", "今天我們去南京"), 4),
        ("yue", ("佢哋喺度傾偈", "佢哋喺度打機"), 3),
    ],
)
def test_wer_counts_words_where_the_engine_counts_sentences(
    locale: str, pair: tuple[str, str], units: int
) -> None:
    built_in, ours = score(locale, pair, installed=False), score(locale, pair, installed=True)
    assert (built_in.wer.substitutions, built_in.wer.units) == (1, 1)
    assert (ours.wer.substitutions, ours.wer.units) == (1, units)
    assert ours.cer == built_in.cer
    assert ours.headline == "cer"


def test_other_languages_are_left_alone() -> None:
    recipe, hooks = open_recipe("ja", new_manager([cvrecipes_zh], installed=False))
    assert word_splitter(recipe, hooks)("東京都 人") == ["東京都", "人"]


@pytest.mark.parametrize("locale", LOCALES)
def test_a_recipe_builds_on_the_built_in_one(locale: str) -> None:
    built_in, ours = BUILT_IN.read(BUILT_IN.recipes[locale]), CATALOG.read(CATALOG.recipes[locale])
    assert ours.origin == "cvrecipes_zh"
    assert ours.rules.steps[:-1] == built_in.rules.steps
    assert ours.rules.repair == built_in.rules.repair
    assert check_recipe(ours) == []


@pytest.mark.parametrize(
    ("step", "raw", "folded"),
    [
        ("zh.simplified", "這裡說頭髮", "这里说头发"),
        ("zh.simplified", "乾隆著作", "乾隆著作"),
        ("zh.taiwan", "头发发展", "頭髮發展"),
        ("zh.taiwan", "鄰里皇后一只", "鄰里皇后一只"),
        ("zh.taiwan", "裏面看着", "裡面看著"),
        ("zh.hong_kong", "說話", "説話"),
        ("zh.hong_kong", "嘅咗喺啲冇", "嘅咗喺啲冇"),
        ("zh.hong_kong", "𠮶个", "嗰個"),
        ("zh.taiwan", "ab 12 ー", "ab 12 ー"),
        ("zh.taiwan", "这\ud842", "这\ud842"),
        ("zh.taiwan", "", ""),
    ],
)
def test_what_is_folded(step: str, raw: str, folded: str) -> None:
    assert STEPS[step](raw) == folded


@pytest.mark.parametrize(
    ("step", "encoding", "kept"),
    [
        ("zh.simplified", "gb2312", 6763),
        ("zh.taiwan", "big5", 13000),
        ("zh.hong_kong", "big5", 12900),
    ],
)
def test_a_character_of_the_own_set_stays_but_for_variants(
    step: str, encoding: str, kept: int
) -> None:
    own = [c for c in map(chr, HAN) if c.encode(encoding, "ignore")]
    assert sum(STEPS[step](character) == character for character in own) >= kept


@pytest.mark.parametrize("step", STEPS)
def test_every_character_is_folded_once_and_for_all(step: str) -> None:
    folded = [STEPS[step](character) for character in map(chr, HAN)]
    assert {len(character) for character in folded} == {1}
    assert [STEPS[step](character) for character in folded] == folded


@pytest.mark.parametrize("locale", LOCALES)
@given(text=TEXTS)
@settings(deadline=None)
def test_a_text_is_normalized_once_and_for_all(locale: str, text: str) -> None:
    normalizer = CATALOG.read(CATALOG.recipes[locale]).normalizer
    assert normalizer(normalizer(text)) == normalizer(text)


def test_the_libraries_are_imported_when_they_are_needed() -> None:
    code = (
        "import sys, cvrecipes_zh\n"
        "from cvrecipes.catalog import open_recipe\n"
        "def loaded(): return {'opencc', 'rjieba', 'pycantonese'} & set(sys.modules)\n"
        "recipe, hooks = open_recipe('yue')\n"
        "assert recipe.origin == 'cvrecipes-zh' and not loaded()\n"
        "recipe.normalizer('ok')\n"
        "assert not loaded()\n"
        "assert recipe.normalizer('𠮶个') == '嗰個' and loaded() == {'opencc'}\n"
        "hooks.hook.split_words(text='佢哋', recipe=recipe)\n"
        "assert loaded() == {'opencc', 'pycantonese'}\n"
    )
    subprocess.run([sys.executable, "-X", "utf8", "-c", code], check=True)
