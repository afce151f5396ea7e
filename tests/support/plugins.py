"""Plugins for tests: modules with hooks, folders with recipes, packages as pip leaves them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from cvrecipes import hookimpl


def put_recipe(folder: Path, locale: str, more: str = "") -> Path:
    """A small recipe of `locale` in `folder`."""
    target = folder / locale
    target.mkdir(parents=True)
    (target / "recipe.toml").write_text(
        f'name = "{folder.name}"\nscript = "Latn"\nstatus = "generic"\n{more}'
    )
    return folder


def plugin(name: str, **hooks: Callable[..., Any]) -> ModuleType:
    """A module with hook implementations, as a distribution would bring it."""
    module = ModuleType(name)
    for hook, function in hooks.items():
        setattr(module, hook, hookimpl(function))
    return module


def with_recipes(name: str, folder: Path) -> ModuleType:
    def register_recipes(register: Callable[[Path], None]) -> None:
        register(folder)

    return plugin(name, register_recipes=register_recipes)


def with_step(name: str, step: str) -> ModuleType:
    def register_steps(register: Callable[[str, Callable[[str], str]], None]) -> None:
        register(step, str.swapcase)

    return plugin(name, register_steps=register_steps)


def put_package(folder: Path, name: str, hooks: str, requires: str = "cvrecipes") -> None:
    """A package as pip leaves it in a folder of packages."""
    module = name.replace("-", "_")
    (folder / f"{module}.py").write_text(f"from cvrecipes import hookimpl\n{hooks}")
    info = folder / f"{module}-1.5.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.4\nName: {name}\nVersion: 1.5\nRequires-Dist: {requires}\n"
    )
    (info / "entry_points.txt").write_text(f"[cvrecipes]\n{module} = {module}\n")
