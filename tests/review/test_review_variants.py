"""A variant of a language is judged on a page of its own, and its answers stay in its folder."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cvrecipes.catalog import open_recipe
from cvrecipes.files import own_recipes
from cvrecipes.recipe import Recipe
from cvrecipes.testing import check_recipe, open_corrections
from support.releases import Row, make_release
from support.reviewing import about, embedded, saved

Call = Callable[..., Any]
ROOT = Path(__file__).parents[2]
LATIN = [f"Syane {letter}a, pşerıhak'u!" for letter in "abdefghijklmnopqrstuwxyz"]
CYRILLIC = [f"Сянэ {letter}а, пщэ!" for letter in "абвгдежзийклмнопрстуфхцч"]

RAWS = [f"Aq{letter}" for letter in "abcdefghijklmnopqrstuvwx"]


def opened(variant: str, locale: str = "ady") -> Recipe:
    return open_recipe(locale, variant=variant)[0]


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def builtin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """The built-in recipe of Adyghe with its variant, copied to a place of that name."""

    def copied(place: str) -> Path:
        target = tmp_path / place
        for name in ("ady", "_palochka", "_circassian_latn"):
            shutil.copytree(ROOT / "recipes" / name, target / name)
        monkeypatch.setattr("cvrecipes.builtin.recipes_folder", lambda: target)
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
        return target

    return copied


@pytest.fixture
def one_script(own_recipe: Path) -> Path:
    """The user's own recipe of ``xx``, and a variant that builds on it."""
    (own_recipe / "recipe.toml").write_text(
        'name = "Test"\nscript = "Latn"\nstatus = "drafted"\nsources = ["me"]\n'
        '[alphabet]\nletters = "a b c d e f g h i j k l m n o p q r s t u v w x y z"\n'
    )
    (own_recipe / "golden.tsv").write_text("Ab\tab\nBc\tbc\nCd\tcd\nDe\tde\nEf\tef\n")
    folder = own_recipe / "variants" / "other"
    folder.mkdir(parents=True)
    (folder / "recipe.toml").write_text('parent = "xx"\nscript = "Latn"\nvariant = ["xx-o*"]\n')
    return folder


def page(path: Path) -> dict[str, Any]:
    return embedded(path.read_text(encoding="utf-8"))


def test_the_page_of_a_variant_is_made_by_its_recipe(call: Call, work: Path) -> None:
    assert call("review", "ady", "--variant", "latn").code == 0
    data = page(work / "review-ady-latn.html")
    assert (data["locale"], data["variant"]) == ("ady", "latn")
    assert data["recipe"] == opened("latn").digest
    assert "axığ anesh armewu atakhe" in [sentence["text"] for sentence in data["sentences"]]
    call("review", "ady")
    main = page(work / "review-ady.html")
    assert (main["variant"], main["recipe"]) == ("main", opened("main").digest)


@pytest.mark.parametrize(
    ("more", "variant"), [((), "latn"), (("--variant", "main"), "main")], ids=["auto", "main"]
)
def test_a_release_decides_unless_a_variant_is_named_and_its_others_are_not_shown(
    call: Call, work: Path, more: tuple[str, ...], variant: str
) -> None:
    rows = [Row(f"Syane {word}", speaker=word) for word in ("ana", "dede", "kedi")]
    release = make_release(work, "ady", [*rows, Row("Сянэ пщэ", speaker="elma")])
    assert call("review", "ady", "--data", release, "--out", "page.html", *more).code == 0
    data = page(work / "page.html")
    assert data["variant"] == variant
    shown = {one["raw"] for one in data["sentences"] if one["origin"] == "release"}
    latin = {"Syane ana", "Syane dede", "Syane kedi"}
    assert shown and shown <= (latin if variant == "latn" else {"Сянэ пщэ"})


