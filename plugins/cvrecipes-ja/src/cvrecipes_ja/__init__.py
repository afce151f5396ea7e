"""Japanese for cvrecipes: WER in words, and a step that writes sentences in kana."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from cvrecipes import hookimpl
from cvrecipes_ja.analysis import to_kana

KANA = "ja.kana"
KANA_RECIPES = Path(__file__).parent / "kana"


@hookimpl
def register_recipes(register: Callable[[Path], None]) -> None:
    """Offer ``ja``; the recipe in kana is for ``CVRECIPES_RECIPES``."""
    register(Path(__file__).parent / "recipes")


@hookimpl
def register_steps(register: Callable[[str, Callable[[str], str]], None]) -> None:
    """Offer ``ja.kana``."""
    register(KANA, to_kana)


@hookimpl
def register_commands(cli: Any) -> None:
    """Add ``cvrecipes ja-kana``."""
    import click

    @cli.command("ja-kana")  # type: ignore[untyped-decorator, unused-ignore]
    def ja_kana() -> None:
        """Print the folder of the Japanese recipe in kana, for CVRECIPES_RECIPES."""
        click.echo(str(KANA_RECIPES))
