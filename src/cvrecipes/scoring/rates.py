"""WER and CER with their intervals, counted from alignments.

The reference is the text that the normalizer made while reading, never changed again; the
hypothesis is what the model wrote. Nothing is left out and nothing is normalized here: a word
with a letter that the model has no class for counts as wrong.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pluggy

from cvrecipes.errors import Failure
from cvrecipes.models.ctc import Vocabulary
from cvrecipes.recipe import Recipe
from cvrecipes.records import Alignment, InsideAlphabet, NoClass, Pair, Rate, Score
from cvrecipes.scoring.alignment import align

_SAMPLES = 2000
_FEWEST_SPEAKERS = 5
_EXAMPLES = 2
Words = Callable[[str], list[str]]


def word_splitter(recipe: Recipe, hooks: pluggy.PluginManager) -> Words:
    """How a text of this language is split into words: a plugin's way, or at spaces."""

    def words(text: str) -> list[str]:
        units = hooks.hook.split_words(text=text, recipe=recipe)
        return text.split() if units is None else list(units)

    return words


def counts_of(alignments: Sequence[Alignment]) -> npt.NDArray[np.int64]:
    """Substitutions, deletions, insertions and reference units of each alignment.

    Returns:
        Shape (clips, 4).
    """
    rows = [
        (alignment.substitutions, alignment.deletions, alignment.insertions, alignment.units)
        for alignment in alignments
    ]
    return np.array(rows, dtype=np.int64).reshape(len(rows), 4)


def error_counts(
    references: Sequence[Sequence[str]], hypotheses: Sequence[Sequence[str]]
) -> npt.NDArray[np.int64]:
    """Substitutions, deletions, insertions and reference units of each pair.

    Arguments:
        references, hypotheses: units (words or characters) of each clip.

    Returns:
        Shape (clips, 4).

    Raises:
        ValueError: there are more of the one than of the other.
    """
    return counts_of([align(r, h) for r, h in zip(references, hypotheses, strict=True)])


def score_pairs(pairs: Sequence[Pair], recipe: Recipe, hooks: pluggy.PluginManager) -> Score:
    """WER and CER of pairs of reference and hypothesis.

    Raises:
        Failure: there are no pairs.
    """
    if not pairs:
        raise Failure("there is no clip to score")
    words = word_splitter(recipe, hooks)
    by_word = tuple(align(words(pair.reference), words(pair.hypothesis)) for pair in pairs)
    by_character = tuple(align(pair.reference, pair.hypothesis) for pair in pairs)
    speakers = [pair.speaker for pair in pairs]
    score = Score(
        wer=rate(counts_of(by_word), speakers),
        cer=rate(counts_of(by_character), speakers),
        words=by_word,
        characters=by_character,
        headline=recipe.headline,
    )
    if not recipe.alphabet:
        return score
    inside = tuple(not recipe.alphabet.outside(pair.reference) for pair in pairs)
    return replace(score, inside_alphabet=_inside_alphabet(score, inside, speakers))


def _inside_alphabet(
    score: Score, inside: tuple[bool, ...], speakers: Sequence[str]
) -> InsideAlphabet:
    """The rates of the clips inside the alphabet, from the alignments of all."""
    if all(inside):
        return InsideAlphabet(inside, score.wer, score.cer)
    places = [place for place, covered in enumerate(inside) if covered]
    if not places:
        return InsideAlphabet(inside, None, None)
    theirs = [speakers[place] for place in places]
    wer, cer = (
        rate(counts_of([alignments[place] for place in places]), theirs)
        for alignments in (score.words, score.characters)
    )
    return InsideAlphabet(inside, wer, cer)


def without_class(references: Iterable[str], vocabulary: Vocabulary) -> NoClass:
    """The references that hold letters which no class of the model writes."""
    clips = 0
    letters: Counter[str] = Counter()
    examples: dict[str, None] = {}
    for reference in references:
        missing = vocabulary.missing(reference)
        clips += bool(missing)
        letters.update(missing)
        if missing and len(examples) < _EXAMPLES:
            examples.setdefault(reference)
    return NoClass(clips, tuple(sign for sign, _ in letters.most_common()), tuple(examples))


def rate(counts: npt.NDArray[np.int64], speakers: Sequence[str]) -> Rate:
    """The error rate of clips, with its interval.

    Arguments:
        counts: substitutions, deletions, insertions and units; shape (clips, 4).
        speakers: of each clip; empty where the speaker is not known.
    """
    substitutions, deletions, insertions, units = (int(value) for value in counts.sum(axis=0))
    value = (substitutions + deletions + insertions) / units if units else 0.0
    low, high = bootstrap(counts[:, :3].sum(axis=1), counts[:, 3], speakers)
    unit = interval_unit(speakers)
    return Rate(value, low, high, substitutions, deletions, insertions, units, unit)


def interval_unit(speakers: Sequence[str]) -> str:
    """What `bootstrap` draws: ``speakers``, where all clips name one of at least five."""
    names = {*speakers}
    return "clips" if "" in names or len(names) < _FEWEST_SPEAKERS else "speakers"


def bootstrap(
    errors: npt.NDArray[np.int64], units: npt.NDArray[np.int64], speakers: Sequence[str]
) -> tuple[float, float]:
    """95 % percentile interval of errors / units, resampling speakers.

    Clips of one speaker share voice, microphone and room, so they are drawn together
    (Bisani and Ney 2004, with speakers for sentences). With fewer than five speakers
    that says little, and clips are drawn instead; so they are where a clip names no speaker,
    as nobody knows which clips belong with it.

    Arguments:
        errors, units: of each clip, shape (clips,).
        speakers: of each clip; empty where the speaker is not known.
    """
    if len(errors) == 0 or units.sum() == 0:
        return 0.0, 0.0
    if interval_unit(speakers) == "clips":
        group = np.arange(len(errors))
    else:
        _, group = np.unique(np.asarray(speakers, dtype=object).astype(str), return_inverse=True)
    groups = int(group.max()) + 1
    wrong = np.bincount(group, weights=errors, minlength=groups)
    total = np.bincount(group, weights=units, minlength=groups)
    rng = np.random.default_rng(0)
    rates = np.empty(_SAMPLES)
    for sample in range(_SAMPLES):
        drawn = rng.integers(0, groups, groups)
        rates[sample] = wrong[drawn].sum() / max(1.0, total[drawn].sum())
    low, high = np.percentile(rates, (2.5, 97.5))
    return float(low), float(high)
