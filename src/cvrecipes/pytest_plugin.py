"""A plugin for pytest: every ``golden.tsv`` beside a ``recipe.toml`` is a file of tests.

Each pair is a test, and the rest of the kit of `cvrecipes.testing` is one more, ``kit``.
Every pytest of the environment loads this module, so it imports nothing of cvrecipes until
such a file is found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest


class _Wrong(Exception):
    """The problem that a test of a recipe has; shown without a traceback."""


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect the golden pairs of a recipe; parents (``_latin``) are no language."""
    if file_path.name != "golden.tsv" or file_path.parent.name.startswith("_"):
        return None
    if not (file_path.parent / "recipe.toml").is_file():
        return None
    collector: pytest.Collector = GoldenFile.from_parent(parent, path=file_path)
    return collector


class GoldenFile(pytest.File):
    """The golden pairs of one recipe, and those that it inherits: ``parent-line-7``."""

    def collect(self) -> Iterator[pytest.Item]:
        """An item for each pair, and one for the kit."""
        from cvrecipes.catalog import open_folder
        from cvrecipes.errors import CvrecipesError
        from cvrecipes.testing import check_pair, check_recipe

        try:
            recipe = open_folder(self.path.parent)
            pairs = recipe.golden()
        except CvrecipesError as error:
            raise self.CollectError(error.message) from None
        paths = list(dict.fromkeys((self.path, *(pair.path for pair in pairs))))
        for pair in pairs:
            yield GoldenItem.from_parent(
                self,
                name=f"{'parent-' * paths.index(pair.path)}line-{pair.line}",
                line=pair.line if pair.path == self.path else 1,
                check=lambda pair=pair: check_pair(recipe, pair),
            )
        yield GoldenItem.from_parent(
            self,
            name="kit",
            line=1,
            check=lambda: "\n".join(check_recipe(recipe, each_pair=False)) or None,
        )


class GoldenItem(pytest.Item):
    """One check of a recipe: a problem it gives is the failure."""

    def __init__(self, *, line: int, check: Callable[[], str | None], **rest: Any) -> None:
        super().__init__(**rest)
        self._line = line
        self._check = check

    def runtest(self) -> None:
        """Run the check."""
        from cvrecipes.errors import CvrecipesError

        try:
            problem = self._check()
        except CvrecipesError as error:
            problem = error.message
        if problem:
            raise _Wrong(problem)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The problem as it is; a traceback for anything else."""
        if isinstance(excinfo.value, _Wrong):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """File, line and name of the test."""
        return self.path, self._line - 1, f"{self.path.parent.name} {self.name}"
