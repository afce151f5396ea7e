"""cvrecipes check: its exit codes, the example of the docs, and no torch."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.usefixtures("cache", "eighty_columns")

Call = Callable[..., Any]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--set", "longes=3"), "did you mean longest"),
        (("--split", "strict-all"), "has no validated.tsv"),
        (("--embed",), "add --html"),
        (("--embed", "--no-audio", "--html", "x.html"), "leave out --embed or --no-audio"),
        (("--html", "nowhere/x.html"), "there is no such folder"),
    ],
)
def test_wrong_usage_is_one_line_and_exits_with_2(
    words: tuple[str, ...], message: str, call: Call, micro_release: Path
) -> None:
    outcome = call("check", "tr", "--data", micro_release, *words)
    assert outcome.code == 2
    assert message in outcome.complaint
    assert outcome.out == ""


def test_a_folder_without_a_release_is_one_line(call: Call, tmp_path: Path) -> None:
    outcome = call("check", "tr", "--data", tmp_path)
    assert outcome.code == 2 and "holds no TSVs" in outcome.complaint


def test_check_imports_no_torch(micro_release: Path, tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from cvrecipes.cli import main\n"
        "try:\n"
        f"    main(['check', 'tr', '--data', {str(micro_release)!r}, '--base', 'tiny',\n"
        f"          '--html', {str(tmp_path / 'a.html')!r}])\n"
        "except SystemExit as end:\n"
        "    assert not {'torch', 'transformers', 'datasets'} & set(sys.modules)\n"
        "    sys.exit(end.code)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    assert re.search(r"^clips used +16 +4 +4$", done.stdout, re.MULTILINE)


def test_the_example_of_the_docs_is_what_is_printed(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (Path(__file__).parents[2] / "docs" / "check.md").read_text(encoding="utf-8")
    example = re.search(r"^## An example\n\n```text\n(.*?)^```$", page, re.M | re.S)
    assert example
    # The folder differs by installation, the recipe's hash by every change to it.
    head, folder, recipe, *rest = call("check", "tr").out.splitlines()
    there, _, documented, *lines = example[1].splitlines()
    assert folder.endswith("cv-corpus-sample/tr") and recipe.startswith("recipe ")
    assert [there, *lines] == [head, *rest]
    assert documented.split()[2:] == recipe.split()[2:]
