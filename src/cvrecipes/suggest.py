"""A first draft of a recipe, made from the sentences of a release, for a person to review.

The draft says what it saw in comments: every decision that text alone cannot settle is
left to the reader, with the counts that it needs.
"""

from __future__ import annotations

import re
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from cvrecipes import draft_text, writing_systems
from cvrecipes.data.characters import EXAMPLES, Sentences
from cvrecipes.errors import CvrecipesError, Failure, UsageError
from cvrecipes.plugins import Shelf, read_found
from cvrecipes.recipe import Recipe, read_recipe

# The alphabet is what covers so much of the letters, and was seen at least twice.
COVER = 0.9995
LEAST = 2
PAIRS = 5
# An apostrophe belongs to the spelling when at least one word in a thousand has one.
_IN_USE = 0.001
# At an edge of words it does when it is there at least a fifth as often as inside.
_EDGE = 0.2
# Of the letters, for the signs that tell the dotless i and the palochka.
_TELLING = 0.002
_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Draft:
    """A drafted recipe: the contents of its two files."""

    locale: str
    recipe: str
    golden: str


@dataclass(frozen=True, slots=True)
class _Apostrophe:
    """The apostrophe of a language: none when `sign` is empty."""

    sign: str
    edges: tuple[str, ...]
    comments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Repair:
    """A letter of another script inside words, and what it was probably meant to be."""

    wrong: str
    right: str
    times: int
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Letters:
    """The alphabet, and what is not in it with its counts and the words that hold it."""

    chosen: tuple[str, ...]
    rare: tuple[tuple[str, int, tuple[str, ...]], ...]
    covered: float


def suggest(locale: str, sentences: Sentences, shelf: Shelf, release: str) -> Draft:
    """Draft a recipe.

    Arguments:
        locale: its name, a Common Voice code.
        sentences: what the release holds.
        shelf: the parents and steps there are; a recipe of `locale` lends its names.
        release: the release's name, for comments.

    Raises:
        UsageError: `locale` cannot be a folder's name.
        Failure: the sentences hold no letters.
    """
    if not re.fullmatch(r"[A-Za-z0-9]+(-[A-Za-z0-9]+)*", locale):
        raise UsageError(f"{locale!r} is no Common Voice code")
    words: Counter[str] = Counter()
    for sentence in sentences.clips:
        words.update(unicodedata.normalize("NFC", sentence).split())
    return _Drafter(locale, sentences, words, shelf, release).draft()


