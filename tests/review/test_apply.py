"""From a file of answers to golden pairs, corrections, and the grade."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cvrecipes.catalog import open_recipe
from cvrecipes.files import own_recipes
from cvrecipes.recipe import Recipe
from cvrecipes.testing import check_recipe, open_corrections
from support.reviewing import about, answered, saved

Call = Callable[..., Any]
ROOT = Path(__file__).parents[2]
TOML = """\
# A comment that stays.
name = "Test"
script   =   "Latn"   # as it was typed
status = "drafted"
sources = ["me"]

[alphabet]
letters = "a b c d e f g h i j k l m n o p q r s t u v w x y z"

[text]
apostrophe = ""
"""
GOLDEN = "# Mine\nAb\tab\nBc\tbc\nCd\tcd\nDe\tde\nEf\tef"  # the last line is not ended
RAWS = [f"Aq{letter}, bc!" for letter in "abcdefghijklmnopqrstuvwx"]


@pytest.fixture
def folder(own_recipe: Path) -> Path:
    """The user's own recipe of ``xx``, drafted, with five golden pairs."""
    (own_recipe / "recipe.toml").write_text(TOML, encoding="utf-8")
    (own_recipe / "golden.tsv").write_text(GOLDEN, encoding="utf-8")
    return own_recipe


def opened() -> Recipe:
    return open_recipe("xx")[0]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def corrected(wanted: str = "aka bc") -> dict[str, Any]:
    """All right but the first sentence."""
    data = about(opened(), RAWS, name="Ayşe")
    data["answers"][0] = {"sentence": 1, "answer": "wrong", "correction": wanted}
    return data


def test_right_answers_become_golden_pairs_and_nothing_else_of_the_files_changes(
    call: Call, folder: Path, tmp_path: Path
) -> None:
    done = call("review", "--apply", saved(tmp_path, about(opened(), ["Ab", *RAWS, "Saat 5"])))
    assert (done.code, done.err) == (0, "")
    assert "25 new golden pairs, 1 were there" in done.out
    golden = (folder / "golden.tsv").read_text(encoding="utf-8")
    assert golden.startswith(f"{GOLDEN}\n# Judged by anonymous (native speaker), 2026-05-01\n")
    assert "\nAqa, bc!\taqa bc\n" in golden and golden.endswith("\nSaat 5\t!digits\n")
    assert (folder / "recipe.toml").read_text(encoding="utf-8") == TOML
    assert check_recipe(opened()) == []


def test_twenty_right_answers_of_a_native_speaker_give_the_grade(
    call: Call, folder: Path, tmp_path: Path
) -> None:
    assert opened().status == "drafted"
    done = call("review", "--apply", saved(tmp_path, about(opened(), RAWS[:20], name="Ayşe")))
    assert "grade: confirmed" in done.out
    assert opened().status == "confirmed"
    listed = json.loads(call("list", "xx", "--status", "confirmed", "--json").out)
    assert [(one["locale"], one["reviews"][0]["right"]) for one in listed] == [("xx", 20)]
    assert "2026-05-01, Ayşe (native speaker): 20 right, 0 corrected" in call("show", "xx").out
    assert json.loads(call("show", "xx", "--json").out)["reviews"][0]["name"] == "Ayşe"


@pytest.mark.parametrize(
    ("changes", "count", "why"),
    [
        ({}, 19, "no native speaker has confirmed 20 sentences"),
        ({"speaker": "learner"}, 24, "no native speaker has judged it"),
        ({"speaker": "linguist"}, 24, "no native speaker has judged it"),
    ],
)
def test_less_gives_no_grade_and_says_why(
    call: Call, folder: Path, tmp_path: Path, changes: dict[str, str], count: int, why: str
) -> None:
    done = call("review", "--apply", saved(tmp_path, about(opened(), RAWS[:count], **changes)))
    assert f"grade: drafted, not confirmed: {why}" in done.out
    assert opened().status == "drafted"


def test_unsure_answers_count_for_nothing(call: Call, folder: Path, tmp_path: Path) -> None:
    data = about(opened(), RAWS)
    for answer in data["answers"][18:]:
        answer["answer"] = "unsure"
    assert "18 right, 0 corrected, 6 unsure" in call("review", "--apply", saved(tmp_path, data)).out
    assert opened().status == "drafted" and len(opened().golden()) == 5 + 18