def test_a_file_that_is_no_page_is_refused_before_the_release_is_read(
    call: Call, work: Path
) -> None:
    (work / "mine.html").write_text("mine")
    (work / "review-ady-latn.html").write_text("mine")
    release = make_release(work, "ady", [Row("Syane ana")])
    (release / "train.tsv").write_bytes(b"\xff")
    done = call("review", "ady", "--data", release, "--out", "mine.html")
    assert (done.code, "mine.html: exists already" in done.complaint) == (2, True)
    done = call("review", "ady", "--variant", "latn")
    assert (done.code, "review-ady-latn.html: exists already" in done.complaint) == (2, True)


def test_answers_about_a_variant_go_into_its_folder(
    call: Call, builtin: Callable[[str], Path], tmp_path: Path
) -> None:
    place = builtin("clone/recipes") / "ady"
    before = contents(place)
    data = about(opened("latn"), LATIN, name="Ayşe")
    done = call("review", "--apply", saved(tmp_path, data))
    assert "ady, variant latn, Ayşe (native speaker)" in done.out and "grade: confirmed" in done.out
    after = contents(place)
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {"variants/latn/golden.tsv", "variants/latn/reviews.tsv"}
    assert (opened("latn").status, opened("main").status) == ("confirmed", "reviewed")
    assert check_recipe(opened("latn")) == check_recipe(opened("main")) == []
    assert "Ayşe (native speaker)" in call("show", "ady", "--variant", "latn").out
    assert "Ayşe" not in call("show", "ady").out


def test_a_review_of_the_main_recipe_counts_for_no_variant(
    call: Call, builtin: Callable[[str], Path], tmp_path: Path
) -> None:
    builtin("clone/recipes")
    call("review", "--apply", saved(tmp_path, about(opened("main"), CYRILLIC)))
    assert (len(opened("main").reviews), len(opened("latn").reviews)) == (1, 0)


def test_a_variant_that_builds_on_the_main_recipe_inherits_no_reviews_and_corrections(
    call: Call, one_script: Path, tmp_path: Path
) -> None:
    main = about(opened("main", "xx"), RAWS)
    main["answers"][0] = {"sentence": 1, "answer": "wrong", "correction": "aka"}
    call("review", "--apply", saved(tmp_path, main))
    assert len([*open_corrections(opened("main", "xx"))]) == 1
    other = opened("other", "xx")
    assert (other.reviews, other.corrections()) == ((), [])
    done = call("review", "--apply", saved(tmp_path, about(other, RAWS[1:])))
    assert "grade: confirmed" in done.out
    assert (one_script / "reviews.tsv").is_file()
    assert [review.open for review in opened("main", "xx").reviews] == [1]
    assert [review.open for review in opened("other", "xx").reviews] == [0]


def test_answers_of_a_variant_that_does_not_exist_are_refused(
    call: Call, one_script: Path, tmp_path: Path
) -> None:
    file = saved(tmp_path, about(opened("other", "xx"), RAWS))
    shutil.rmtree(one_script)
    done = call("review", "--apply", file)
    assert (done.code, done.complaint.splitlines()[0]) == (
        2,
        f"{file}: the recipe of xx has no variant 'other'; there are: main",
    )


def test_a_file_cannot_name_the_choice_that_a_release_makes(
    call: Call, one_script: Path, tmp_path: Path
) -> None:
    from cvrecipes.review.answers import page_id

    recipe = opened("main", "xx")
    data = about(recipe, RAWS)
    data["variant"] = "auto"
    data["page"] = page_id("xx", "auto", recipe.digest, data["sentences"])
    done = call("review", "--apply", saved(tmp_path, data))
    assert done.code == 2 and "is about xx, variant auto, and its recipe holds xx" in done.complaint


