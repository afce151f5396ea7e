"""The command line. Nothing here imports torch; commands do, when they need tensors."""

from __future__ import annotations

from cvrecipes.cli.main import cli, main

__all__ = ["cli", "main"]