def test_a_generic_recipe_gets_no_grade(call: Call, folder: Path, tmp_path: Path) -> None:
    text = TOML.replace("drafted", "generic")
    (folder / "recipe.toml").write_text(text, encoding="utf-8")
    done = call("review", "--apply", saved(tmp_path, about(opened(), RAWS)))
    assert "a generic recipe names no alphabet" in done.out
    assert opened().status == "generic"


def test_applying_twice_adds_nothing(call: Call, folder: Path, tmp_path: Path) -> None:
    file = saved(tmp_path, corrected())
    call("review", "--apply", file)
    before = contents(folder)
    done = call("review", "--apply", file)
    assert done.code == 0 and "applied before; nothing changed" in done.out
    assert contents(folder) == before


def test_a_correction_waits_and_the_kit_stays_green(
    call: Call, folder: Path, tmp_path: Path
) -> None:
    done = call("review", "--apply", saved(tmp_path, corrected()))
    assert "the recipe writes aqa bc" in done.out and "the reviewer      aka bc" in done.out
    assert "1 correction of native speakers open; mend the recipe" in done.out
    assert opened().status == "drafted"
    assert check_recipe(opened()) == []
    assert [*open_corrections(opened())] == [
        f"{folder / 'corrections.tsv'}:4: 'Aqa, bc!': the recipe writes 'aqa bc', "
        "a reviewer 'aka bc'"
    ]
    tested = call("test", "xx")
    assert tested.code == 0 and "open: " in tested.out
    assert len(json.loads(call("test", "xx", "--json").out)[0]["corrections"]) == 1


def test_a_mended_recipe_follows_the_correction_and_has_the_grade(
    call: Call, folder: Path, tmp_path: Path
) -> None:
    data = about(opened(), ["Qa, bc!", *RAWS[1:]], name="Ayşe")
    data["answers"][0] = {"sentence": 1, "answer": "wrong", "correction": "ka bc"}
    file = saved(tmp_path, data)
    call("review", "--apply", file)
    mended = TOML + '[text.replace]\n"qa" = "ka"\n'
    (folder / "recipe.toml").write_text(mended, encoding="utf-8")
    assert [*open_corrections(opened())] == []
    done = call("review", "--apply", file)
    assert "1 new golden pair, 23 were there" in done.out and "grade: confirmed" in done.out
    assert not (folder / "corrections.tsv").exists()
    assert ("Qa, bc!", "ka bc") in [(pair.raw, pair.expected) for pair in opened().golden()]
    assert check_recipe(opened()) == []


def test_a_recipe_that_no_longer_writes_what_was_confirmed_is_not_mended(
    call: Call, folder: Path, tmp_path: Path
) -> None:
    file = saved(tmp_path, corrected("aka bc"))
    call("review", "--apply", file)
    # The correction is followed, and every other sentence changes, too.
    mended = TOML + '[text.replace]\n"q" = "k"\n'
    (folder / "recipe.toml").write_text(mended, encoding="utf-8")
    done = call("review", "--apply", file)
    assert "23 corrections of native speakers open" in done.out
    assert opened().status == "drafted"


def test_the_grade_falls_back_when_the_rules_change(
    call: Call, folder: Path, tmp_path: Path
) -> None:
    call("review", "--apply", saved(tmp_path, about(opened(), RAWS)))
    (folder / "recipe.toml").write_text(TOML + 'hyphen = ""\n', encoding="utf-8")
    assert opened().status == "drafted"
    assert ", of an earlier version of the recipe" in call("show", "xx").out
    (folder / "recipe.toml").write_text(f'{TOML}# notes alone\n', encoding="utf-8")  # fmt: skip
    assert opened().status == "confirmed"


def test_a_recipe_changed_for_one_run_is_not_the_confirmed_one(
    call: Call, folder: Path, tmp_path: Path
) -> None:
    call("review", "--apply", saved(tmp_path, about(opened(), RAWS)))
    assert opened().status == "confirmed"
    assert open_recipe("xx", changes={"text.hyphen": ""})[0].status == "generic"


