"""WER and CER by jiwer, and a speaker-clustered bootstrap around them.

The reference is the text the normalizer made while reading, never changed again; the
hypothesis is what the model wrote. Nothing is left out and nothing is normalized here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pluggy

from cvrecipes.errors import Failure
from cvrecipes.recipe import Recipe
from cvrecipes.records import Pair, Rate, Score

_SAMPLES = 2000
Words = Callable[[str], list[str]]


def word_splitter(recipe: Recipe, hooks: pluggy.PluginManager) -> Words:
    """How a text of this language falls into words: a plugin's way, or at spaces."""

    def words(text: str) -> list[str]:
        units = hooks.hook.split_words(text=text, recipe=recipe)
        return text.split() if units is None else list(units)

    return words


def error_counts(
    references: Sequence[Sequence[str]], hypotheses: Sequence[Sequence[str]]
) -> npt.NDArray[np.int64]:
    """Substitutions, deletions, insertions and reference units of each pair.

    Arguments:
        references, hypotheses: units (words or characters) of each clip.

    Returns:
        Shape (clips, 4).
    """
    import jiwer

    if not references:
        return np.zeros((0, 4), dtype=np.int64)
    # jiwer aligns words separated by spaces. Units may be anything (characters, words of
    # a plugin that hold spaces), so each distinct unit is handed over as one sign.
    number: dict[str, str] = {}

    def line(units: Sequence[str]) -> str:
        return " ".join(number.setdefault(unit, f"u{len(number)}") for unit in units)

    keep = jiwer.Compose([jiwer.ReduceToListOfListOfWords()])
    counts = np.zeros((len(references), 4), dtype=np.int64)
    full = [index for index, reference in enumerate(references) if reference]
    for index, reference in enumerate(references):
        if not reference:
            counts[index, 2] = len(hypotheses[index])
    if full:
        output = jiwer.process_words(
            [line(references[i]) for i in full],
            [line(hypotheses[i]) for i in full],
            reference_transform=keep,
            hypothesis_transform=keep,
        )
        for index, chunks in zip(full, output.alignments, strict=True):
            for chunk in chunks:
                if chunk.type == "substitute":
                    counts[index, 0] += chunk.ref_end_idx - chunk.ref_start_idx
                elif chunk.type == "delete":
                    counts[index, 1] += chunk.ref_end_idx - chunk.ref_start_idx
                elif chunk.type == "insert":
                    counts[index, 2] += chunk.hyp_end_idx - chunk.hyp_start_idx
            counts[index, 3] = len(references[index])
    return counts


def score_pairs(pairs: Sequence[Pair], recipe: Recipe, hooks: pluggy.PluginManager) -> Score:
    """WER and CER of pairs of reference and hypothesis.

    Raises:
        Failure: there are no pairs.
    """
    if not pairs:
        raise Failure("there is no clip to score")
    words = word_splitter(recipe, hooks)
    by_word = error_counts(
        [words(pair.reference) for pair in pairs], [words(pair.hypothesis) for pair in pairs]
    )
    by_character = error_counts(
        [list(pair.reference) for pair in pairs], [list(pair.hypothesis) for pair in pairs]
    )
    speakers = [pair.speaker for pair in pairs]
    per_clip = by_word[:, :3].sum(axis=1) / np.maximum(1, by_word[:, 3])
    return Score(
        wer=_rate(by_word, speakers),
        cer=_rate(by_character, speakers),
        clip_wer=tuple(float(value) for value in per_clip),
        headline=recipe.headline,
    )


def _rate(counts: npt.NDArray[np.int64], speakers: Sequence[str]) -> Rate:
    substitutions, deletions, insertions, units = (int(value) for value in counts.sum(axis=0))
    value = (substitutions + deletions + insertions) / units if units else 0.0
    low, high = bootstrap(counts[:, :3].sum(axis=1), counts[:, 3], speakers)
    return Rate(value, low, high, substitutions, deletions, insertions, units)


def bootstrap(
    errors: npt.NDArray[np.int64], units: npt.NDArray[np.int64], speakers: Sequence[str]
) -> tuple[float, float]:
    """95 % percentile interval of errors / units, resampling speakers.

    Clips of one speaker share voice, microphone and room, so they are drawn together
    (Bisani and Ney 2004, with speakers for sentences). With fewer than five speakers
    that says little, and clips are drawn instead.

    Arguments:
        errors, units: of each clip, shape (clips,).
        speakers: of each clip.
    """
    if len(errors) == 0 or units.sum() == 0:
        return 0.0, 0.0
    names, group = np.unique(np.asarray(speakers, dtype=object).astype(str), return_inverse=True)
    if len(names) < 5:
        group = np.arange(len(errors))
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
