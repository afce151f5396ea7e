"""Prompts for synthetic speech in languages nobody has written sentences for.

The words come from CLDR (names of languages, territories, scripts, currencies,
months and units), read through Babel, so any of its locales has some hundred to
some thousand real words. `Prompts` strings them together, mixed with invented
words that follow the same letter statistics. The result is pronounceable, not
meaningful; it is for exercising a pipeline and for training acoustics, where the
absence of a language's own word order is a virtue.
"""

from __future__ import annotations

import random
from collections import defaultdict

import regex

from cvrecipes.errors import Failure

_WORD = regex.compile(r"[\p{L}\p{M}’'ʼ\u200c\u200d]{2,16}")
_END = ""


def cldr_words(locale: str) -> list[str]:
    """Distinct words of CLDR's display names for `locale`, sorted.

    Raises:
        Failure: Babel is not installed or CLDR has no such locale.
    """
    try:
        from babel import Locale, UnknownLocaleError
    except ImportError:
        raise Failure(
            "Babel, which brings CLDR's words, is not installed",
            remedy="pip install 'cvrecipes[sample]'",
        ) from None
    try:
        names = Locale.parse(locale.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        raise Failure(
            f"CLDR has no words for {locale!r}",
            remedy="give sentences of your own with --text FILE",
        ) from None
    phrases: list[str] = [
        *names.languages.values(),
        *names.territories.values(),
        *names.scripts.values(),
        *names.currencies.values(),
    ]
    for context in names.months.values():
        for width in ("wide",):
            phrases.extend(context.get(width, {}).values())
    for context in names.days.values():
        phrases.extend(context.get("wide", {}).values())
    for forms in names.unit_display_names.values() if hasattr(names, "unit_display_names") else ():
        phrases.extend(str(form) for form in forms.values())
    return sorted({word for phrase in phrases for word in _WORD.findall(phrase)})


class Prompts:
    """Sentences of real and invented words.

    Arguments:
        words: the words to draw from and to learn letter statistics from.
        rng: source of randomness; the same seed gives the same prompts.
        invented: share of invented words, 0 to 1.
    """

    def __init__(self, words: list[str], rng: random.Random, invented: float = 0.5) -> None:
        if not words:
            raise Failure("no words to make prompts of")
        self._words = words
        self._rng = rng
        self._invented = invented
        self._next: dict[str, list[str]] = defaultdict(list)
        for word in words:
            padded = "  " + word.lower()
            for index in range(2, len(padded)):
                self._next[padded[index - 2 : index]].append(padded[index])
            self._next[padded[-2:]].append(_END)

    def word(self) -> str:
        """A word: from the list, or invented from its letter trigrams."""
        if self._rng.random() >= self._invented:
            return self._rng.choice(self._words)
        word = ""
        while len(word) < 14:
            letter = self._rng.choice(self._next[("  " + word)[-2:]])
            if letter == _END:
                break
            word += letter
        return word if len(word) > 1 else self._rng.choice(self._words)

    def sentence(self, shortest: int = 3, longest: int = 8) -> str:
        """A sentence of `shortest` to `longest` words, capital first, full stop last."""
        words = [self.word() for _ in range(self._rng.randint(shortest, longest))]
        text = " ".join(words)
        return text[0].upper() + text[1:] + "."
