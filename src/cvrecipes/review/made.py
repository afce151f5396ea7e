"""Words made up to show a rule that no sentence at hand shows.

A word of the language is changed so that the rule has to act: ``kalem`` with a Cyrillic letter in
it for a look-alike, or in capitals. Each made-up text is tried; one that does not show its rule is
not used.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice, pairwise

import regex

from cvrecipes.errors import CvrecipesError
from cvrecipes.recipe import Recipe
from cvrecipes.review.rules import JOINERS, OUTSIDE, TABLES, Rule, Shown, capitals, shown_by

# A vowel sign of a Brahmic script that no consonant carries. A vowel sign may follow another, as
# in Myanmar and Khmer. Source: Indic_Syllabic_Category of the Unicode Character Database.
_STRAY_VOWEL = regex.compile(
    r"(?:^|[\p{InSC=Vowel_Independent}\p{InSC=Virama}\p{InSC=Invisible_Stacker}]|[^\p{L}\p{M}])"
    r"[\p{InSC=Vowel_Dependent}&&\p{M}]"
    # A letter of Myanmar that ends a syllable, or carries another, where no syllable is before it;
    # a sign that joins a letter to no other.
    r"|(?:^|[\s\u103a])\p{Script=Myanmar}[\u1039\u103a]"
    r"|\p{InSC=Invisible_Stacker}(?!\p{L})",
    regex.VERSION1,
)
_LOOSE_MARK = regex.compile(r"\p{M}")
_FIRST_VOWEL = regex.compile(r"\p{InSC=Vowel_Independent}$")
# Where a sign of these letters stands inside a word, the word is none of the language.
_LETTERS = regex.compile(r"\p{L}{2}|\p{L}\p{M}|[\p{InSC=Consonant}\p{InSC=Vowel_Independent}]")
# Signs of Myanmar that are words.
_WORD_SIGN = regex.compile("[\u104c-\u104f]")
_WORD = regex.compile(r"[\p{L}\p{M}]+")
# A consonant or letter with all that belongs to its syllable, stacked consonants included.
_SYLLABLE = regex.compile(
    r"\P{M}(?:\p{M}|(?<=[\p{InSC=Virama}\p{InSC=Invisible_Stacker}])\p{L})*"
    r"(?:\p{L}[\p{InSC=Pure_Killer}])*|\p{M}+"
)
_TRIES = 12
_WORDS_IN_ONE = 4
_SHORTEST, _LONGEST = 3, 9
_ACCENTS = "\u0301\u0302\u0308\u030c\u0300\u0304\u0306"
_FOREIGN = "éüøłåñêàžwqxжыюλωا"
# What a step of a language's own may act on: look-alikes, marks, joiners and signs.
_PROBES = "аеосрхіaeopcxyiIl1\u0301\u0300\u064e\u0651\u0640\u200d\u200c،。・'’ʼ·:-/"


def made_up(
    recipe: Recipe, missing: Sequence[Rule], texts: Iterable[str]
) -> Iterator[tuple[str, Shown]]:
    """Texts of made-up words, a few for each kind of rule, with what they show.

    Arguments:
        missing: the rules to show.
        texts: normalized texts of the language, for their words.
    """
    vocabulary = _vocabulary(recipe, texts)
    words: dict[str, list[str]] = {}
    for rule in missing:
        word = next((w for w in _tries(recipe, rule, vocabulary) if _shows(recipe, w, rule)), None)
        if word is not None:
            kind = rule.kind if rule.kind in (*TABLES, "delete", "lower") else str(rule)
            words.setdefault(kind, []).append(word)
    for group in words.values():
        different = [*dict.fromkeys(group)]
        for start in range(0, len(different), _WORDS_IN_ONE):
            raw = " ".join(different[start : start + _WORDS_IN_ONE])
            yield raw, shown_by(recipe, raw)


def _vocabulary(recipe: Recipe, texts: Iterable[str]) -> list[str]:
    """Words that are good to change: of the language, short and of letters alone."""
    every = dict.fromkeys(word for text in texts for word in text.split())
    good = [w for w in every if _SHORTEST <= len(w) <= _LONGEST and _WORD.fullmatch(w)]
    return [w for w in good or every if recipe.normalizer.reason(w) is None]


def _shows(recipe: Recipe, raw: str, rule: Rule) -> bool:
    try:
        shown = shown_by(recipe, raw)
    except CvrecipesError:
        return False
    left_out = shown.reason is not None and rule.kind != "reason"
    return rule in shown.rules and not left_out and not _STRAY_VOWEL.search(shown.text)


def _tries(recipe: Recipe, rule: Rule, vocabulary: Sequence[str]) -> Iterator[str]:
    """Texts that may show a rule, the most natural first."""
    if rule.kind in TABLES:
        table: Mapping[str, str] = getattr(recipe.rules, rule.kind)
        yield from _with_entry(rule.entry, table[rule.entry], vocabulary)
        return
    if rule.kind in ("delete", "kept"):
        yield from _inserted(vocabulary, rule.entry)
        return
    words = vocabulary[:_TRIES]
    if rule.kind == "lower":
        small = {"I": "ı", "İ": "i"}.get(rule.entry, "")
        yield from (capitals(recipe, word)[-1] for word in vocabulary if small in word)
    elif rule.kind in ("step", "quotations"):
        for word, other in pairwise(words):
            yield f"‘{word} {other},’ {word}"
            yield f"'{word} {other},' {word}"
        for word in words:
            yield from (word.replace(letter, probe, 1) for probe in _PROBES for letter in word[1:3])
            place = _middle(word)
            yield from (word[:place] + probe + word[place:] for probe in _PROBES)
    else:
        yield from _of_sign(recipe, rule, words)


def _of_sign(recipe: Recipe, rule: Rule, words: Sequence[str]) -> Iterator[str]:
    """Texts for the rules of signs, of digits and of foreign letters."""
    for word, other in zip(words, [*words[1:], *words[:1]], strict=True):
        if rule.kind == "apostrophe":
            yield from (f"{word}’{other}",) if rule.entry == "inside" else (f"‘{word}’ {other}",)
        elif rule.kind == "edge":
            yield f"’{word}" if rule.entry == "start" else f"{word}’ {other}"
        elif rule.kind == "hyphen":
            yield f"{word}-{other}"
        elif rule.kind == "punctuation":
            yield f"“{word}, {other}!”"
        elif rule.kind == "invisible":
            yield f"{word[: _middle(word)]}\u00ad{word[_middle(word) :]}"
        elif rule.kind == "compose":
            yield unicodedata.normalize("NFD", word)
            yield f"{word}\u037e {other}"  # the Greek question mark, a semicolon in NFC
        elif rule.kind == "compatibility":
            yield f"{word}\u2011{other}"  # the non-breaking hyphen
        elif rule.kind == "reason" and rule.entry == OUTSIDE:
            yield from (f"{word}{letter}" for letter in _FOREIGN)
        elif rule.kind == "reason":
            yield f"{word} 5"
        elif rule.kind == "fold":
            accented = (unicodedata.normalize("NFC", word[0] + accent) for accent in _ACCENTS)
            yield from (letter + word[1:] for letter in (*accented, *_FOREIGN))


def _with_entry(key: str, value: str, vocabulary: Sequence[str]) -> Iterator[str]:
    """Words with a key of a table where its value stood, or inside a word."""
    if value:
        holding = (word for word in vocabulary if value in word)
        yield from (word.replace(value, key, 1) for word in islice(holding, _TRIES))
        if not any(sign in JOINERS or unicodedata.category(sign)[0] not in "PZ" for sign in value):
            yield from (f"{word}{key} {other}" for word, other in pairwise(vocabulary[:_TRIES]))
    yield from _inserted(vocabulary, key)


def _inserted(vocabulary: Sequence[str], sign: str) -> Iterator[str]:
    words = vocabulary[:_TRIES]
    if _LOOSE_MARK.match(sign):
        for word in words:
            yield from (word[:place] + sign + word[place:] for place in _bare(word))
    elif _FIRST_VOWEL.match(sign):
        yield from (sign + word for word in words)
    elif _WORD_SIGN.match(sign):
        yield from (word + sign for word in words)
    elif not _LETTERS.search(sign):
        yield from (word[: _middle(word)] + sign + word[_middle(word) :] for word in words)
    for word in words:
        yield from (f"{word} {sign}", f"{sign} {word}")
    for word, other in pairwise(vocabulary[:_TRIES]):
        yield f"{word}{sign} {other}"
    yield sign


def _middle(word: str) -> int:
    """A place about the middle of a word that tears no sign from its letter."""
    ends: list[int] = [match.end() for match in _SYLLABLE.finditer(word)]
    return min(ends[:-1] or ends or [0], key=lambda end: abs(2 * end - len(word)))


def _bare(word: str) -> Iterator[int]:
    """The places behind letters that carry no sign."""
    for match in _SYLLABLE.finditer(word):
        if len(match[0]) == 1:
            yield match.end()
