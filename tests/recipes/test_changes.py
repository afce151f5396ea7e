"""``--recipe-set``: one key of a recipe changed for one run, and recorded."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cvrecipes.catalog import open_recipe
from cvrecipes.data.cache import text_key
from cvrecipes.errors import UsageError
from cvrecipes.models.vocabulary import build_vocabulary
from cvrecipes.plan import Request
from cvrecipes.recipe import Recipe
from cvrecipes.run import Clock, prepare
from support.releases import Row, make_release

Call = Callable[..., Any]


def changed(*assignments: str, locale: str = "tr") -> Recipe:
    parts = [assignment.partition("=") for assignment in assignments]
    return open_recipe(locale, changes={key: value for key, _, value in parts})[0]


@pytest.mark.parametrize(
    ("assignment", "raw", "expected"),
    [
        ("text.apostrophe='", "İzmir'de", "izmir'de"),
        ("text.apostrophe= ", "İzmir'de", "izmir de"),
        ('text.apostrophe="\\u02bc"', "İzmir'de", "izmirʼde"),
        ("text.hyphen=", "a-b", "ab"),
        ("text.fold=false", "é", "é"),
        ('text.steps=["...", "numbers_tr"]', "3 elma", "üç elma"),
        ('text.replace={"b" = "c"}', "âb", "ac"),
        ("text.replace.b=c", "âb", "ac"),
        ("text.replace.b=", "ab", "a"),
        ("text.case=default", "ISI", "isi"),
    ],
)
def test_a_key_is_changed_as_if_it_stood_in_recipe_toml(
    assignment: str, raw: str, expected: str
) -> None:
    assert changed(assignment).normalizer(raw) == expected


def test_several_changes_are_made_in_order() -> None:
    recipe = changed("alphabet.add_letters=q w x", "alphabet.remove_letters=j w")
    assert recipe.alphabet.letters[-2:] == ("q", "x")
    assert "j" not in recipe.alphabet.letters
    assert recipe.changes == "alphabet.add_letters = q w x, alphabet.remove_letters = j w"


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("alphabet.letters=... q", 'letters holds ..., which is no letter; add_letters = "q w x" '),
        ("alphabet.add_letters=a", "'a' is a letter of the parent already"),
        ("alphabet.letters=a a", "'a' is there twice"),
        ("text.apostrofe=x", "unknown key 'apostrofe' at [text]; did you mean apostrophe?"),
        ("txt.apostrophe=x", "unknown table 'txt'; did you mean text?"),
        ("letters=a", "letters is a key of [alphabet]; write alphabet.letters=VALUE"),
        ("hyphen=-", "hyphen is a key of [text]; write text.hyphen=VALUE"),
        ('extras=["a"]', "extras is a key of [vocabulary]; write vocabulary.extras=VALUE"),
        ("alphabet.add_letters=q q", "'q' is written twice; write it once"),
        ("alphabet.remove_letters=j j", "'j' is written twice; write it once"),
        ("alphabet.add_letters=Q", "letter 'Q' never occurs, because text is lower-cased; write "),
        ("alphabet.letters=", "letters is empty; write every letter"),
        ("script=", "unknown script ''; give its ISO 15924 code, such as Latn"),
        ("script=Lattn", "unknown script 'Lattn'; did you mean Latn?"),
        ("text=5", "text is a table; name a key of it: text.KEY"),
        ("text.fold=yes", "fold must be true or false"),
        ("text.steps=numbers_tr", "steps must be a list of strings"),
        ('text.steps=["numbers_trr"]', "unknown step 'numbers_trr'"),
        ("text.apostrophe=ab", "apostrophe must be one sign"),
        ("text.hyphen.x=-", "unknown key 'hyphen.x' at [text]"),
        ("vocabulary.extras=q", "extras must be a list of strings"),
        ('vocabulary.extras=["ab"]', "extras must be a list of single characters"),
        ("headline=ser", "headline must be one of wer, cer"),
        ("training.longest=3", "is a setting; write --set longest=VALUE"),
        ("parent=de", "one run cannot change parent"),
        ("status=reviewed", "one run cannot change status"),
    ],
)
def test_what_does_not_fit_is_an_error_that_names_the_option(assignment: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        changed(assignment)
    key = assignment.partition("=")[0]
    assert caught.value.message.startswith(f"--recipe-set {key}: {message}")


def test_a_changed_recipe_has_another_digest_and_cache_key_and_shows_the_change() -> None:
    plain, _ = open_recipe("tr")
    recipe = changed("text.hyphen=")
    assert recipe.digest != plain.digest
    assert None is not text_key(recipe) != text_key(plain)
    assert recipe.resolved()["changed"] == {"text.hyphen": ""}
    assert "changed" not in plain.resolved()
    assert (recipe.status, plain.status) == ("generic", "reviewed")


@pytest.mark.parametrize(
    "words",
    [["normalize", "tr", "a-b"], ["show", "tr"], ["check", "tr", "--no-audio"], ["run", "tr"]],
    ids=lambda words: words[0],
)
def test_an_assignment_without_an_equals_sign_is_refused(call: Call, words: list[str]) -> None:
    done = call(*words, "--recipe-set", "text.hyphen")
    assert done.code == 2
    assert "'text.hyphen' is not of the form KEY=VALUE" in done.complaint


def test_commands_work_with_the_changed_recipe(call: Call, micro_release: Path) -> None:
    option = ("--recipe-set", "alphabet.add_letters=q w x")
    assert call("normalize", "tr", "--reason", "qwx", *option).out == "qwx\n"
    shown = call("show", "tr", *option)
    assert "changed   alphabet.add_letters = q w x" in shown.out
    assert json.loads(call("show", "tr", "--json", *option).out)["changed"] == {
        "alphabet.add_letters": "q w x"
    }
    done = call("check", "tr", "--data", micro_release, "--no-audio", *option)
    assert "recipe changed for this check: alphabet.add_letters = q w x" in done.err


def test_a_run_shows_what_was_changed(
    call: Call, micro_words: list[str], tmp_path: Path, micro_release: Path
) -> None:
    out = tmp_path / "run"
    option = ("--recipe-set", "alphabet.add_letters=q w x")
    plan = json.loads(call(*micro_words, *option, "--dry-run", "--json").out)
    assert plan["recipe_changed"] == {"alphabet.add_letters": "q w x"}
    assert {"q", "w", "x"} <= set(plan["vocabulary"])
    done = call(*micro_words, *option, "--out", out)
    assert done.code == 0
    assert "recipe changed for this run: alphabet.add_letters = q w x" in done.err
    assert "recipe changed: alphabet.add_letters = q w x" in done.out
    facts = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert facts["recipe"]["changed"] == {"alphabet.add_letters": "q w x"}
    saved = json.loads((out / "model" / "recipe.json").read_text(encoding="utf-8"))
    assert saved["changed"] == facts["recipe"]["changed"]
    words = ["evaluate", out, "--data", micro_release, "--device", "cpu", "--json"]
    other = call(*words)
    assert "differs from the one this model was trained with" in other.err
    assert "--recipe-set 'alphabet.add_letters=q w x'" in other.err
    assert json.loads(other.out)["recipe"]["changed"] == {}
    same = call(*words, *option)
    assert "differs" not in same.err
    assert json.loads(same.out)["recipe"]["changed"] == facts["recipe"]["changed"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("alphabet.add_letters=q", "alphabet.add_letters=w"),
         "--recipe-set alphabet.add_letters is given twice; give all letters in one"),
        (("text.hyphen=-", "text.hyphen = "),
         "--recipe-set text.hyphen is given twice; give all values in one"),
        (("alphabet.letters=a b c", "alphabet.add_letters=q"),
         "--recipe-set alphabet.add_letters: add_letters changes the letters of a parent; change"),
        (("alphabet.remove_letters=a", "alphabet.letters=a b c"),
         "--recipe-set alphabet.remove_letters: remove_letters changes the letters of a parent"),
    ],
)  # fmt: skip
def test_changes_that_contradict_each_other_are_refused(
    call: Call, words: tuple[str, ...], message: str
) -> None:
    options = [part for word in words for part in ("--recipe-set", word)]
    done = call("normalize", "tr", *options, "abc")
    assert done.code == 2
    assert message in done.complaint


@pytest.mark.parametrize(
    "assignment",
    ['text.steps=["...", "..."]', 'text.first=["...", "latin_in_cyrillic", "..."]',
     'vocabulary.extras=["...", "..."]'],
)  # fmt: skip
def test_an_ellipsis_in_a_changed_list_stands_there_once(call: Call, assignment: str) -> None:
    done = call("normalize", "tr", "--recipe-set", assignment, "abc")
    assert done.code == 2
    path, _, key = assignment.partition("=")[0].partition(".")
    assert f'--recipe-set {path}.{key}: {key} holds "..." 2 times; the parent' in done.complaint


@pytest.mark.parametrize("key", ["text.steps", "vocabulary.extras"])
def test_an_ellipsis_for_a_list_that_the_recipe_lacks_stands_for_nothing(key: str) -> None:
    assert changed(f'{key}=["..."]', locale="tr").normalizer("a") == "a"


KEPT = {"alphabet.add_letters": "â î û"}


def test_one_option_keeps_the_circumflex_of_turkish() -> None:
    folded, _ = open_recipe("tr")
    kept, hooks = open_recipe("tr", changes=KEPT)
    raw = "HÂLÂ Ka\u0302ğıt resmî lûtfen rôl"
    assert folded.normalize(raw) == "hala kağıt resmi lutfen rol"
    assert kept.normalize(raw) == "hâlâ kâğıt resmî lûtfen rol"
    assert kept.normalizer.reason(kept.normalize(raw)) is None
    assert not folded.rules.replace
    assert {"â", "î", "û"} < {*build_vocabulary(kept, None, hooks).tokens}


def test_the_kept_circumflex_reaches_the_texts_and_the_classes_of_a_run(
    tmp_path: Path, micro_base: Path
) -> None:
    rows = [Row("Hâlâ kâğıt", speaker="a"), Row("hala", "test", speaker="b")]
    request = Request(
        "tr", str(make_release(tmp_path, rows=rows)), base=str(micro_base), device="cpu",
        recipe_changes=KEPT,
    )  # fmt: skip
    job = prepare(request, Clock())
    assert job.corpus.train["text"].to_pylist() == ["hâlâ kâğıt"]
    assert {"â", "î", "û"} < {*job.vocabulary.tokens}
