"""Lingua Franca Nova for cvrecipes."""

from collections.abc import Callable
from pathlib import Path

from cvrecipes import hookimpl
from cvrecipes_example.numbers import numbers


@hookimpl
def register_recipes(register: Callable[[Path], None]) -> None:
    """Offer the folders below ``recipes``."""
    register(Path(__file__).parent / "recipes")


@hookimpl
def register_steps(register: Callable[[str, Callable[[str], str]], None]) -> None:
    """Offer ``lfn.numbers``."""
    register("lfn.numbers", numbers)


@hookimpl
def register_commands(cli) -> None:
    """Add ``cvrecipes example-words``."""
    from cvrecipes_example.words import example_words

    cli.add_command(example_words)
