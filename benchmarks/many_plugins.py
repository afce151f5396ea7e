"""How long `cvrecipes list` takes beside 20 installed packages with a recipe each.

    python benchmarks/many_plugins.py

The packages are written to a temporary folder as pip would leave them: a module, a recipe
folder, metadata with an entry point and the range of versions they support. Each brings one
recipe, so that the box and they together have 300 and more. Prints medians in seconds.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = 15
PACKAGES = 20
_MODULE = """\
from pathlib import Path

from cvrecipes import hookimpl


@hookimpl
def register_recipes(register):
    register(Path(__file__).parent / "recipes")


@hookimpl
def register_steps(register):
    register("{locale}.same", str)
"""
_RECIPE = """\
name = "Language {number}"
script = "Latn"
parent = "_latin"
status = "generic"

[alphabet]
letters = "a b c d e f g h i j k l m n o p q r s t u v w x y z"

[text]
steps = ["{locale}.same"]
"""


def write_packages(folder: Path) -> None:
    """Twenty installed packages."""
    for number in range(PACKAGES):
        locale = f"q{chr(ord('a') + number)}x"
        module = f"cvrecipes_{locale}"
        recipe = folder / module / "recipes" / locale
        recipe.mkdir(parents=True)
        (folder / module / "__init__.py").write_text(_MODULE.format(locale=locale))
        (recipe / "recipe.toml").write_text(_RECIPE.format(number=number, locale=locale))
        (recipe / "golden.tsv").write_text("Abc!\tabc\n")
        info = folder / f"{module}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.4\nName: cvrecipes-{locale}\nVersion: 1.0\n"
            f"Requires-Dist: cvrecipes>=0.1,<9\n\n# A read-me\n{'text ' * 500}\n"
        )
        (info / "entry_points.txt").write_text(f"[cvrecipes]\n{locale} = {module}\n")


def seconds(command: list[str], environment: dict[str, str]) -> tuple[float, int]:
    """Wall time of one command, and the lines it prints."""
    start = time.perf_counter()
    done = subprocess.run(command, check=True, capture_output=True, env=environment)
    return time.perf_counter() - start, done.stdout.count(b"\n")


def main() -> None:
    """Measure and print."""
    program = shutil.which("cvrecipes") or sys.exit("cvrecipes is not on PATH")
    with tempfile.TemporaryDirectory() as place:
        write_packages(Path(place))
        plain = dict(os.environ)
        many = plain | {"PYTHONPATH": place}
        commands = {
            "list, nothing else installed": (["list"], plain),
            f"list, {PACKAGES} packages": (["list"], many),
            f"normalize, {PACKAGES} packages": (["normalize", "qax", "Abc"], many),
            f"plugins, {PACKAGES} packages": (["plugins"], many),
        }
        measured: dict[str, list[tuple[float, int]]] = {name: [] for name in commands}
        seconds([program, "list"], many)  # compiles the modules
        for _ in range(ROUNDS):
            for name, (words, environment) in commands.items():
                measured[name].append(seconds([program, *words], environment))
    for name, values in measured.items():
        median = statistics.median(value for value, _ in values)
        best = min(value for value, _ in values)
        print(f"{name:30} {median:.3f} s  (best {best:.3f}, {values[0][1]} lines)")


if __name__ == "__main__":
    main()