class _Drafter:
    """One draft: each part is decided once, with what was decided before."""

    def __init__(
        self,
        locale: str,
        sentences: Sentences,
        words: Mapping[str, int],
        shelf: Shelf,
        release: str,
    ) -> None:
        self.locale, self.sentences, self.words = locale, sentences, words
        self.shelf, self.release = shelf, release
        self.name, self.native = _names(locale, shelf)
        shares = writing_systems.script_shares(words)
        if not shares:
            raise Failure("no sentence holds a letter", where=release)
        self.script = writing_systems.writing_of(shares, words)
        self.shares = shares
        self.parent = self._choose_parent()
        self.apostrophe = self._choose_apostrophe()
        self.repairs: tuple[_Repair, ...] = ()
        self.letters = _Letters((), (), 0.0)

    def draft(self) -> Draft:
        """Repairs, then the alphabet of the repaired text, then pairs."""
        self.repairs = tuple(self._find_repairs(self._open()))
        self.letters = self._count_letters(self._open())
        recipe = self._open()
        wrong = {x for x in recipe.alphabet.letters if recipe.normalizer(x) != x}
        if wrong:
            kept = tuple(letter for letter in self.letters.chosen if letter not in wrong)
            self.letters = _Letters(kept, self.letters.rare, self.letters.covered)
            recipe = self._open()
        return Draft(self.locale, self._text(), self._golden(recipe))

    def _open(self) -> Recipe:
        """The draft so far, read as any other recipe is."""
        with tempfile.TemporaryDirectory(prefix="cvrecipes-") as place:
            folder = Path(place) / self.locale
            folder.mkdir()
            (folder / "recipe.toml").write_text(self._text(), encoding="utf-8", newline="\n")
            return read_recipe(
                folder, origin="draft", steps=self.shelf.steps, parents=self.shelf.parents
            )

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
        return parent if parent in self.shelf.parents else ""

    def _choose_apostrophe(self) -> _Apostrophe:
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
                draft_text.listed(inside) + f"; {draft_text.shown(examples)}."
                if inside
                else "none seen."
            ),
            f"At the edges of words, not as a pair of quotation marks: {starts} at the start, "
            f"{ends} at the end.",
        ]
        if everywhere < least:
            return _Apostrophe("", (), (*comments, "Too few to belong to the spelling."))
        if self.parent == "_turkic":
            return _Apostrophe("", (), (*comments, "The parent joins the parts."))
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
        comments.append(f"All become {draft_text.point(sign)}: {why}.")
        comments.append('Where it is not written with care, "" joins the parts, " " splits them.')
        return _Apostrophe(sign, edges, tuple(comments))

    def _find_repairs(self, recipe: Recipe) -> Iterator[_Repair]:
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
                yield _Repair(*pair, number, tuple(places[pair][:EXAMPLES]))

    def _partner(self, character: str, usual: Mapping[str, int]) -> tuple[str, str] | None:
        """The letter of the main script that `character` looks like, the most usual first."""
        for sign in dict.fromkeys((character.lower(), character)):
            group = next((group for group in writing_systems.CONFUSABLES if sign in group), "")
            own = [letter for letter in group if writing_systems.script_of(letter) == self.script]
            if own:
                return sign, max(own, key=lambda letter: usual.get(letter.lower(), 0))
        return None

    def _count_letters(self, recipe: Recipe) -> _Letters:
        if self.script in writing_systems.OPEN_SCRIPTS:
            return _Letters((), (), 0.0)
        units: Counter[str] = Counter()
        places: dict[str, list[str]] = {}
        for word, times in self.words.items():
            for unit in writing_systems.UNIT.findall(recipe.normalizer(word)):
                if unit == self.apostrophe.sign:
                    continue
                units[unit] += times
                some = places.setdefault(unit, [])
                if len(some) < EXAMPLES and word not in some:
                    some.append(word)
        own = {unit: times for unit, times in units.items() if self._is_own(unit)}
        total, covered = sum(own.values()), 0
        chosen: list[str] = []
        for unit, times in sorted(own.items(), key=lambda item: (-item[1], item[0])):
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
        return _Letters(tuple(chosen), tuple(rare), covered / total if total else 0.0)

    def _is_own(self, unit: str) -> bool:
        # Letters of no single script (ʼ, ʻ) and marks of scripts count as the language's own.
        script = writing_systems.script_of(unit[0])
        lonely = len(unit) == 1 and unicodedata.name(unit, "").startswith("COMBINING")
        return script in (self.script, "") and not lonely

    def _text(self) -> str:
        return "\n".join(line.rstrip() for line in self._lines()) + "\n"

    def _lines(self) -> Iterator[str]:
        count = len(self.sentences.clips)
        yield from draft_text.comment(
            f"Drafted by cvrecipes suggest from {count} different sentences of {self.release} "
            f"({', '.join(self.sentences.files)}); not reviewed. What to do next:"
        )
        yield from draft_text.comment(
            "1. Find out how the language is written: an orthography, CLDR."
        )
        yield from draft_text.comment(
            "2. Go through the comments below and decide; correct golden.tsv."
        )
        yield from draft_text.comment(
            "3. Name what you used in sources, then change status to drafted."
        )
        yield from draft_text.comment(f"4. Run cvrecipes test {self.locale}, and cvrecipes show "
                            f"{self.locale} --data on the release.")  # fmt: skip
        if self.name == self.locale:
            yield from draft_text.comment(
                "The name was not known: write the English and the own name."
            )
        yield f"name = {draft_text.quoted(self.name)}"
        yield f"native = {draft_text.quoted(self.native)}"
        shares = ", ".join(f"{script} {share:.2%}" for script, share in self.shares[:4])
        yield from draft_text.comment(f"Letters by script: {shares}.")
        yield f"script = {draft_text.quoted(self.script)}"
        if self.parent:
            yield f"parent = {draft_text.quoted(self.parent)}"
        yield 'status = "generic"'
        if self.script in writing_systems.OPEN_SCRIPTS and not self.parent:
            yield 'headline = "cer"'
        notes = f"Drafted from the text of {self.release}; not reviewed."
        yield f"notes = {draft_text.quoted(notes)}"
        yield from self._alphabet_lines()
        yield from self._rule_lines()
        yield from self._repair_lines()

    def _alphabet_lines(self) -> Iterator[str]:
        yield ""
        if self.script in writing_systems.OPEN_SCRIPTS:
            yield from draft_text.comment(
                "A script of many signs: they are learned from the training text."
            )
        if not self.letters.chosen and not self.apostrophe.sign:
            return
        yield "[alphabet]"
        if self.letters.chosen:
            yield from draft_text.comment(
                f"{len(self.letters.chosen)} letters cover {self.letters.covered:.2%}. They are in "
                "the order of Unicode: give them the language's own, and add what is missing."
            )
            yield f"letters = {draft_text.quoted(' '.join(self.letters.chosen))}"
        if self.apostrophe.sign and self.letters.chosen:
            yield f"marks = {draft_text.quoted(self.apostrophe.sign)}"
        if self.letters.rare:
            yield from draft_text.comment("Seen too, but rare or of another script:")
            for unit, times, words in self.letters.rare[:_SHOWN]:
                script = writing_systems.script_of(unit[0])
                other = f", {script}" if script not in (self.script, "") else ""
                yield from draft_text.comment(
                    f"  {draft_text.point(unit)}{other}: {times}, {draft_text.shown(words)}"
                )
            if len(self.letters.rare) > _SHOWN:
                yield from draft_text.comment(f"  and {len(self.letters.rare) - _SHOWN} more")
            if self.parent in ("_latin", "_cyrillic", "_turkic", "_palochka"):
                yield from draft_text.comment(
                    "The parent folds those with a base letter in the alphabet."
                )

    def _rule_lines(self) -> Iterator[str]:
        yield ""
        yield "[text]"
        if not self.parent:
            yield f"case = {draft_text.quoted(self._case())}"
        if self.script in writing_systems.STEPS:
            steps = writing_systems.STEPS[self.script]
            yield from draft_text.comment(
                f"Named steps that languages of this script may need: {steps}."
            )
        for comment in self.apostrophe.comments:
            yield from draft_text.comment(comment)
        if self.apostrophe.sign:
            yield f"apostrophe = {draft_text.quoted(self.apostrophe.sign)}"
        if self.apostrophe.edges:
            edges = ", ".join(map(draft_text.quoted, self.apostrophe.edges))
            yield f"apostrophe_edges = [{edges}]"
        hyphens = [
            (word, times)
            for word, times in self.words.items()
            if writing_systems.HYPHEN.search(word)
        ]
        hyphens.sort(key=lambda item: (-item[1], item[0]))
        number = sum(times for _, times in hyphens)
        share = number / max(1, sum(self.words.values()))
        some = f", {draft_text.shown(word for word, _ in hyphens[:5])}" if hyphens else ""
        yield from draft_text.comment(
            f'Words with a hyphen between letters: {number} ({share:.2%}){some}. A space splits '
            'them, "" joins them; "-" keeps it, then it belongs into marks.'
        )  # fmt: skip
        yield 'hyphen = " "'

    def _case(self) -> str:
        if self.script == "Grek":
            return "greek"
        letters = {letter for word in self.words for letter in word}
        cased = any(x.upper() != x for x in letters if writing_systems.script_of(x) == self.script)
        return "default" if cased else "none"

    def _repair_lines(self) -> Iterator[str]:
        if not self.repairs:
            return
        yield ""
        yield "[text.lookalikes]"
        yield from draft_text.comment(
            "Letters of another script inside words, by the Unicode confusables.txt (UTS 39)."
        )
        for one in self.repairs:
            change = f"{draft_text.point(one.wrong)} to {draft_text.point(one.right)}"
            yield from draft_text.comment(f"{change}: {one.times}, {draft_text.shown(one.words)}")
            yield f"{draft_text.quoted(one.wrong)} = {draft_text.quoted(one.right)}"

    def _golden(self, recipe: Recipe) -> str:
        lines = [
            f"# Raw text, expected text, note. Drafted by cvrecipes suggest from {self.release}:",
            "# the right column is what the draft makes of the left one. Read every pair, correct",
            "# it, then delete the note; add pairs for every rule of the recipe.",
        ]
        for raw, text in _chosen_pairs(recipe, self.sentences.clips):
            lines.append(f"{draft_text.escaped(raw)}\t{draft_text.escaped(text)}\treview")
        return "\n".join(lines) + "\n"


