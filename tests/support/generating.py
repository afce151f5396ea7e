"""Running the tools that write pages of the docs."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

TOOLS = Path(__file__).parents[2] / "tools"


def check_page_of(tool: str) -> None:
    """Fail unless a tool finds its pages as it would write them, without importing torch."""
    code = (
        "import runpy, sys\n"
        f"sys.path.insert(0, {str(TOOLS)!r})\n"
        f"sys.argv = [{tool!r}, '--check']\n"
        "try:\n"
        f"    runpy.run_path({str(TOOLS / tool)!r}, run_name='__main__')\n"
        "except SystemExit as end:\n"
        "    assert 'torch' not in sys.modules, 'torch was imported'\n"
        "    raise\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def names_of(tool: str) -> dict[str, Any]:
    """What a tool defines, without running it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(TOOLS))
        return runpy.run_path(str(TOOLS / tool))