def test_a_named_folder_must_be_that_of_the_variant(
    call: Call, one_script: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = saved(tmp_path, about(opened("other", "xx"), RAWS))
    main = one_script.parents[1]
    done = call("review", "--apply", file, "--recipe", main)
    assert done.code == 2 and f"is about xx, variant other, and {main} holds xx" in done.complaint
    assert "grade: confirmed" in call("review", "--apply", file, "--recipe", one_script).out
    monkeypatch.chdir(one_script.parent)
    assert "nothing changed" in call("review", "--apply", file, "--recipe", "other").out


def test_two_ways_to_name_a_variant_are_refused(call: Call, one_script: Path) -> None:
    done = call("review", "--recipe", one_script.parents[1], "--variant", "other")
    assert (done.code, f"--recipe {one_script}" in done.complaint) == (2, True)
    done = call("review", "--apply", "x.json", "--variant", "other")
    assert (done.code, "--apply needs no --variant" in done.complaint) == (2, True)


def test_the_remedy_for_an_older_page_names_the_variant(
    call: Call, one_script: Path, tmp_path: Path
) -> None:
    file = saved(tmp_path, about(opened("other", "xx"), RAWS))
    with (one_script / "recipe.toml").open("a") as recipe:
        recipe.write('[text]\nhyphen = ""\n')
    done = call("review", "--apply", file)
    assert done.code == 1 and "cvrecipes review xx --variant other; or add --older" in (
        done.complaint
    )


def test_an_installed_variant_is_left_alone_and_the_review_goes_to_the_users_own(
    call: Call, builtin: Callable[[str], Path], tmp_path: Path
) -> None:
    place = builtin("site-packages/cvrecipes/recipes")
    before = contents(place)
    digest = opened("latn").digest
    file = saved(tmp_path, about(opened("latn"), LATIN))
    done = call("review", "--apply", file)
    assert "grade: confirmed" in done.out and "is installed and was not changed" in done.out
    assert contents(place) == before
    own = own_recipes() / "ady" / "variants" / "latn"
    latin = opened("latn")
    assert (latin.folder, latin.status, latin.digest) == (own, "confirmed", digest)
    assert latin.below == (place / "ady" / "variants" / "latn",)
    assert len(latin.golden()) > 20 and check_recipe(latin) == []
    assert (opened("main").status, opened("main").reviews) == ("reviewed", ())
    again = call("review", "--apply", file)
    assert again.code == 0 and "nothing changed" in again.out


def test_a_recipe_of_the_users_own_gets_the_variant_beside_what_it_has(
    call: Call, builtin: Callable[[str], Path], tmp_path: Path
) -> None:
    place = builtin("site-packages/cvrecipes/recipes")
    call("review", "--apply", saved(tmp_path, about(opened("main"), CYRILLIC)))
    own = own_recipes() / "ady"
    before, installed = contents(own), contents(place)
    done = call("review", "--apply", saved(tmp_path, about(opened("latn"), LATIN)))
    assert "grade: confirmed" in done.out
    assert contents(place) == installed
    after = contents(own)
    assert {name: after[name] for name in before} == before
    assert {*after} - {*before} == {
        f"variants/latn/{name}" for name in ("golden.tsv", "recipe.toml", "reviews.tsv")
    }
    assert (opened("main").status, opened("latn").status) == ("confirmed", "confirmed")


def test_a_variant_of_ones_own_keeps_the_hooks_of_the_language_that_it_builds_on(
    call: Call, builtin: Callable[[str], Path], tmp_path: Path
) -> None:
    place = builtin("site-packages/cvrecipes/recipes")
    (place / "ady" / "hooks.py").write_text(
        "from cvrecipes import hookimpl\n@hookimpl\ndef vocabulary_extras(): return ['!']\n"
    )
    call("review", "--apply", saved(tmp_path, about(opened("latn"), LATIN)))
    recipe, hooks = open_recipe("ady", variant="latn")
    assert recipe.origin == "user"
    assert hooks.hook.vocabulary_extras(recipe=recipe) == [["!"]]


def test_an_installed_variant_of_a_users_recipe_says_where_it_is_from(
    builtin: Callable[[str], Path],
) -> None:
    builtin("site-packages/cvrecipes/recipes")
    own = own_recipes() / "ady"
    own.mkdir(parents=True)
    (own / "recipe.toml").write_text('parent = "ady"\n')
    assert (opened("main").origin, opened("latn").origin) == ("user", "built-in")
