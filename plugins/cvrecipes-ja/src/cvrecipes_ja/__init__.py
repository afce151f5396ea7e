"""Japanese for cvrecipes: WER in words, and a step that writes sentences in kana."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cvrecipes import hookimpl
from cvrecipes_ja.analysis import to_kana, words

if TYPE_CHECKING:
    from cvrecipes.recipe import Recipe

LOCALE = "ja"
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


@hookimpl
def split_words(text: str, recipe: Recipe) -> list[str] | None:
    """The short units of Sudachi; None for other languages and for text in kana."""
    if recipe.locale != LOCALE or KANA in (*recipe.rules.first, *recipe.rules.steps):
        return None
    return words(text)