def test_answers_about_another_version_are_refused_until_older_is_said(
    call: Call, folder: Path, tmp_path: Path
) -> None:
    file = saved(tmp_path, about(opened(), RAWS))
    (folder / "recipe.toml").write_text(TOML + 'hyphen = ""\n', encoding="utf-8")
    before = contents(folder)
    done = call("review", "--apply", file)
    assert done.code == 1 and "write a new page: cvrecipes review xx; or add --older" in (
        done.complaint
    )
    assert contents(folder) == before
    done = call("review", "--apply", file, "--older")
    assert "24 new golden pairs" in done.out
    assert "no native speaker has judged this version" in done.out
    call("review", "--apply", file)  # known by now, and still about the other version
    assert opened().status == "drafted"


def test_an_open_correction_of_one_native_speaker_holds_back_the_grade_of_another(
    call: Call, folder: Path, tmp_path: Path
) -> None:
    call("review", "--apply", saved(tmp_path, about(opened(), RAWS), "a.json"))
    assert opened().status == "confirmed"
    call("review", "--apply", saved(tmp_path, corrected(), "b.json"))
    assert opened().status == "drafted"
    assert [review.open for review in opened().reviews] in ([0, 1], [1, 0])


def test_a_correction_of_a_learner_is_reported_and_holds_back_nothing(
    call: Call, folder: Path, tmp_path: Path
) -> None:
    call("review", "--apply", saved(tmp_path, about(opened(), RAWS), "a.json"))
    done = call("review", "--apply", saved(tmp_path, {**corrected(), "speaker": "learner"}, "b"))
    assert "open: Aqa, bc!" in done.out
    assert opened().status == "confirmed"


def test_raw_text_of_any_signs_survives_golden_tsv(
    call: Call, folder: Path, tmp_path: Path
) -> None:
    raws = ["#Ab", "a\tb", "a\\nb", "c\u200dd", " e f ", "g\u2028h"]
    call("review", "--apply", saved(tmp_path, about(opened(), raws)))
    assert {*raws} <= {pair.raw for pair in opened().golden()}
    assert check_recipe(opened()) == []


def test_made_up_words_are_no_golden_pairs_and_do_not_count(
    call: Call, folder: Path, tmp_path: Path
) -> None:
    data = about(opened(), RAWS, made=RAWS[19:])
    done = call("review", "--apply", saved(tmp_path, data))
    assert "19 right, 0 corrected" in done.out and "19 new golden pairs" in done.out
    assert "5 right of made-up words, which do not count" in done.out
    assert "no native speaker has confirmed 20 sentences" in done.out
    assert opened().status == "drafted"
    assert not {*RAWS[19:]} & {pair.raw for pair in opened().golden()}


@pytest.mark.parametrize("wanted", ["AQA bc", "aqa, bc!", "a\u200bqa bc", "«Aqa» bc."])
def test_a_correction_of_capitals_punctuation_or_invisible_signs_alone_is_right(
    call: Call, folder: Path, tmp_path: Path, wanted: str
) -> None:
    done = call("review", "--apply", saved(tmp_path, corrected(wanted)))
    assert "24 right, 0 corrected" in done.out and "grade: confirmed" in done.out
    assert "is read as aqa bc" in done.out and "\u200b" not in done.out
    assert ("Aqa, bc!", "aqa bc") in [(pair.raw, pair.expected) for pair in opened().golden()]


def test_the_rest_of_a_correction_stays_open(call: Call, folder: Path, tmp_path: Path) -> None:
    done = call("review", "--apply", saved(tmp_path, corrected("Aka, bc.")))
    assert "is read as aka bc" in done.out and "the reviewer      aka bc" in done.out
    assert "\taka bc\t" in (folder / "corrections.tsv").read_text(encoding="utf-8")


def test_a_correction_asks_for_what_joins_two_letters(
    call: Call, folder: Path, tmp_path: Path
) -> None:
    done = call("review", "--apply", saved(tmp_path, corrected("aqa b-c")))
    assert "the reviewer      aqa b-c" in done.out


def test_invisible_signs_have_a_name_on_the_terminal(
    call: Call, folder: Path, tmp_path: Path
) -> None:
    data = about(opened(), ["Aq\u200cb"])
    data["answers"][0] = {"sentence": 1, "answer": "wrong", "correction": "aq b"}
    assert (
        "open: Aq[zero-width non-joiner]b" in call("review", "--apply", saved(tmp_path, data)).out
    )


