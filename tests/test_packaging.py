"""What the package declares and what its wheel holds."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "cvrecipes"
# Declared, because transformers and torch import them on behalf of this package.
USED_BY_OTHERS = {"accelerate", "tensorboard"}
# Imported by the pytest plugin, which only pytest loads.
HOSTS = {"pytest"}


def imported() -> set[str]:
    """Packages that src/ imports, by the names they are installed under."""
    names: set[str] = set()
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names.add(node.module or "")
    roots = {name.split(".")[0].replace("_", "-") for name in names}
    return roots - {name.replace("_", "-") for name in sys.stdlib_module_names} - {"cvrecipes"}


def declared(*, extras: bool) -> dict[str, str]:
    """Requirements of pyproject.toml by name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    requirements = list(project["dependencies"])
    if extras:
        requirements += [
            one for extra in project["optional-dependencies"].values() for one in extra
        ]
    return {re.split(r"[^\w.-]", one, maxsplit=1)[0].lower(): one for one in requirements}


def test_what_is_imported_is_declared() -> None:
    assert imported() - HOSTS - declared(extras=True).keys() == set()


def test_what_is_declared_is_used() -> None:
    assert declared(extras=False).keys() - imported() == USED_BY_OTHERS


def test_every_requirement_has_a_lower_bound() -> None:
    assert [one for one in declared(extras=True).values() if ">=" not in one] == []


def test_the_wheel_holds_the_templates_of_the_pages(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    packed = set(zipfile.ZipFile(wheel).namelist())
    templates = [path for path in (SOURCE / "report" / "templates").iterdir() if path.is_file()]
    assert {path.suffix for path in templates} == {".j2", ".css", ".js"}
    assert {f"cvrecipes/report/templates/{path.name}" for path in templates} <= packed
