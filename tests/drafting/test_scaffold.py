"""cvrecipes new: recipes and packages that work as they are written."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cvrecipes.catalog import find_recipes, open_folder, open_recipe
from cvrecipes.drafting.package import check_name, module_of, supported
from cvrecipes.files import own_recipes, write_folder
from cvrecipes.plugins import new_manager
from cvrecipes.recipe import read_golden
from cvrecipes.testing import check_recipe
from cvrecipes.text.writing_systems import OPEN_SCRIPTS
from support.packages import Environment, make_environment
from support.releases import Row, make_release

Call = Callable[..., Any]
PACKAGE = {
    ".github/workflows/test.yml",
    ".gitignore",
    "README.md",
    "pyproject.toml",
    "src/cvrecipes_qtz/__init__.py",
    "src/cvrecipes_qtz/recipes/qtz/golden.tsv",
    "src/cvrecipes_qtz/recipes/qtz/recipe.toml",
    "tests/test_recipe.py",
}


@pytest.fixture(autouse=True)
def _away_from_the_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def toml(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


# A recipe


def test_a_new_recipe_is_found_at_once_and_passes_its_tests(call: Call, tmp_path: Path) -> None:
    done = call("new", "qtz")
    assert done.code == 0
    assert files(tmp_path) == {"recipes/qtz/recipe.toml", "recipes/qtz/golden.tsv"}
    assert done.out.endswith("next: edit both, then: cvrecipes test qtz\n")
    recipe, _ = open_recipe("qtz")
    assert (recipe.origin, recipe.script, recipe.name) == ("user", "Latn", "qtz")
    assert call("test", "qtz").code == 0


def test_name_script_and_parent_are_written(call: Call) -> None:
    call("new", "qtz", "--name", 'The "Q"', "--script", "cyrl", "--parent", "_palochka")
    data = toml(Path("recipes/qtz/recipe.toml"))
    assert (data["name"], data["script"], data["parent"]) == ('The "Q"', "Cyrl", "_palochka")


def test_the_parent_of_a_script_is_the_default(call: Call) -> None:
    call("new", "qtz", "--script", "Arab")
    assert toml(Path("recipes/qtz/recipe.toml"))["parent"] == "_arabic"


def test_a_region_takes_names_script_and_parent_from_its_language(call: Call) -> None:
    call("new", "tr-CY")
    data = toml(Path("recipes/tr-CY/recipe.toml"))
    assert (data["name"], data["parent"]) == ("Turkish (CY)", "_turkic")


@pytest.mark.parametrize(
    "script", ["Cyrl", "Deva", "Arab", "Ethi", "Thai", "Tibt", "Cher", "Adlm", *OPEN_SCRIPTS]
)
def test_a_new_recipe_of_any_script_passes(call: Call, script: str) -> None:
    assert call("new", "qtz", "--script", script).code == 0
    recipe = open_folder(Path("recipes/qtz"))
    assert len(recipe.golden()) == 5
    assert check_recipe(recipe) == []


def test_a_wrong_rule_fails_the_new_recipe_at_once(call: Call) -> None:
    call("new", "qtz")
    path = Path("recipes/qtz/recipe.toml")
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('letters = ""', 'letters = "b c d"\nloans = ""'), encoding="utf-8")
    done = call("test", "qtz")
    assert done.code == 1
    assert "outside alphabet: a" in done.out


def test_a_recipe_for_the_user_is_found_from_everywhere(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cvrecipes.cli.new.own_recipes", lambda: tmp_path / "own")
    monkeypatch.setattr("cvrecipes.catalog.own_recipes", lambda: tmp_path / "own")
    assert call("new", "qtz", "--user").code == 0
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert open_recipe("qtz")[0].folder == tmp_path / "own" / "qtz"


def test_the_users_place_is_among_the_folders_that_are_searched() -> None:
    from cvrecipes.catalog import user_folders

    assert own_recipes() in user_folders()


def test_another_folder_says_how_the_recipe_is_found(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = call("new", "qtz", "--out", "deep/er")
    place = (tmp_path / "deep" / "er").resolve()
    assert f"CVRECIPES_RECIPES={place} cvrecipes show qtz" in done.out
    assert "qtz" not in find_recipes(new_manager()).recipes
    monkeypatch.setenv("CVRECIPES_RECIPES", str(place))
    assert call("show", "qtz").code == 0


# A language that has a recipe


def test_a_built_in_language_starts_as_a_copy_and_says_so(call: Call) -> None:
    done = call("new", "sw")
    assert done.code == 0
    assert "this starts as a copy of it; --extend builds on it, --force starts anew" in done.err
    below = next(one for one in find_recipes(new_manager()).hidden if one.locale == "sw")
    mine = Path("recipes/sw/recipe.toml").read_bytes()
    assert mine == (below.folder / "recipe.toml").read_bytes()


def test_a_built_in_language_is_not_drafted_over(call: Call, tmp_path: Path) -> None:
    done = call("new", "sw", "--name", "Kiswahili")
    assert done.code == 2
    assert re.match(
        r"Swahili \(sw\) has a recipe, .*; improve it with: cvrecipes new sw --copy", done.complaint
    )
    assert files(tmp_path) == set()


def test_a_copy_starts_from_the_built_in_recipe_and_comes_before_it(call: Call) -> None:
    done = call("new", "sw", "--copy")
    assert "it comes before the recipe of built-in: " in done.out
    mine, _ = open_recipe("sw")
    assert mine.origin == "user"
    (below,) = [one for one in find_recipes(new_manager()).hidden if one.locale == "sw"]
    for name in ("recipe.toml", "golden.tsv"):
        assert (mine.folder / name).read_bytes() == (below.folder / name).read_bytes()
    assert call("test", "sw").code == 0


def test_an_extension_is_five_lines_that_change_nothing_yet(call: Call, tmp_path: Path) -> None:
    before, _ = open_recipe("tr")
    done = call("new", "tr", "--extend")
    assert done.code == 0
    assert "it comes before the recipe of built-in: " in done.out
    assert files(tmp_path) == {"recipes/tr/recipe.toml", "recipes/tr/golden.tsv"}
    assert toml(Path("recipes/tr/recipe.toml")) == {"parent": "tr", "alphabet": {}, "text": {}}
    recipe, _ = open_recipe("tr")
    assert (recipe.digest, recipe.status) == (before.digest, before.status)
    assert len(recipe.golden()) == len(before.golden())
    assert call("test", "tr").code == 0


def test_the_examples_in_an_extension_work(call: Call) -> None:
    before, _ = open_recipe("tr")
    call("new", "tr", "--extend")
    path = Path("recipes/tr/recipe.toml")
    lines = path.read_text(encoding="utf-8").splitlines()
    examples = [line.removeprefix("# ") if " = " in line else line for line in lines]
    path.write_text("\n".join(line for line in examples if "steps = " not in line))
    recipe, _ = open_recipe("tr")
    assert recipe.status == "drafted"
    assert recipe.sources == (*before.sources, "who confirms it")
    assert set(recipe.alphabet.letters) == {*before.alphabet.letters, "ê"} - {"j"}


def test_a_package_can_extend_a_recipe(call: Call) -> None:
    assert call("new", "tr", "--extend", "--package").code == 0
    folder = Path("cvrecipes-tr/src/cvrecipes_tr/recipes/tr")
    assert open_folder(folder).digest == open_recipe("tr")[0].digest


@pytest.mark.parametrize(
    ("words", "complaint"),
    [(["tr", "--extend", "--copy"], "--copy and --extend are different starts; leave one out"),
     (["tr", "--extend", "--force"], "--extend and --force are different starts; leave one out"),
     (["tr", "--extend", "--script", "Cyrl"], "--copy and --extend take everything from the exi"),
     (["qtz", "--extend"], "no recipe for 'qtz' to build on; leave --extend out")],
)  # fmt: skip
def test_an_extension_that_cannot_be_meant_is_refused(
    call: Call, tmp_path: Path, words: list[str], complaint: str
) -> None:
    done = call("new", *words)
    assert done.code == 2
    assert done.complaint.startswith(complaint)
    assert files(tmp_path) == set()


def test_a_copy_takes_the_hooks_along(call: Call, tmp_path: Path) -> None:
    call("new", "qtz")
    Path("recipes/qtz/hooks.py").write_text("# code\n")
    call("new", "qtz", "--copy", "--out", "other")
    assert files(tmp_path / "other" / "qtz") == {"recipe.toml", "golden.tsv", "hooks.py"}


def test_force_starts_anew(call: Call) -> None:
    assert call("new", "sw", "--force").code == 0
    recipe, _ = open_recipe("sw")
    assert (recipe.origin, recipe.name, recipe.alphabet.letters) == ("user", "Swahili", ())


def test_there_must_be_something_to_copy(call: Call) -> None:
    done = call("new", "qtz", "--copy")
    assert (done.code, done.complaint) == (2, "no recipe for 'qtz' to copy; leave --copy out")


# From data


def test_a_recipe_is_drafted_from_a_release(call: Call, tmp_path: Path) -> None:
    sentences = (
        "Сiм'я і поле.", "Моя мова.", "Наша мова і поле.", "Мова, сiм'я.", "Твоя сiм'я.", "Поле.",
    )  # fmt: skip
    folder = make_release(tmp_path, "qtz", [Row(text) for text in sentences])
    done = call("new", "qtz", "--from-release", folder, "--name", "Mine")
    assert done.code == 0, done.err
    recipe, _ = open_recipe("qtz")
    assert (recipe.name, recipe.native, recipe.script) == ("Mine", "Mine", "Cyrl")
    assert recipe.rules.lookalikes["i"] == "і"
    assert "о" in recipe.alphabet.letters
    assert call("test", "qtz").code == 0


# Errors


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["Turkish"], "'Turkish' is no Common Voice code; it has two or three small letters"),
        (["PT_br"], "'PT_br' is no Common Voice code; did you mean pt-br?"),
        (["../qtz"], "'../qtz' is no Common Voice code"),
        (["qtz", "--script", "Latin"], "unknown script 'Latin'; did you mean Latn?"),
        (["qtz", "--script", "Xyzx"], "unknown script 'Xyzx'; "),
        (["qtz", "--parent", "latin"], "no parent 'latin'; did you mean _latin?"),
        (["sw", "--copy", "--name", "x"], "--copy and --extend take everything from the"),
        (["qtz", "--from-release", "x", "--script", "Latn"], "--from-release reads script"),
        (["qtz", "--from-release", "nowhere"], "nowhere: there is no such folder"),
        (["qtz", "--user", "--out", "x"], "--user and --out name two places"),
        (["qtz", "--user", "--package"], "a package is installed, it needs no --user"),
        (["qtz", "--package-name", "my package"], "'my package' is no name of a package"),
        (["qtz", "--name", "a\nb"], "'a\\nb' is no name of a language"),
    ],
)
def test_wrong_usage_is_one_line_and_nothing_is_written(
    call: Call, tmp_path: Path, words: list[str], message: str
) -> None:
    done = call("new", *words)
    assert done.code == 2
    assert done.complaint.startswith(message)
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_not_overwritten(call: Call, tmp_path: Path) -> None:
    call("new", "qtz")
    before = {name: (tmp_path / name).read_bytes() for name in files(tmp_path)}
    for words in ([], ["--force"], ["--copy"]):
        done = call("new", "qtz", *words)
        assert done.code == 2
        assert "is there already and is not overwritten" in done.complaint
    assert {name: (tmp_path / name).read_bytes() for name in files(tmp_path)} == before


def test_a_place_that_cannot_be_written_is_one_line(call: Call, tmp_path: Path) -> None:
    (tmp_path / "recipes").write_text("a file\n")
    done = call("new", "qtz")
    assert done.code == 2
    assert re.fullmatch(r"recipes.qtz: cannot be written \(.+\)", done.complaint)


def test_nothing_half_written_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cvrecipes.errors import UsageError

    written: list[Path] = []
    real = Path.write_bytes

    def full(path: Path, data: bytes) -> int:
        if written:
            raise OSError(28, "No space left on device")
        written.append(path)
        return real(path, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(UsageError, match=r"qtz: cannot be written \(No space left"):
        write_folder(tmp_path / "qtz", {"recipe.toml": b"1", "golden.tsv": b"2"})
    assert len(written) == 1
    assert list(tmp_path.iterdir()) == []


# A package


def test_a_package_has_exactly_these_files(call: Call, tmp_path: Path) -> None:
    done = call("new", "qtz", "--package")
    assert files(tmp_path / "cvrecipes-qtz") == PACKAGE
    assert set(done.out.splitlines()[:-1]) == {
        str(Path("cvrecipes-qtz") / path) for path in PACKAGE
    }
    assert done.out.splitlines()[-1].startswith("next: cd cvrecipes-qtz && pip install")


def test_a_package_says_what_it_is_for_and_that_it_has_no_license(call: Call) -> None:
    call("new", "qtz", "--package", "--name", 'Q "é" \\')
    folder = Path("cvrecipes-qtz")
    project = toml(folder / "pyproject.toml")["project"]
    assert project["description"] == 'Q "é" \\ for cvrecipes'
    assert project["dependencies"] == [f"cvrecipes{supported()}"]
    assert project["entry-points"] == {"cvrecipes": {"qtz": "cvrecipes_qtz"}}
    assert "license" not in project
    assert "\n## License\n\nNot chosen yet." in (folder / "README.md").read_text(encoding="utf-8")
    compile((folder / "src/cvrecipes_qtz/__init__.py").read_text(encoding="utf-8"), "x", "exec")


def test_a_package_may_hold_a_copy(call: Call) -> None:
    call("new", "sah", "--package")
    recipe = Path("cvrecipes-sah/src/cvrecipes_sah/recipes/sah")
    assert len(read_golden(recipe / "golden.tsv")) >= 10
    assert check_recipe(open_folder(recipe)) == []


@pytest.mark.parametrize(
    ("version", "requirement"),
    [("0.1.0", ">=0.1,<0.2"), ("0.9.3", ">=0.9,<0.10"), ("2.4", ">=2.4,<3")],
)
def test_a_package_supports_versions_up_to_the_next_incompatible_one(
    version: str, requirement: str
) -> None:
    assert supported(version) == requirement


def test_names_of_packages_become_names_of_modules() -> None:
    check_name("cvrecipes-rm.Sursilv")
    assert module_of("cvrecipes-rm.Sursilv") == "cvrecipes_rm_sursilv"


# Installed


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    return make_environment(tmp_path / "environment")


def test_a_new_package_passes_its_own_tests_installed_for_editing(
    call: Call, tmp_path: Path, environment: Environment
) -> None:
    call("new", "qtz", "--package")
    package = tmp_path / "cvrecipes-qtz"
    environment.install("--editable", package)
    output = environment.call("pytest", "-p", "no:cacheprovider", where=package).stdout
    assert "7 passed" in output
    golden = package / "src/cvrecipes_qtz/recipes/qtz/golden.tsv"
    golden.write_text("a\tb\n", encoding="utf-8")
    output = environment.call("pytest", "-q", where=package, expect=1).stdout
    assert "golden.tsv:1\n  raw       a" in output.replace(os.sep, "/")


def test_the_tests_of_a_new_package_that_is_not_installed_say_so(
    call: Call, tmp_path: Path, environment: Environment
) -> None:
    call("new", "qtz", "--package")
    output = environment.call("pytest", "-q", where=tmp_path / "cvrecipes-qtz", expect=1).stdout
    assert 'not installed; run: pip install -e ".[test]"' in output


def test_a_new_package_passes_its_own_tests_installed_from_a_wheel(
    call: Call, tmp_path: Path, environment: Environment
) -> None:
    call("new", "sah", "--package")
    package = tmp_path / "cvrecipes-sah"
    environment.install(environment.wheel(package, tmp_path / "dist"))
    environment.call("pytest", "-q", "-p", "no:cacheprovider", where=package)
    listed = environment.call("cvrecipes", "show", "sah", where=tmp_path).stdout
    assert re.search(r"^origin +cvrecipes-sah \(.*environment", listed, re.MULTILINE)
    rows = environment.call("cvrecipes", "plugins", where=tmp_path).stdout
    assert re.search(r"^cvrecipes-sah +0\.1\.0 +sah +register_recipes$", rows, re.MULTILINE)
