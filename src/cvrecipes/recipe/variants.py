"""Variants: the ways in which the sentences of one locale are written, and telling them apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Any

import regex

from cvrecipes.text.normalizer import script_letters

# The folder in a recipe folder that holds the recipe of each other variant.
FOLDER = "variants"
# The name of the variant that recipes/<locale>/recipe.toml itself is about.
MAIN = "main"
# The choice that is made by the sentences of a release.
AUTO = "auto"
ANOTHER = "another variant"


@dataclass(frozen=True, slots=True)
class Variant:
    """How the sentences of a variant are recognized.

    Attributes:
        name: ``main``, or the name of its folder below ``variants``.
        script: ISO 15924 code of the script that it is written in.
        patterns: values of a release's column ``variant``; ``*`` stands for any text.
    """

    name: str
    script: str
    patterns: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for JSON."""
        return {**asdict(self), "patterns": list(self.patterns)}


def locale_and_variant(folder: Path) -> tuple[str, str]:
    """The locale and the variant that a recipe folder is of: ``ady/variants/latn``, ``ady``."""
    if folder.parent.name == FOLDER:
        return folder.parent.parent.name, folder.name
    return folder.name, MAIN


def main_folder(folder: Path) -> Path:
    """The folder of the locale's main recipe, which holds those of its other variants."""
    return folder.parent.parent if folder.parent.name == FOLDER else folder


def of_variant(folders: Iterable[Path], variant: str) -> tuple[Path, ...]:
    """The recipe folders that are of one variant.

    Rules and golden pairs are inherited from another variant; what reviewers wrote is not, because
    they judged sentences of theirs alone.
    """
    return tuple(folder for folder in folders if locale_and_variant(folder)[1] == variant)


def variant_folders(folder: Path) -> dict[str, Path]:
    """The folder of each variant of a recipe by name; its main variant is not among them."""
    place = folder / FOLDER
    if not place.is_dir():
        return {}
    return {path.parent.name: path.parent for path in sorted(place.glob("*/recipe.toml"))}


def variant_of(sentence: str, tag: str, variants: Sequence[Variant]) -> str:
    """The name of the variant that a sentence is written in.

    The script that most of its letters belong to decides. Common Voice fills the column
    ``variant`` with what the speaker has chosen, and speakers of one variant are also shown the
    sentences of others; so the column decides only where the script leaves several variants.

    Arguments:
        sentence: as released.
        tag: the value of the column ``variant``, such as ``ady-Latn-TR-t-ady-cyrl``; or empty.
        variants: those of the locale, the main one first. It is taken where nothing decides.
    """
    counts = {script: _letters(script, sentence) for script in {v.script for v in variants}}
    most = max(counts.values())
    left = [variant for variant in variants if counts[variant.script] == most]
    tag = tag.lower()
    for variant in left:
        if any(fnmatchcase(tag, pattern.lower()) for pattern in variant.patterns):
            return variant.name
    return left[0].name


def _letters(script: str, sentence: str) -> int:
    return len(_pattern(script).findall(sentence))


@lru_cache(maxsize=16)
def _pattern(script: str) -> regex.Pattern[str]:
    return regex.compile(script_letters(script))
