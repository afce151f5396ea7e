"""The page of review: whole, offline, escaped, for any direction of writing."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cvrecipes.catalog import open_recipe
from cvrecipes.plugins import new_manager
from cvrecipes.review.answers import KEYS
from cvrecipes.review.page import is_page, isolated, render_review
from cvrecipes.review.selection import select
from support.pages import Page
from support.releases import Row, listing, make_release
from support.reviewing import embedded

pytestmark = pytest.mark.usefixtures("cache")

Call = Callable[..., Any]


def page_of(locale: str) -> str:
    recipe = open_recipe(locale, new_manager(installed=False))[0]
    return render_review(recipe, select(recipe))


@pytest.fixture(scope="module")
def turkish() -> str:
    return page_of("tr")


@pytest.mark.parametrize("locale", ["tr", "ar", "ja", "am"])
def test_the_page_is_well_formed_and_loads_nothing(locale: str) -> None:
    text = page_of(locale)
    seen = Page(text)
    assert text.startswith("<!doctype html>") and is_page(text[:2000])
    assert seen.problems == []
    assert not {"link", "img", "iframe", "object", "base", "a", "form"} & set(seen.tags)
    assert not re.search(r"https?:|//[a-z]|@import|url\(", text)
    assert not [name for _, name, _ in seen.attributes if name in ("src", "href", "style")]
    assert not [name for _, name, _ in seen.attributes if name.startswith("on")]
    assert len(text.encode()) < 200_000


def test_the_policy_lets_its_own_script_run_and_nothing_else(turkish: str) -> None:
    policy = Page(turkish).values("meta", "content")
    (rules,) = [value for value in policy if value.startswith("default-src")]
    script = turkish.rpartition("<script>")[2].partition("</script>")[0]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert rules.startswith(f"default-src 'none'; script-src 'sha256-{digest}';")
    assert not re.search(r"fetch\(|XMLHttpRequest|sendBeacon|WebSocket|import\(", script)


def test_the_script_writes_the_keys_that_the_command_reads(turkish: str) -> None:
    script = turkish.rpartition("<script>")[2].partition("</script>")[0]
    written = script[script.index("const result") : script.index("const missing")]
    for key in (*KEYS, "sentence"):
        assert re.search(rf"\b{key}\b", written if key != "sentence" else script), key
    data = embedded(turkish)
    assert {*data} | {"date", "name", "speaker", "comment", "answers"} == {*KEYS}


@pytest.mark.parametrize(("locale", "direction"), [("tr", "ltr"), ("ar", "rtl"), ("dv", "rtl")])
def test_every_sentence_names_its_language_and_direction(locale: str, direction: str) -> None:
    text = page_of(locale)
    lines = re.findall(r'<p class="line [^>]*>', text)
    assert len(lines) == 2 * len(embedded(text)["sentences"])
    assert all(f'lang="{locale}" dir="{direction}"' in line for line in lines)
    boxes = re.findall(r'<textarea id="c\d+"[^>]*>', text)
    assert all(f'lang="{locale}" dir="{direction}"' in box for box in boxes)


def test_every_sentence_can_be_answered_in_three_ways_and_is_numbered(turkish: str) -> None:
    seen = Page(turkish)
    count = len(embedded(turkish)["sentences"])
    values = seen.values("input", "value")
    assert [values.count(value) for value in ("right", "wrong", "unsure")] == [count] * 3
    assert seen.tags.count("fieldset") == seen.tags.count("legend") == count + 1
    assert {*seen.values("label", "for")} <= {v for _, n, v in seen.attributes if n == "id"}


def test_it_says_that_nothing_is_sent_and_which_words_are_made_up(turkish: str) -> None:
    assert "Nothing is sent." in turkish
    origins = [sentence["origin"] for sentence in embedded(turkish)["sentences"]]
    assert turkish.count("made-up words, not a real sentence") == origins.count("made") > 0


def test_rules_that_no_sentence_shows_are_listed() -> None:
    text = page_of("am")
    assert "What no sentence here shows" in text and "Letters that it accepts:" in text
    assert "What no sentence here shows" not in page_of("tr")


def test_sentences_of_a_release_are_escaped_and_the_release_is_not_touched(
    call: Call, tmp_path: Path
) -> None:
    evil = "</script><script>alert(1)</script> & \u202e \x1b Güneş"
    place = make_release(tmp_path, rows=[Row(evil), Row("güneşli bir gün")], clips=False)
    before = listing(place)
    page = tmp_path / "page.html"
    assert call("review", "tr", "--data", place, "--out", page).code == 0
    text = page.read_text(encoding="utf-8")
    assert Page(text).tags.count("script") == 2 and "<script>alert" not in text
    assert "\u202e" not in text and "\x1b" not in text
    assert evil in [sentence["raw"] for sentence in embedded(text)["sentences"]]
    assert listing(place) == before


def test_a_page_with_few_sentences_says_that_it_cannot_give_the_grade(
    turkish: str, call: Call, tmp_path: Path
) -> None:
    text = page_of("mnw")
    assert re.search(r"15 sentences of this page count .*\n.*This page alone cannot give it", text)
    assert "This page alone" not in turkish
    done = call("review", "mnw", "--out", tmp_path / "page.html")
    assert "cannot give the grade confirmed: 15 sentences count" in " ".join(done.out.split())
    assert "--data" in done.out


def test_a_script_that_devices_may_lack_has_a_line_about_fonts(turkish: str) -> None:
    assert "If you see empty boxes" in page_of("mnw") and "If you see empty boxes" not in turkish


def test_golden_pairs_that_show_a_rule_may_be_no_real_sentences(turkish: str) -> None:
    (card,) = [card for card in turkish.split("</section>") if "Ｉｌｉｋ</mark>" in card]
    assert "shows a rule, maybe no real sentence" in card
    assert 0 < turkish.count("shows a rule, maybe no real sentence") < 40


def test_the_same_recipe_gives_the_same_page(turkish: str) -> None:
    assert page_of("tr") == turkish


def test_english_stays_left_to_right_around_signs_of_another_script() -> None:
    assert isolated("ڤ becomes <ف>.") == "<bdi>ڤ</bdi> becomes &lt;<bdi>ف</bdi>&gt;."


def test_the_command_names_the_page_and_what_comes_next(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = call("review", "tr")
    assert done.code == 0
    assert done.out.startswith("review-tr.html: 41 sentences") and "--apply FILE" in done.out
    assert call("review", "tr").code == 0  # a page of ours may be replaced
    (tmp_path / "review-tr.html").write_text("<p>mine</p>", encoding="utf-8")
    refused = call("review", "tr")
    assert refused.code == 2 and "is no page of review" in refused.complaint


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ((), "name the language"),
        (("tr", "--recipe", "."), "name two recipes"),
        (("tr", "--older"), "--older is about answers"),
        (("tr", "--apply", "x.json"), "--apply needs no LOCALE"),
        (("--apply", "x.json", "--open"), "--apply needs no --open"),
        (("--recipe", "."), "holds no recipe.toml"),
        (("--apply", "x.json"), "x.json: cannot be read"),
        (("xx",), "no recipe for 'xx'"),
    ],
)
def test_wrong_usage_is_one_line(
    call: Call, words: tuple[str, ...], complaint: str, empty_folder: Path
) -> None:
    done = call("review", *words)
    assert done.code == 2 and complaint in done.complaint
