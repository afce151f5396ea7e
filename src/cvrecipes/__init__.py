"""cvrecipes: language recipes for Common Voice."""

from __future__ import annotations

from cvrecipes.hookspecs import hookimpl

__version__ = "0.1.0"
__all__ = ["__version__", "hookimpl"]
