"""Lingua Franca Nova for cvrecipes."""

from collections.abc import Callable
from pathlib import Path

from cvrecipes import hookimpl


@hookimpl
def register_recipes(register: Callable[[Path], None]) -> None:
    """Offer the folders below ``recipes``."""
    register(Path(__file__).parent / "recipes")


@hookimpl
def register_commands(cli) -> None:
    """Add ``cvrecipes example-words``."""
    from cvrecipes_example.words import example_words

    cli.add_command(example_words)
