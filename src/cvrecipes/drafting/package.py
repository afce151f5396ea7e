"""The files of an installable package that brings one recipe."""

from __future__ import annotations

import re
from collections.abc import Mapping

from cvrecipes import __version__
from cvrecipes.drafting.toml_text import quoted
from cvrecipes.errors import UsageError

_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
_SOURCE = "https://github.com/cvrecipes/cvrecipes"

_PYPROJECT = """\
[build-system]
requires = ["hatchling>=1.27"]
build-backend = "hatchling.build"

[project]
name = {name}
version = "0.1.0"
description = {description}
readme = "README.md"
requires-python = ">=3.11"
# Choose a license, put its text into a file LICENSE, and name it here, such as "Apache-2.0":
# license = ""
# The versions of cvrecipes that this package is made for; others refuse to load it.
dependencies = ["cvrecipes{supported}"]

[project.optional-dependencies]
test = ["pytest>=8.4"]

[project.entry-points.cvrecipes]
{entry} = "{module}"

[tool.hatch.build.targets.wheel]
packages = ["src/{module}"]

[tool.pytest.ini_options]
# The golden pairs below src are tests, too.
testpaths = ["tests", "src"]
"""

_MODULE = '''\
{docstring}

from collections.abc import Callable
from pathlib import Path

from cvrecipes import hookimpl


@hookimpl
def register_recipes(register: Callable[[Path], None]) -> None:
    """Offer the folders below ``recipes``."""
    register(Path(__file__).parent / "recipes")
'''

_TEST = '''\
"""The package as it is installed: its recipe is found and passes the checks of cvrecipes."""

from cvrecipes.catalog import find_recipes
from cvrecipes.plugins import new_manager
from cvrecipes.testing import check_recipe


def test_the_installed_recipe_is_found_and_passes() -> None:
    catalog = find_recipes(new_manager())
    offered = (*catalog.recipes.values(), *catalog.hidden)
    ours = [entry for entry in offered if entry.origin == "{name}"]
    assert ours, 'not installed; run: pip install -e ".[test]"'
    assert [entry.locale for entry in ours] == ["{locale}"]
    assert check_recipe(catalog.read(ours[0])) == []
'''

_README = """\
# {name}

The recipe of {language} (`{locale}`) for [cvrecipes]({source}): how its text is normalized
before a speech recognizer is trained and scored.

## Use it

Install it beside cvrecipes; `cvrecipes list` then shows `{locale}`.

```sh
pip install .
cvrecipes normalize {locale} "some text"
cvrecipes run {locale} --data path/to/cv-corpus/{locale}
```

## Change it

All that is known about the language is in `src/{module}/recipes/{locale}/`: `recipe.toml` has
the alphabet and the rules, `golden.tsv` the pairs of raw and expected text. A rule that needs code
is a function in `steps.py`, which you may add beside them. Each pair is a test:

```sh
pip install -e ".[test]"
pytest
```

## License

Not chosen yet. Put the text of a license into a file `LICENSE`, name it in `pyproject.toml`,
and name it here. Without one nobody else may use the package.
"""

_WORKFLOW = """\
name: test
on: [push, pull_request]
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.13"
      - run: pip install "cvrecipes @ git+{source}"
      - run: pip install ".[test]"
      - run: pytest
"""

_IGNORED = """\
__pycache__/
*.egg-info/
.pytest_cache/
.venv/
/dist/
"""


def check_name(name: str) -> None:
    """Refuse what is no name of a package.

    Raises:
        UsageError: it is none, or cvrecipes itself.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} is no name of a package",
            remedy="use letters, digits and hyphens, such as cvrecipes-sah",
        )
    if module_of(name) == "cvrecipes" or not module_of(name).isidentifier():
        raise UsageError(f"{name!r} cannot be the name of a package", remedy="try cvrecipes-sah")


def module_of(name: str) -> str:
    """The name of a package's Python module."""
    return re.sub(r"[-_.]+", "_", name.lower())


def supported(version: str = __version__) -> str:
    """The range of versions that a package made now supports: to the next incompatible one."""
    major, minor = (int(part) for part in version.split(".")[:2])
    after = f"{major + 1}" if major else f"0.{minor + 1}"
    return f">={major}.{minor},<{after}"


def package(name: str, locale: str, language: str, recipe: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files of a package.

    Arguments:
        name: of the package; `module_of` it is its module.
        language: the English name.
        recipe: the files of the recipe's folder.
    """
    module = module_of(name)
    values = {
        "name": name,
        "module": module,
        "locale": locale,
        "language": language,
        "source": _SOURCE,
    }
    # A name may hold what ends a string in Python, which TOML's strings write as Python does.
    title = f"{language} for cvrecipes."
    docstring = f'"""{title}"""' if not set(title) & set('"\\') else quoted(title)
    project = _PYPROJECT.format(
        name=quoted(name),
        description=quoted(f"{language} for cvrecipes"),
        supported=supported(),
        entry=locale,
        module=module,
    )
    files = {
        "pyproject.toml": project,
        "README.md": _README.format(**values),
        ".gitignore": _IGNORED,
        ".github/workflows/test.yml": _WORKFLOW.format(source=_SOURCE),
        f"src/{module}/__init__.py": _MODULE.format(docstring=docstring),
        "tests/test_recipe.py": _TEST.format(**values),
    }
    inside = {f"src/{module}/recipes/{locale}/{path}": data for path, data in recipe.items()}
    return {path: text.encode() for path, text in files.items()} | inside
