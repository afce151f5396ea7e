"""Variants of a recipe: telling sentences apart, and opening, listing and testing each."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cvrecipes.catalog import find_recipes, open_folder, open_recipe
from cvrecipes.errors import Failure, UsageError
from cvrecipes.plugins import new_manager
from cvrecipes.recipe import Variant
from cvrecipes.recipe.variants import variant_of
from cvrecipes.testing import check_recipe

Call = Callable[..., Any]

CATALOG = find_recipes(new_manager())
BUILT_IN = [
    (entry.locale, name)
    for entry in CATALOG.recipes.values()
    for name in CATALOG.folders(entry)
    if name != "main"
]
TWO = (Variant("main", "Cyrl"), Variant("latn", "Latn", ("ady-Latn*",)))
ONE_SCRIPT = (Variant("main", "Latn"), Variant("tailo", "Latn", ("nan-TW-tailo", "*-tl")))


@pytest.mark.parametrize(
    ("sentence", "tag", "expected"),
    [("Адыгабзэ", "", "main"), ("Adığabze", "", "latn"), ("Адыгабзэ", "ady-Latn-TR", "main"),
     ("Adığabze", "ady-RU", "latn"), ("...", "ady-LATN-TR-t-ady-cyrl", "latn"),
     ("...", "ady-RU", "main"), ("Windows къэбархэр", "", "main"), ("", "", "main")],
)  # fmt: skip
def test_the_script_of_the_text_decides_before_the_column(
    sentence: str, tag: str, expected: str
) -> None:
    assert variant_of(sentence, tag, TWO) == expected


@pytest.mark.parametrize(
    ("tag", "expected"),
    [("nan-TW-tailo", "tailo"), ("nan-tl", "tailo"), ("nan-TW-pehoeji", "main"), ("", "main")],
)
def test_the_column_decides_between_variants_of_one_script(tag: str, expected: str) -> None:
    assert variant_of("góa", tag, ONE_SCRIPT) == expected


def test_adyghe_kabardian_and_uyghur_have_variants() -> None:
    assert BUILT_IN == [("ady", "latn"), ("kbd", "latn"), ("ug", "cyrl")]


@pytest.mark.parametrize(("locale", "variant"), BUILT_IN)
def test_a_built_in_variant_passes_the_kit(locale: str, variant: str) -> None:
    recipe, _ = open_recipe(locale, variant=variant)
    assert (recipe.locale, recipe.variant, recipe.status) == (locale, variant, "drafted")
    assert check_recipe(recipe) == []
    assert len(recipe.golden()) >= 5 and all(pair.path.parent.name == variant
                                             for pair in recipe.golden())  # fmt: skip


def test_each_variant_is_normalized_by_its_own_recipe() -> None:
    main, latin = (open_recipe("ady", variant=name)[0] for name in ("main", "latn"))
    assert latin.normalize("Syane pşerıhak'u, İNI") == "syane pşerıhak'u inı"
    assert latin.normalizer.reason(latin.normalize("Syane pşerıhak'u")) is None
    assert main.normalizer.reason(main.normalize("Syane pşerıhak'u")) is not None
    assert main.another_variant("Syane", "") == "another variant: latn"
    assert latin.another_variant("Сянэ", "") == "another variant: main"
    assert latin.another_variant("Syane", "") is None
    assert main.digest != latin.digest


def test_a_language_that_is_written_in_one_way_has_the_hash_it_had() -> None:
    recipe, _ = open_recipe("tr")
    assert recipe.variants == () and recipe.another_variant("Москва", "") is None
    assert not {"variant", "variants"} & recipe.resolved().keys()


def test_an_unknown_variant_is_refused_with_those_there_are() -> None:
    with pytest.raises(UsageError, match=r"^the recipe of ady has no variant 'x'.*: main, latn$"):
        open_recipe("ady", variant="x")
    with pytest.raises(UsageError, match=r"^the recipe of tr has no variant 'latn'.*: main$"):
        open_recipe("tr", variant="latn")


def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variant: str, main: str = "") -> Path:
    """A user's recipe of ``xx`` with the variant ``other``."""
    place = tmp_path / "mine" / "xx"
    (place / "variants" / "other").mkdir(parents=True)
    head = 'name = "Test"\nscript = "Latn"\nstatus = "generic"\n'
    (place / "recipe.toml").write_text(head + main + '[alphabet]\nletters = "a b c"\n')
    (place / "golden.tsv").write_text("ABC\tabc\n")
    (place / "variants" / "other" / "recipe.toml").write_text(variant, encoding="utf-8")
    monkeypatch.setenv("CVRECIPES_RECIPES", str(place.parent))
    return place / "variants" / "other"


