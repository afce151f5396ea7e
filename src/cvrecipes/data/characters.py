"""What a release's sentences hold that the recipe's alphabet does not."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import regex

from cvrecipes.data.tables import read_table
from cvrecipes.errors import Failure
from cvrecipes.recipe import Recipe
from cvrecipes.records import SPLITS, Release

EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Sentences:
    """The sentences of a release as they were released, each with its number of clips.

    Attributes:
        files: names of the TSVs that were read.
        clips: clips of each sentence, in the order of the files.
    """

    files: tuple[str, ...]
    clips: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Seen:
    """A character of the normalized text, and where it came from.

    Attributes:
        sentences: number of different sentences that hold it.
        clips: number of clips of these sentences.
        examples: up to three of the sentences, as released.
    """

    character: str
    sentences: int
    clips: int
    examples: tuple[str, ...]

    @property
    def point(self) -> str:
        """The code point, such as ``U+0130``."""
        return f"U+{ord(self.character):04X}"

    @property
    def name(self) -> str:
        """The name that Unicode gives it; empty when it has none."""
        return unicodedata.name(self.character, "")

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for JSON."""
        return {
            "character": self.character,
            "code_point": self.point,
            "name": self.name,
            "sentences": self.sentences,
            "clips": self.clips,
            "examples": list(self.examples),
        }


@dataclass(frozen=True, slots=True)
class Characters:
    """What `find_characters` found.

    Attributes:
        seen: the characters outside the alphabet, or all of them when the recipe has no
            alphabet; most frequent first.
        affected: number of different sentences that hold one of them.
        unseen: letters and marks of the alphabet that no sentence holds.
    """

    seen: tuple[Seen, ...]
    affected: int
    unseen: tuple[str, ...]


def read_sentences(release: Release) -> Sentences:
    """Every sentence of validated.tsv; without that file, of train, dev and test.

    Raises:
        Failure: a file cannot be read, has no column ``sentence``, or there is no sentence.
    """
    names = [name for name in ("validated",) if name in release.tables] or [
        name for name in SPLITS if name in release.tables
    ]
    clips: Counter[str] = Counter()
    for name in names:
        sentences = read_table(release, name).rows["sentence"].to_pylist()
        clips.update(sentence for sentence in sentences if sentence.strip())
    if not clips:
        raise Failure("holds no sentence", where=release.folder)
    files = dict.fromkeys(release.tables[name].name for name in names)
    return Sentences(tuple(files), clips)


def find_characters(recipe: Recipe, sentences: Mapping[str, int]) -> Characters:
    """Normalize every sentence and look for what the alphabet does not cover.

    Arguments:
        sentences: number of clips of each sentence as released. Those that are written in
            another variant of the language do not count.
    """
    alphabet, normalize = recipe.alphabet, recipe.normalizer
    signs = (*alphabet.letters, *alphabet.marks)
    # The longest letter that fits is the one that was read, as in `Alphabet.outside`.
    clusters = sorted((sign for sign in signs if len(sign) > 1), key=len, reverse=True)
    pattern = regex.compile("|".join(map(regex.escape, clusters)))
    number: Counter[str] = Counter()
    clips: Counter[str] = Counter()
    examples: dict[str, list[str]] = {}
    present: set[str] = set()
    affected = 0
    for raw, times in sentences.items():
        if recipe.another_variant(raw, "") is not None:
            continue
        text = normalize(raw)
        outside: Iterable[str] = alphabet.outside(text) if alphabet else set(text) - {" "}
        if clusters:
            present.update(pattern.findall(text))
            text = pattern.sub("", text)
        present.update(text)
        affected += bool(outside)
        for character in outside:
            number[character] += 1
            clips[character] += times
            if number[character] <= EXAMPLES:
                examples.setdefault(character, []).append(raw)
    order = sorted(number, key=lambda character: (-number[character], character))
    return Characters(
        seen=tuple(Seen(c, number[c], clips[c], tuple(examples[c])) for c in order),
        affected=affected,
        unseen=tuple(sign for sign in signs if sign not in present),
    )
