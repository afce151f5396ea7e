"""The packages in plugins/: each passes its own tests, and can be installed and removed."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from support.packages import ROOT, Environment, make_environment

PLUGINS = ROOT / "plugins"
# The example is followed to the letter by the tutorial's tests.
NAMES = sorted(
    folder.parent.name
    for folder in PLUGINS.glob("*/pyproject.toml")
    if folder.parent.name != "cvrecipes-example"
)
_NOT_SOURCE = shutil.ignore_patterns("__pycache__", ".pytest_cache", ".hypothesis", "dist")


def project(name: str) -> dict[str, Any]:
    text = (PLUGINS / name / "pyproject.toml").read_text(encoding="utf-8")
    return dict(tomllib.loads(text)["project"])


def locales(name: str) -> list[str]:
    """The languages whose recipe comes from a package once it is installed."""
    folder = PLUGINS / name / "src" / name.replace("-", "_") / "recipes"
    return sorted(path.parent.name for path in folder.glob("*/recipe.toml"))


def missing(requirement: Requirement, extra: str = "") -> Iterator[str]:
    """What of a requirement, and of the extras it asks for, is not installed here."""
    if requirement.marker is not None and not requirement.marker.evaluate({"extra": extra}):
        return
    try:
        found = distribution(requirement.name)
    except PackageNotFoundError:
        yield str(requirement)
        return
    if not requirement.specifier.contains(found.version, prereleases=True):
        yield f"{requirement} (here is {found.version})"
    for more in requirement.extras:
        for text in found.requires or ():
            if "extra ==" in text:
                yield from missing(Requirement(text), more)


@cache
def packed(name: str, folder: Path) -> Path:
    """The wheel of a package, made from a copy of its source."""
    source = folder / name
    shutil.copytree(PLUGINS / name, source, ignore=_NOT_SOURCE)
    return make_environment(folder / "builder").wheel(source, folder / "dist")


@pytest.fixture(scope="module", params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    """A package whose dependencies are installed."""
    wanted = [Requirement(text) for text in project(request.param)["dependencies"]]
    if lacking := [text for one in wanted for text in missing(one)]:
        pytest.skip(f"{request.param} needs {', '.join(lacking)}")
    try:
        distribution(request.param)
    except PackageNotFoundError:
        return str(request.param)
    pytest.skip(f"{request.param} is installed here; remove it to test it")


@pytest.fixture(scope="module")
def wheel(name: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its wheel."""
    return packed(name, tmp_path_factory.mktemp(name))


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    """A virtual environment without any of the packages."""
    return make_environment(tmp_path / "environment")


def recipes(environment: Environment, where: Path) -> dict[str, dict[str, Any]]:
    listed = json.loads(environment.call("cvrecipes", "list", "--json", where=where).stdout)
    return {row["locale"]: row for row in listed}


def uninstall(environment: Environment, name: str) -> None:
    command = [sys.executable, "-m", "pip", "--python", environment.python, "uninstall", "-y", name]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_package_passes_its_own_tests(
    name: str, wheel: Path, environment: Environment, tmp_path: Path
) -> None:
    environment.install(wheel)
    source = tmp_path / "source"
    shutil.copytree(PLUGINS / name, source, ignore=_NOT_SOURCE)
    output = environment.call("pytest", "-q", "-p", "no:cacheprovider", where=source).stdout
    assert re.search(r"^\d+ passed", output, re.MULTILINE), output
    assert not re.search(r"\d+ (skipped|xfailed)", output), output


def test_installing_changes_list_and_show_and_removing_restores_them(
    name: str, wheel: Path, environment: Environment, tmp_path: Path
) -> None:
    ours = locales(name)
    before = recipes(environment, tmp_path)
    shown = environment.call("cvrecipes", "show", ours[0], where=tmp_path).stdout
    assert {before[locale]["origin"] for locale in ours} == {"built-in"}

    environment.install(wheel)
    after = recipes(environment, tmp_path)
    assert before.keys() == after.keys()
    assert [locale for locale in after if after[locale]["origin"] == name] == ours
    assert {locale for locale in after if after[locale] != before[locale]} == set(ours)
    now = environment.call("cvrecipes", "show", ours[0], where=tmp_path).stdout
    assert re.search(rf"^origin +{name} \(", now, re.MULTILINE)
    assert now.splitlines()[0] == shown.splitlines()[0]
    for locale in ours:
        environment.call("cvrecipes", "test", locale, where=tmp_path)

    uninstall(environment, name)
    assert recipes(environment, tmp_path) == before
    assert environment.call("cvrecipes", "show", ours[0], where=tmp_path).stdout == shown


def test_no_two_packages_have_the_same_language() -> None:
    counted = Counter(locale for name in NAMES for locale in locales(name))
    assert [locale for locale, packages in counted.items() if packages > 1] == []


@pytest.mark.parametrize("package", NAMES)
def test_a_package_says_what_it_is(package: str) -> None:
    facts = project(package)
    assert facts["name"] == package
    assert facts["entry-points"]["cvrecipes"] == {
        package.removeprefix("cvrecipes-"): package.replace("-", "_")
    }
    (core,) = [text for text in facts["dependencies"] if Requirement(text).name == "cvrecipes"]
    assert Requirement(core).specifier == Requirement("cvrecipes>=0.1,<0.2").specifier
    licensed = (PLUGINS / package / "LICENSE").read_text(encoding="utf-8")
    assert facts["license"] == "Apache-2.0"
    assert licensed == (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert f"[{package}]({package})" in (PLUGINS / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("package", NAMES)
def test_the_readme_of_a_package_names_its_languages_and_links_to_what_exists(package: str) -> None:
    readme = (PLUGINS / package / "README.md").read_text(encoding="utf-8")
    assert [locale for locale in locales(package) if f"`{locale}`" not in readme] == []
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", readme):
        assert (PLUGINS / package / target).exists()
    for page, anchor in re.findall(r"blob/main/([^)#]+)#([\w-]+)\)", readme):
        text = (ROOT / page).read_text(encoding="utf-8").lower()
        assert f"# {anchor.replace('-', ' ')}" in text