def test_a_variant_may_build_on_the_main_recipe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = own(
        tmp_path,
        monkeypatch,
        'parent = "xx"\nscript = "Latn"\nvariant = ["xx-*"]\n[alphabet]\nadd_letters = "d"\n',
    )
    (folder.parents[1] / "hooks.py").write_text(
        "from cvrecipes import hookimpl\n@hookimpl\ndef vocabulary_extras(): return ['!']\n"
    )
    recipe, hooks = open_recipe("xx", variant="other")
    assert (recipe.name, recipe.status) == ("Test", "generic")
    assert recipe.alphabet.letters == ("a", "b", "c", "d")
    assert [pair.raw for pair in recipe.golden()] == ["ABC"]
    assert hooks.hook.vocabulary_extras(recipe=recipe) == [["!"]]
    assert open_folder(folder).resolved() == recipe.resolved()


@pytest.mark.parametrize(
    ("variant", "main", "message"),
    [('name = "X"\nstatus = "generic"\nparent = "_latin"\n', "", "script is missing: a variant"),
     ('parent = "xx"\nscript = "Latn"\nvariant = "x"\n', "", "variant must be a list of strings"),
     ('parent = "xx"\nscript = "Latn"\n', 'variant = ["a"]\n', "variant tells another variant")],
)  # fmt: skip
def test_a_wrong_variant_is_named_by_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variant: str, main: str, message: str
) -> None:
    own(tmp_path, monkeypatch, variant, main)
    with pytest.raises(Failure, match=rf"recipe\.toml(:\d+)?: {message}"):
        open_recipe("xx", variant="other")


def test_a_recipe_that_hides_another_has_its_variants(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "mine" / "ady"
    place.mkdir(parents=True)
    (place / "recipe.toml").write_text('parent = "ady"\n[alphabet]\nadd_letters = "q"\n')
    monkeypatch.setenv("CVRECIPES_RECIPES", str(place.parent))
    main, latin = (open_recipe("ady", variant=name)[0] for name in ("main", "latn"))
    assert "q" in main.alphabet.letters
    assert [variant.name for variant in main.variants] == ["main", "latn"]
    assert latin.normalize("İNI") == "inı"


def test_list_and_show_and_normalize_know_variants(call: Call) -> None:
    (facts,) = json.loads(call("list", "ady", "--json").out)
    assert (facts["script"], facts["variants"]) == ("Cyrl", ["latn"])
    assert "Cyrl (latn)" in call("list", "ady").out
    shown = call("show", "ady", "--variant", "latn").out
    assert "variant   latn (Latn, ady-Latn*); also main (Cyrl)" in shown
    assert "variant" not in call("show", "tr").out
    assert call("normalize", "ady", "--variant", "latn", "İNI").out == "inı\n"
    assert "no variant 'x'" in call("normalize", "ady", "--variant", "x", "a").complaint


def test_the_kit_tests_every_variant(call: Call, tmp_path: Path) -> None:
    done = call("test", "ady", "tr")
    assert done.code == 0 and done.out.splitlines()[-1] == "3 passed, 0 failed"
    assert "ady latn" in done.out
    facts = json.loads(call("test", CATALOG.recipes["kbd"].folder, "--json").out)
    assert [(one["locale"], one["variant"]) for one in facts] == [("kbd", "main"), ("kbd", "latn")]
