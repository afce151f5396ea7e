"""Seconds to count the errors of many pairs: jiwer, rapidfuzz alone, and the whole score.

    python benchmarks/scoring_speed.py [--pairs 20000] [--rounds 5]

The references are the sample's words, drawn anew; a hypothesis is its reference with one word
in ten dropped, doubled or changed. All count the same errors, in turn and in one process;
medians are printed. ``jiwer`` is ``jiwer.process_words`` on lines of words and of characters,
``error_counts`` is cvrecipes' count from alignments, which it keeps, and ``score_pairs`` adds
both intervals.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import jiwer

from cvrecipes.catalog import open_recipe
from cvrecipes.records import Pair
from cvrecipes.scoring import error_counts, score_pairs

SENTENCES = Path(__file__).parents[1] / "tools" / "sample_sentences_tr.txt"


def spoiled(words: list[str], rng: random.Random) -> list[str]:
    """The words with one in ten dropped, doubled or changed."""
    result: list[str] = []
    for word in words:
        if rng.random() >= 0.1:
            result.append(word)
        else:
            result += rng.choice([[], [word, word], [word[::-1]]])
    return result


def counted_by_jiwer(references: list[str], hypotheses: list[str]) -> int:
    """Errors in words and in characters."""
    words = jiwer.process_words(references, hypotheses)
    characters = jiwer.process_characters(references, hypotheses)
    return sum(
        output.substitutions + output.deletions + output.insertions
        for output in (words, characters)
    )


def counted_by_cvrecipes(references: list[str], hypotheses: list[str]) -> int:
    """Errors in words and in characters."""
    words = error_counts([r.split() for r in references], [h.split() for h in hypotheses])
    characters = error_counts(references, hypotheses)
    return int(words[:, :3].sum() + characters[:, :3].sum())


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pairs", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    rng = random.Random(0)
    words = SENTENCES.read_text(encoding="utf-8").split()
    lines = [rng.choices(words, k=8) for _ in range(arguments.pairs)]
    references = [" ".join(line) for line in lines]
    hypotheses = [" ".join(spoiled(line, rng)) for line in lines]
    recipe, hooks = open_recipe("tr")
    pairs = [
        Pair(f"{place}.mp3", f"speaker {place % 500}", reference, hypothesis, 1.0)
        for place, (reference, hypothesis) in enumerate(zip(references, hypotheses, strict=True))
    ]

    def scored() -> int:
        score = score_pairs(pairs, recipe, hooks)
        return sum(r.substitutions + r.deletions + r.insertions for r in (score.wer, score.cer))

    ways: dict[str, Callable[[], int]] = {
        "jiwer": lambda: counted_by_jiwer(references, hypotheses),
        "error_counts": lambda: counted_by_cvrecipes(references, hypotheses),
        "score_pairs": scored,
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    errors: dict[str, int] = {}
    for _ in range(arguments.rounds):
        for name, count in ways.items():
            start = time.perf_counter()
            errors[name] = count()
            seconds[name].append(time.perf_counter() - start)
    if len(set(errors.values())) != 1:
        raise SystemExit(f"the counts differ: {errors}")
    for name, measured in seconds.items():
        print(f"{name:14} {statistics.median(measured):.2f} s")


if __name__ == "__main__":
    main()
