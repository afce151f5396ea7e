"""The sentences of a page: few, and together they show every rule that they can."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from cvrecipes.data.tables import read_table, variant_column
from cvrecipes.errors import CvrecipesError, Failure
from cvrecipes.recipe import Recipe
from cvrecipes.records import Release
from cvrecipes.review.made import made_up
from cvrecipes.review.rules import Rule, Shown, letters_of, rules_of, shown_by

SENTENCES = 40
# Of a recipe with many rules a page gets longer, but a person stays able to go through it.
_MOST = 60
_LEFT_OUT = 8
_LONGEST = 160
# Enough that each character of a release is met a few times.
_EACH_CHARACTER, _PLAIN, _POOL = 4, 800, 2400
ORIGINS = RELEASE, GOLDEN, MADE = "release", "golden", "made"


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence to judge.

    Attributes:
        origin: `RELEASE`, `GOLDEN`, or `MADE` for made-up words.
    """

    raw: str
    origin: str
    shown: Shown


@dataclass(frozen=True, slots=True)
class Selection:
    """The sentences of a page.

    Attributes:
        unshown: the rules that no sentence shows.
        letters: the letters of the alphabet that no sentence holds.
    """

    sentences: tuple[Sentence, ...]
    unshown: tuple[Rule, ...]
    letters: tuple[str, ...]

    @property
    def counted(self) -> int:
        """How many sentences count towards the grade: all that are not made up."""
        return sum(sentence.origin != MADE for sentence in self.sentences)


def select(recipe: Recipe, release: Release | None = None) -> Selection:
    """Choose sentences of a release's train, golden pairs, and made-up words, in this order.

    A later kind is used for rules that the kinds before do not show; golden pairs fill the page
    where there is no release. Test and dev are never read: a judged sentence becomes a golden pair.

    Raises:
        Failure: the release cannot be read or has no train; there is no sentence at all.
    """
    golden = [*_showing(recipe, GOLDEN, dict.fromkeys(pair.raw for pair in recipe.golden()))]
    pools = [golden]
    if release is not None:
        pools.insert(0, [*_showing(recipe, RELEASE, train_sentences(recipe, release))])
    wanted = {*rules_of(recipe)}
    chosen: list[Sentence] = []
    for pool in pools:
        chosen += _cover(pool, wanted - _rules(chosen), _MOST - len(chosen))
    chosen += _fill(pools[0], chosen, SENTENCES - len(chosen))
    missing = [rule for rule in rules_of(recipe) if rule not in _rules(chosen)]
    texts = [sentence.shown.text for pool in pools for sentence in pool]
    made = [Sentence(raw, MADE, shown) for raw, shown in made_up(recipe, missing, texts)]
    chosen += _cover(made, {*missing}, max(_MOST - len(chosen), 0))
    if not chosen:
        raise Failure(
            f"there is no sentence of {recipe.name} to judge",
            where=recipe.folder / "golden.tsv",
            remedy="name a release with --data, or write golden pairs",
        )
    chosen.sort(key=_order)
    seen, letters = _rules(chosen), {rule for one in chosen for rule in one.shown.letters}
    return Selection(
        tuple(chosen),
        tuple(rule for rule in rules_of(recipe) if rule not in seen),
        tuple(rule.entry for rule in letters_of(recipe) if rule not in letters),
    )


def train_sentences(recipe: Recipe, release: Release) -> list[str]:
    """Different sentences of train: some for each character, and plain ones beside them.

    They are in the recipe's variant of the language.

    Raises:
        Failure: the release has no train, or it cannot be read.
    """
    if "train" not in release.tables:
        raise Failure(
            "has no train, and sentences of dev and test are not judged", where=release.folder
        )
    rows = read_table(release, "train").rows
    tagged = zip(rows["sentence"].to_pylist(), variant_column(rows).to_pylist(), strict=True)
    every = dict.fromkeys(
        raw
        for raw, tag in tagged
        if raw.strip() and len(raw) <= _LONGEST and recipe.another_variant(raw, tag or "") is None
    )
    rare: list[str] = []
    met: Counter[str] = Counter()
    for raw in every:
        signs = {c for c in raw if met[c] < _EACH_CHARACTER}
        if signs:
            rare.append(raw)
            met.update(signs)
    step = max(1, len(every) // _PLAIN)
    plain = [*every][::step]
    return [*dict.fromkeys((*rare, *plain))][:_POOL]


def _showing(recipe: Recipe, origin: str, raws: Iterable[str]) -> Iterator[Sentence]:
    """The sentences that a person can judge: printable, not too long, and not empty."""
    for raw in raws:
        if len(raw) > _LONGEST or any(unicodedata.category(c) in ("Cs", "Co", "Cn") for c in raw):
            continue
        try:
            shown = shown_by(recipe, raw)
        except CvrecipesError:  # the kit names the step; a page is made without the sentence
            continue
        if shown.text:
            yield Sentence(raw, origin, shown)


def _rules(sentences: Iterable[Sentence]) -> set[Rule]:
    return {rule for sentence in sentences for rule in sentence.shown.rules}


def _cover(pool: Sequence[Sentence], wanted: set[Rule], most: int) -> list[Sentence]:
    """Sentences that together show all wanted rules that the pool can show; greedy."""
    chosen: list[Sentence] = []
    left, pool = set(wanted), list(pool)
    while left and pool and len(chosen) < most:
        best = min(pool, key=lambda one: (-len(left & one.shown.rules), *_ease(one)))
        if not left & best.shown.rules:
            break
        chosen.append(best)
        left -= best.shown.rules
        pool.remove(best)
    return chosen


def _fill(pool: Sequence[Sentence], chosen: Sequence[Sentence], room: int) -> list[Sentence]:
    """More sentences, for letters that were not shown and for rules that were shown least."""
    texts = {one.shown.text for one in chosen}
    met = Counter(rule for one in chosen for rule in one.shown.rules)
    letters = {rule for one in chosen for rule in one.shown.letters}
    left_out = sum(one.shown.reason is not None for one in chosen)
    pool = [one for one in pool if one.shown.text not in texts]
    added: list[Sentence] = []

    def worth(one: Sentence, met: Mapping[Rule, int], letters: set[Rule]) -> float:
        rare = sum(1 / (1 + met[rule]) for rule in one.shown.rules)
        return 2 * len(one.shown.letters - letters) + rare

    while pool and len(added) < room:
        best = min(pool, key=lambda one: (-worth(one, met, letters), *_ease(one)))
        pool.remove(best)
        if best.shown.text in texts or (best.shown.reason and left_out >= _LEFT_OUT):
            continue
        added.append(best)
        texts.add(best.shown.text)
        met.update(best.shown.rules)
        letters |= best.shown.letters
        left_out += best.shown.reason is not None
    return added


def _ease(sentence: Sentence) -> tuple[bool, int, str]:
    """Usable and short sentences are judged with ease; the text decides between equals."""
    return sentence.shown.reason is not None, len(sentence.raw), sentence.raw


def _order(sentence: Sentence) -> tuple[bool, bool, int, str]:
    """Easy ones first, then those that are left out, then made-up words."""
    few = len(sentence.shown.changes)
    return sentence.origin == MADE, sentence.shown.reason is not None, few, sentence.raw
