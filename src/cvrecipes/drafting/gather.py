"""What the words of a release show about the writing of their language."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping

from cvrecipes.catalog import Catalog
from cvrecipes.data.characters import EXAMPLES, Sentences
from cvrecipes.drafting import toml_text
from cvrecipes.drafting.write import Apostrophe, Findings, Letters, Repair
from cvrecipes.errors import CvrecipesError, Failure
from cvrecipes.recipe import Recipe
from cvrecipes.text import writing_systems

# The alphabet is what covers so much of the letters, and was seen at least twice.
COVER = 0.9995
LEAST = 2
# An apostrophe belongs to the spelling when at least one word in a thousand has one.
_IN_USE = 0.001
# At an edge of words it does when it is there at least a fifth as often as inside.
_EDGE = 0.2
# Of the letters, for the signs that tell the dotless i and the palochka.
_TELLING = 0.002


class Gatherer:
    """Decides each part of a draft once; later parts use earlier decisions.

    Arguments:
        sentences: what the release holds.
        catalog: the parents there are.
        release: the release's name.

    Raises:
        Failure: the sentences hold no letters.
    """

    def __init__(self, sentences: Sentences, catalog: Catalog, release: str) -> None:
        self.sentences, self.catalog, self.release = sentences, catalog, release
        words: Counter[str] = Counter()
        for sentence in sentences.clips:
            words.update(unicodedata.normalize("NFC", sentence).split())
        self.words: Mapping[str, int] = words
        self.shares = writing_systems.script_shares(words)
        if not self.shares:
            raise Failure("no sentence holds a letter", where=release)
        self.script = writing_systems.writing_of(self.shares, words)
        self.parent = self._choose_parent()

    def first(self, locale: str) -> Findings:
        """Everything except repairs and letters, which need a recipe to normalize with."""
        name, native = _names(locale, self.catalog)
        return Findings(
            locale=locale,
            name=name,
            native=native,
            release=self.release,
            sentences=len(self.sentences.clips),
            files=tuple(self.sentences.files),
            shares=tuple(self.shares),
            script=self.script,
            parent=self.parent,
            case=self._case(),
            apostrophe=self._choose_apostrophe(),
            hyphens=self._hyphens(),
        )

    def find_repairs(self, recipe: Recipe) -> Iterator[Repair]:
        """Letters of a look-alike script in words that are mostly of the main script."""
        if self.script not in writing_systems.CONFUSABLE_SCRIPTS:
            return
        others = [script for script in writing_systems.CONFUSABLE_SCRIPTS if script != self.script]
        usual: Counter[str] = Counter()
        times: Counter[tuple[str, str]] = Counter()
        places: dict[tuple[str, str], list[str]] = {}
        strange: list[tuple[str, str, int]] = []
        for word, number in self.words.items():
            text = recipe.normalizer(word)
            scripts = [writing_systems.script_of(character) for character in text]
            for character in text:
                usual[character] += number
            wrong = sum(script in others for script in scripts)
            if wrong and scripts.count(self.script) > wrong:
                strange.append((word, text, number))
        for word, text, number in strange:
            for character in dict.fromkeys(word):
                if (
                    writing_systems.script_of(character) not in others
                    or character.lower() not in text
                ):
                    continue
                pair = self._partner(character, usual)
                if pair:
                    times[pair] += number
                    places.setdefault(pair, []).append(word)
        for pair, number in sorted(times.items(), key=lambda item: (-item[1], item[0])):
            if number >= LEAST:
                yield Repair(*pair, number, tuple(places[pair][:EXAMPLES]))

    def _partner(self, character: str, usual: Mapping[str, int]) -> tuple[str, str] | None:
        """The letter of the main script that `character` looks like, the most usual first."""
        for sign in dict.fromkeys((character.lower(), character)):
            group = next((group for group in writing_systems.CONFUSABLES if sign in group), "")
            candidates = [
                letter for letter in group if writing_systems.script_of(letter) == self.script
            ]
            if candidates:
                return sign, max(candidates, key=lambda letter: usual.get(letter.lower(), 0))
        return None

    def count_letters(self, recipe: Recipe, apostrophe: str) -> Letters:
        if self.script in writing_systems.OPEN_SCRIPTS:
            return Letters()
        units: Counter[str] = Counter()
        places: dict[str, list[str]] = {}
        for word, times in self.words.items():
            for unit in writing_systems.UNIT.findall(recipe.normalizer(word)):
                if unit == apostrophe:
                    continue
                units[unit] += times
                some = places.setdefault(unit, [])
                if len(some) < EXAMPLES and word not in some:
                    some.append(word)
        letters = {unit: times for unit, times in units.items() if self._is_own(unit)}
        total, covered = sum(letters.values()), 0
        chosen: list[str] = []
        for unit, times in sorted(letters.items(), key=lambda item: (-item[1], item[0])):
            if covered >= COVER * total or times < LEAST:
                break
            chosen.append(unit)
            covered += times
        rare = [
            (unit, times, tuple(places[unit]))
            for unit, times in sorted(units.items(), key=lambda item: (-item[1], item[0]))
            if unit not in chosen
        ]
        chosen.sort(key=lambda unit: (unicodedata.normalize("NFD", unit), unit))
        return Letters(tuple(chosen), tuple(rare), covered / total if total else 0.0)

    def _is_own(self, unit: str) -> bool:
        # Letters of no single script (ʼ, ʻ) and marks of scripts count as the language's own.
        script = writing_systems.script_of(unit[0])
        lonely = len(unit) == 1 and unicodedata.name(unit, "").startswith("COMBINING")
        return script in (self.script, "") and not lonely

    def _choose_parent(self) -> str:
        parent = writing_systems.PARENTS.get(self.script, "")
        letters = Counter[str]()
        near = 0
        for word, times in self.words.items():
            for character in word:
                letters[character] += times
            near += times * len(writing_systems.PALOCHKA.findall(word))
        total = sum(times for character, times in letters.items() if character.isalpha())
        dotless = letters["ı"] > _TELLING * total and letters["İ"] > 0
        if self.script == "Latn" and dotless and letters["ı"] >= LEAST:
            parent = "_turkic"
        # Where і is a letter, a Latin I beside Cyrillic letters is meant to be one.
        if self.script == "Cyrl" and near > max(_TELLING * total, letters["і"]) and near >= LEAST:
            parent = "_palochka"
        return parent if parent in self.catalog.parents else ""

    def _choose_apostrophe(self) -> Apostrophe:
        inside: Counter[str] = Counter()
        examples: list[str] = []
        for word, times in self.words.items():
            signs = writing_systems.INSIDE.findall(word)
            for sign in signs:
                inside[sign] += times
            if signs and len(examples) < EXAMPLES:
                examples.append(word)
        starts, ends = writing_systems.loose_edges(self.sentences.clips)
        least = max(LEAST, _IN_USE * sum(self.words.values()))
        everywhere = sum(inside.values()) + starts + ends
        comments = [
            "An apostrophe between letters: "
            + (
                toml_text.listed(inside) + f"; {toml_text.shown(examples)}."
                if inside
                else "none seen."
            ),
            f"At the edges of words, not as a pair of quotation marks: {starts} at the start, "
            f"{ends} at the end.",
        ]
        if everywhere < least:
            return Apostrophe("", (), (*comments, "Too few to belong to the spelling."))
        if self.parent == "_turkic":
            return Apostrophe("", (), (*comments, "The parent joins the parts."))
        modifiers = {sign: inside[sign] for sign in writing_systems.MODIFIERS if inside[sign]}
        if sum(modifiers.values()) * 4 >= sum(inside.values()) > 0:
            sign, why = max(modifiers, key=lambda s: modifiers[s]), "it is the letter in use"
        elif self.script == "Cyrl":
            sign, why = "ʼ", "Cyrillic spellings have U+02BC"
        else:
            sign, why = "'", "right where it marks an elision; use ʼ (U+02BC) where it is a sound"
        edges = tuple(
            edge
            for edge, times in (("start", starts), ("end", ends))
            if times >= max(least, _EDGE * sum(inside.values()))
        )
        comments.append(f"All become {toml_text.point(sign)}: {why}.")
        comments.append('Where it is not written with care, "" joins the parts, " " splits them.')
        return Apostrophe(sign, edges, tuple(comments))

    def _hyphens(self) -> str:
        words = [
            (word, times)
            for word, times in self.words.items()
            if writing_systems.HYPHEN.search(word)
        ]
        words.sort(key=lambda item: (-item[1], item[0]))
        number = sum(times for _, times in words)
        share = number / max(1, sum(self.words.values()))
        some = f", {toml_text.shown(word for word, _ in words[:5])}" if words else ""
        return f"{number} ({share:.2%}){some}"

    def _case(self) -> str:
        if self.script == "Grek":
            return "greek"
        letters = {letter for word in self.words for letter in word}
        cased = any(x.upper() != x for x in letters if writing_systems.script_of(x) == self.script)
        return "default" if cased else "none"


def _names(locale: str, catalog: Catalog) -> tuple[str, str]:
    """English and own name, of the existing recipe; the locale when there is none."""
    entry = catalog.recipes.get(locale)
    if entry is not None:
        try:
            recipe = catalog.read(entry)
        except CvrecipesError:
            return locale, locale
        return recipe.name, recipe.native
    return locale, locale
