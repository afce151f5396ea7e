"""Thai for cvrecipes: WER in words, by the dictionary of PyThaiNLP."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from cvrecipes import hookimpl

_READ_ONLY = ("PYTHAINLP_READ_ONLY", "PYTHAINLP_READ_MODE")


@hookimpl
def register_recipes(register: Callable[[Path], None]) -> None:
    """Offer ``th``."""
    register(Path(__file__).parent / "recipes")


def words(text: str) -> list[str]:
    """The words of a normalized text; joined, they are the text without its spaces."""
    cut = _tokenizer()
    return [word for part in text.split() for word in cut(part)]


@lru_cache(maxsize=1)
def _tokenizer() -> Callable[[str], list[str]]:
    # PyThaiNLP makes a folder in the user's home when it is imported, for downloads that
    # newmm does not need; where home cannot be written, the import would fail.
    quiet = not any(name in os.environ for name in _READ_ONLY)
    if quiet:
        os.environ[_READ_ONLY[0]] = "1"
    try:
        from pythainlp.tokenize import word_tokenize

        def cut(part: str) -> list[str]:
            # Broken numbers are joined again by default, which depends on a word's neighbors.
            return list(word_tokenize(part, engine="newmm", join_broken_num=False))

        cut("ไทย")  # reads the dictionary
    finally:
        if quiet:
            del os.environ[_READ_ONLY[0]]
    return cut
