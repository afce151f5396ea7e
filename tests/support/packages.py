"""Packages installed for tests: a virtual environment of their own, without the network."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Environment:
    """A virtual environment that has what this one has, and what a test puts into it."""

    folder: Path

    @property
    def python(self) -> str:
        """Its interpreter."""
        windows = os.name == "nt"
        return str(
            self.folder
            / ("Scripts" if windows else "bin")
            / ("python.exe" if windows else "python")
        )

    def call(
        self, *words: str | Path, where: Path, expect: int = 0
    ) -> subprocess.CompletedProcess[str]:
        """Run ``python -m ...`` in a folder."""
        hidden = ("PYTEST_", "CVRECIPES_", "PYTHONPATH")
        variables = {key: value for key, value in os.environ.items() if not key.startswith(hidden)}
        done = subprocess.run(
            [self.python, "-m", *map(str, words)],
            cwd=where,
            env=variables | {"PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == expect, done.stdout + done.stderr
        return done

    def install(self, *what: str | Path) -> None:
        """Install without dependencies, which are there, and without an index."""
        self._pip("install", *what)

    def wheel(self, folder: Path, out: Path) -> Path:
        """Build a wheel of a package."""
        self._pip("wheel", "--wheel-dir", out, folder)
        (wheel,) = out.glob("*.whl")
        return wheel

    def _pip(self, command: str, *words: str | Path) -> None:
        quiet = ("--quiet", "--disable-pip-version-check")
        offline = ("--no-deps", "--no-index", "--no-build-isolation")
        done = subprocess.run(
            [sys.executable, "-m", "pip", "--python", self.python, command, *quiet, *offline]
            + [str(word) for word in words],
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


def make_environment(folder: Path) -> Environment:
    """A virtual environment that sees the packages of this one, entry points included."""
    venv.create(folder, with_pip=False, symlinks=os.name != "nt")
    made = Environment(folder)
    here = sysconfig.get_path("purelib")
    scheme = "nt_venv" if os.name == "nt" else "posix_venv"
    values = {"base": str(folder), "platbase": str(folder)}
    site = Path(sysconfig.get_path("purelib", scheme, values))
    # Reads the .pth files there as well: cvrecipes itself may be installed for editing.
    (site / "tests.pth").write_text(f"import site; site.addsitedir({here!r})\n", encoding="utf-8")
    return made
