"""WER in words; loaded for ``zh-TW`` alone."""

from __future__ import annotations

from cvrecipes_zh.words import traditional

from cvrecipes import hookimpl


@hookimpl
def split_words(text: str) -> list[str]:
    """The words of jieba, whose dictionary is asked in Simplified characters."""
    return traditional(text)