def _names(locale: str, shelf: Shelf) -> tuple[str, str]:
    """English and own name, of the recipe that is there; the locale when there is none."""
    found = shelf.recipes.get(locale)
    if found is not None:
        try:
            recipe = read_found(found, shelf)
        except CvrecipesError:
            return locale, locale
        return recipe.name, recipe.native
    return locale, locale


def _chosen_pairs(recipe: Recipe, sentences: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Usable sentences that together show as many letters and signs as five can."""
    texts: dict[str, str] = {}
    for raw in sentences:
        text = recipe.normalizer(raw)
        if len(raw) <= 160 and recipe.normalizer.reason(text) is None:
            texts.setdefault(text, raw)
        if len(texts) == 2000:
            break
    pool = [(raw, text) for text, raw in texts.items()]
    seen: set[str] = set()
    for _ in range(min(PAIRS, len(pool))):
        best = min(pool, key=lambda pair: (-len(set(pair[0] + pair[1]) - seen), len(pair[0]), pair))
        pool.remove(best)
        seen |= set(best[0] + best[1])
        yield best


def write_draft(draft: Draft, folder: Path) -> Path:
    """Write ``<folder>/<locale>/recipe.toml`` and ``golden.tsv``.

    Raises:
        UsageError: one of them is there already.
    """
    place = folder / draft.locale
    contents = {place / "recipe.toml": draft.recipe, place / "golden.tsv": draft.golden}
    for path in contents:
        if path.exists():
            raise UsageError(
                "is there already and is not overwritten", where=path, remedy="name another --out"
            )
    place.mkdir(parents=True, exist_ok=True)
    for path, text in contents.items():
        path.write_text(text, encoding="utf-8", newline="\n")
    return place