def test_a_comment_is_kept_and_a_date_in_the_future_named(
    call: Call, folder: Path, tmp_path: Path
) -> None:
    comment = "Letters\nare missing."
    data = about(opened(), RAWS, comment=comment, date="2999-01-01")
    done = call("review", "--apply", saved(tmp_path, data))
    assert "the date 2999-01-01 is in the future" in done.out
    assert [review.comment for review in opened().reviews] == [comment]


def test_a_named_folder_is_written_to_and_another_language_refused(
    call: Call, folder: Path, tmp_path: Path
) -> None:
    other = tmp_path / "elsewhere" / "xx"
    shutil.copytree(folder, other)
    file = saved(tmp_path, about(opened(), RAWS))
    before = contents(folder)
    assert "grade: confirmed" in call("review", "--apply", file, "--recipe", other).out
    assert contents(folder) == before and (other / "reviews.tsv").is_file()
    wrong = shutil.copytree(folder, tmp_path / "elsewhere" / "yy")
    done = call("review", "--apply", file, "--recipe", wrong)
    assert done.code == 2 and "is about xx" in done.complaint


def test_an_unknown_language_is_refused(call: Call, folder: Path, tmp_path: Path) -> None:
    file = saved(tmp_path, about(opened(), RAWS))
    shutil.rmtree(folder)
    done = call("review", "--apply", file)
    assert (done.code, done.complaint.partition(";")[0]) == (2, f"{file}: no recipe for 'xx'")


@pytest.fixture
def builtin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """The built-in recipes of a few languages, copied to a place of that name."""

    def copied(place: str) -> Path:
        target = tmp_path / place
        for name in ("tr", "_turkic", "_latin"):
            if (ROOT / "recipes" / name).is_dir():
                shutil.copytree(ROOT / "recipes" / name, target / name)
        monkeypatch.setattr("cvrecipes.builtin.recipes_folder", lambda: target)
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
        return target

    return copied


def test_a_recipe_of_a_clone_is_written_to(
    call: Call, builtin: Callable[[str], Path], tmp_path: Path
) -> None:
    place = builtin("clone/recipes")
    done = call("review", "--apply", saved(tmp_path, answered(open_recipe("tr")[0])))
    assert "grade: confirmed" in done.out
    assert (place / "tr" / "reviews.tsv").is_file()
    assert check_recipe(open_recipe("tr")[0]) == []


def test_an_installed_recipe_is_left_alone_and_the_review_goes_to_the_users_own(
    call: Call, builtin: Callable[[str], Path], tmp_path: Path
) -> None:
    place = builtin("site-packages/cvrecipes/recipes")
    before = contents(place / "tr")
    file = saved(tmp_path, answered(open_recipe("tr")[0]))
    done = call("review", "--apply", file)
    assert "grade: confirmed" in done.out and "send" in done.out and "to the project" in done.out
    assert contents(place / "tr") == before
    own = own_recipes() / "tr"
    assert (own / "reviews.tsv").is_file() and 'parent = "tr"' in (own / "recipe.toml").read_text(
        encoding="utf-8"
    )
    recipe = open_recipe("tr")[0]
    assert (recipe.folder, recipe.status) == (own, "confirmed")
    assert check_recipe(recipe) == []
    again = call("review", "--apply", file)
    assert again.code == 0 and "nothing changed" in again.out


def test_a_recipe_beside_metadata_of_pip_is_an_installed_one(
    call: Call, builtin: Callable[[str], Path], tmp_path: Path
) -> None:
    place = builtin("target/cvrecipes/recipes")
    (tmp_path / "target" / "cvrecipes-1.0.dist-info").mkdir()
    before = contents(place / "tr")
    call("review", "--apply", saved(tmp_path, answered(open_recipe("tr")[0])))
    assert contents(place / "tr") == before
    assert (own_recipes() / "tr" / "reviews.tsv").is_file()


def test_a_clone_is_written_to_wherever_it_lies(
    call: Call, builtin: Callable[[str], Path], tmp_path: Path
) -> None:
    place = builtin("site-packages/clone/recipes")
    (tmp_path / "site-packages" / "clone" / ".git").mkdir()
    call("review", "--apply", saved(tmp_path, answered(open_recipe("tr")[0])))
    assert (place / "tr" / "reviews.tsv").is_file()
