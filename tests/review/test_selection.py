"""The sentences of a page: together they show every rule, and what they do not show is listed."""

from __future__ import annotations

from pathlib import Path

import pytest
import regex

from cvrecipes.catalog import open_recipe
from cvrecipes.data.release import open_release
from cvrecipes.errors import Failure
from cvrecipes.plugins import new_manager
from cvrecipes.recipe import Recipe
from cvrecipes.review.rules import Rule, rules_of, shown_by
from cvrecipes.review.selection import GOLDEN, MADE, RELEASE, Selection, select
from support.releases import Row, make_release

pytestmark = pytest.mark.usefixtures("cache")


def builtin(locale: str) -> Recipe:
    return open_recipe(locale, new_manager(installed=False))[0]


def shown(selection: Selection) -> set[Rule]:
    return {rule for sentence in selection.sentences for rule in sentence.shown.rules}


@pytest.mark.parametrize("locale", ["tr", "ar", "ja", "ps", "kbd", "uz", "hy-AM", "th", "af"])
def test_every_rule_is_on_the_page_or_among_those_that_no_sentence_shows(locale: str) -> None:
    recipe = builtin(locale)
    selection = select(recipe)
    assert shown(selection) >= {*rules_of(recipe)} - {*selection.unshown}
    assert not shown(selection) & {*selection.unshown}
    assert len(selection.sentences) <= 60
    raws = [sentence.raw for sentence in selection.sentences]
    assert len(raws) == len({*raws})


def test_a_page_of_turkish_has_about_forty_sentences_and_shows_all() -> None:
    selection = select(builtin("tr"))
    assert 38 <= len(selection.sentences) <= 45
    assert (selection.unshown, selection.letters) == ((), ())
    assert selection == select(builtin("tr"))


def test_each_entry_of_a_table_and_each_slot_is_a_rule_of_its_own() -> None:
    rules = rules_of(builtin("tr"))
    assert {
        Rule("repair", "ș"), Rule("repair", "ț"), Rule("step", "cyrillic_in_latin"),
        Rule("lower", "I"), Rule("lower", "İ"), Rule("apostrophe", "inside"), Rule("hyphen"),
        Rule("fold"), Rule("punctuation"), Rule("reason", "digits"),
        Rule("reason", "outside alphabet"),
    } <= {*rules}  # fmt: skip
    assert Rule("edge", "start") in rules_of(builtin("af"))
    assert Rule("kept", "'") in rules_of(builtin("af"))


def test_entries_of_a_parent_for_another_script_are_no_rules_of_the_language() -> None:
    recipe = builtin("ta")
    keys = {rule.entry for rule in rules_of(recipe) if rule.kind == "repair"}
    assert "\u0bbe\u0bc6" in keys and "\u093e\u0947" in {*recipe.rules.repair} - keys


def test_a_sentence_shows_the_entries_that_changed_it_and_no_others() -> None:
    seen = shown_by(builtin("tr"), "HÂLÂ İzmir'de, dag\u030c")
    assert seen.text == "hala izmirde dağ"
    assert ("â", "a") in seen.changes[Rule("fold")]
    assert seen.changes[Rule("repair", "ǧ")] == (("ǧ", "ğ"),)
    assert seen.changes[Rule("apostrophe", "inside")] == (("'", ""),)
    assert Rule("lower", "İ") in seen.rules and Rule("lower", "I") not in seen.rules
    assert not {Rule("repair", "ț"), Rule("hyphen")} & seen.rules


def test_the_longest_entry_is_the_one_that_acted() -> None:
    seen = shown_by(builtin("ar"), "شاطیٔ")
    assert Rule("repair", "ی\u0654") in seen.rules
    assert Rule("repair", "ی") not in seen.rules


def test_made_up_words_stand_in_only_for_rules_that_no_sentence_shows() -> None:
    selection = select(builtin("ps"))
    made = [sentence for sentence in selection.sentences if sentence.origin == MADE]
    rest = [sentence for sentence in selection.sentences if sentence.origin != MADE]
    assert made and {one.origin for one in rest} == {GOLDEN}
    elsewhere = {rule for one in rest for rule in one.shown.rules}
    assert all(one.shown.rules - elsewhere for one in made)
    assert all(one.shown.reason is None for one in made)


def test_sentences_come_from_train_of_a_release_and_never_from_dev_or_test(
    tmp_path: Path,
) -> None:
    rows = [Row(f"güneşli bir gün {word}") for word in ("ana", "baba", "Dede'nin", "İki")]
    rows += [Row("yarın yine gel", "dev"), Row("kapıyı yavaş aç", "test")]
    place = make_release(tmp_path, rows=rows, clips=False, validated=True)
    recipe = builtin("tr")
    release = open_release(str(place), "tr", new_manager(installed=False), audio=False)
    selection = select(recipe, release)
    origins = {sentence.raw: sentence.origin for sentence in selection.sentences}
    assert origins["güneşli bir gün Dede'nin"] == RELEASE
    assert not {"yarın yine gel", "kapıyı yavaş aç"} & {*origins}
    assert GOLDEN in origins.values()
    assert shown(selection) >= {*rules_of(recipe)} - {*selection.unshown}


def test_a_release_without_train_is_refused(tmp_path: Path) -> None:
    place = make_release(tmp_path, rows=[Row("yarın", "test")], clips=False)
    (place / "train.tsv").unlink()
    release = open_release(str(place), "tr", new_manager(installed=False), audio=False)
    with pytest.raises(Failure, match="dev and test are not judged"):
        select(builtin("tr"), release)


def test_a_recipe_without_any_sentence_says_what_to_do(own_recipe: Path) -> None:
    (own_recipe / "golden.tsv").write_text("", encoding="utf-8")
    text = 'name = "X"\nscript = "Latn"\nstatus = "generic"\n'
    (own_recipe / "recipe.toml").write_text(text, encoding="utf-8")
    with pytest.raises(Failure, match="name a release with --data"):
        select(open_recipe("xx")[0])


# A vowel sign behind a vowel letter, at the start of a word, or behind a sign that joins letters.
MALFORMED = regex.compile(
    r"(?:^|[ \p{InSC=Vowel_Independent}\p{InSC=Virama}\p{InSC=Invisible_Stacker}])"
    r"[\p{InSC=Vowel_Dependent}&&\p{M}]",
    regex.VERSION1,
)


@pytest.mark.parametrize("locale", ["hi", "ta", "km", "mnw", "rki", "ne-NP", "bn", "blk"])
def test_made_up_words_of_brahmic_scripts_are_words_that_can_be_written(locale: str) -> None:
    recipe = builtin(locale)
    row = "".join(recipe.alphabet.letters)[:4]
    for sentence in select(recipe).sentences:
        if sentence.origin == MADE:
            assert not MALFORMED.search(sentence.shown.text), sentence
            assert row not in sentence.shown.text


def test_words_of_one_sign_stand_at_the_end_of_a_word_only() -> None:
    raws = [one.raw for one in select(builtin("mnw")).sentences if one.origin == MADE]
    signs = [raw for raw in raws if regex.search("[\u104c-\u104f]", raw)]
    assert signs and all(regex.fullmatch("[^\u104c-\u104f]+[\u104c-\u104f]", raw) for raw in signs)
