"""WER and CER against jiwer, against a plain edit distance, and their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import jiwer
import numpy as np
import pluggy
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cvrecipes import hookspecs
from cvrecipes.catalog import open_recipe
from cvrecipes.errors import Failure
from cvrecipes.plugins import new_manager
from cvrecipes.recipe import Recipe
from cvrecipes.records import Pair, Score
from cvrecipes.scoring import error_counts, score_pairs
from cvrecipes.scoring.rates import bootstrap, interval_unit

# A busy machine is no defect.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
WORDS = st.lists(st.text("abç", min_size=1, max_size=3), max_size=6)
SOME_WORDS = WORDS.filter(bool)
PAIRS = st.lists(st.tuples(SOME_WORDS, WORDS), min_size=1, max_size=6)


def score(
    texts: Sequence[tuple[str, str]], *plugins: object, speakers: Sequence[str] | None = None
) -> Score:
    """The score of pairs of reference and hypothesis, each by a speaker of its own."""
    names = speakers or [str(number) for number in range(len(texts))]
    pairs = [
        Pair(f"{number}.mp3", names[number], reference, hypothesis, 1.0)
        for number, (reference, hypothesis) in enumerate(texts)
    ]
    return score_pairs(pairs, *turkish(*plugins))


@cache
def turkish(*plugins: object) -> tuple[Recipe, pluggy.PluginManager]:
    return open_recipe("tr", new_manager(plugins, installed=False))


def distance(left: Sequence[str], right: Sequence[str]) -> int:
    """Levenshtein's, by the textbook."""
    row = list(range(len(right) + 1))
    for count, a in enumerate(left, start=1):
        diagonal, row[0] = row[0], count
        for place, b in enumerate(right, start=1):
            best = min(diagonal + (a != b), row[place] + 1, row[place - 1] + 1)
            diagonal, row[place] = row[place], best
    return row[-1]


@pytest.mark.parametrize(
    ("reference", "hypothesis", "counts"),
    [
        ("a b c", "a b c", (0, 0, 0, 3)),
        ("a b c", "a x c", (1, 0, 0, 3)),
        ("a b c", "a c", (0, 1, 0, 3)),
        ("a b c", "a b b c", (0, 0, 1, 3)),
        ("a b c", "", (0, 3, 0, 3)),
        ("", "a b", (0, 0, 2, 0)),
        ("", "", (0, 0, 0, 0)),
        ("a b", "x y z", (2, 0, 1, 2)),
        ("a b c d", "b c d e", (0, 1, 1, 4)),
    ],
)
def test_known_counts_of_substitutions_deletions_insertions(
    reference: str, hypothesis: str, counts: tuple[int, ...]
) -> None:
    assert error_counts([reference.split()], [hypothesis.split()]).tolist() == [list(counts)]


def test_no_clips_give_no_counts() -> None:
    assert error_counts([], []).shape == (0, 4)


def test_units_may_be_anything_a_space_included() -> None:
    assert error_counts([["a b", " ", "c"]], [["a", "b", " "]])[0, :3].sum() == 3
    assert error_counts([list("a b")], [list("ab")]).tolist() == [[0, 1, 0, 3]]


@unhurried
@given(PAIRS)
def test_counts_are_an_edit_distance(pairs: list[tuple[list[str], list[str]]]) -> None:
    counts = error_counts([pair[0] for pair in pairs], [pair[1] for pair in pairs])
    for (reference, hypothesis), row in zip(pairs, counts.tolist(), strict=True):
        substitutions, deletions, insertions, units = row
        assert substitutions + deletions + insertions == distance(reference, hypothesis)
        assert units == len(reference)
        assert units - deletions + insertions == len(hypothesis)


@unhurried
@given(PAIRS)
def test_rates_are_those_of_jiwer(pairs: list[tuple[list[str], list[str]]]) -> None:
    texts = [(" ".join(reference), " ".join(hypothesis)) for reference, hypothesis in pairs]
    references, hypotheses = ([text[side] for text in texts] for side in (0, 1))
    ours = score(texts)
    assert ours.wer.value == pytest.approx(jiwer.wer(references, hypotheses))
    assert ours.cer.value == pytest.approx(jiwer.cer(references, hypotheses))
    assert ours.clip_wer == pytest.approx([jiwer.wer(*text) for text in texts])
    errors = ours.wer.substitutions + ours.wer.deletions + ours.wer.insertions
    assert ours.wer.value == pytest.approx(errors / ours.wer.units)


def test_an_empty_hypothesis_is_every_word_deleted() -> None:
    ours = score([("bir iki üç", "")])
    assert (ours.wer.value, ours.wer.deletions, ours.wer.units) == (1.0, 3, 3)
    assert (ours.cer.value, ours.cer.deletions) == (1.0, 10)
    assert ours.clip_wer == (1.0,)


def test_a_rate_may_be_over_one() -> None:
    assert score([("a", "b c d")]).wer.value == 3.0


def test_no_clip_is_a_failure() -> None:
    with pytest.raises(Failure, match="no clip to score"):
        score([])


class Characters:
    """Splits per character, as for a script that writes no spaces."""

    @hookspecs.hookimpl
    def split_words(self, text: str) -> list[str]:
        return [sign for sign in text if sign != " "]


def test_a_plugin_says_what_a_word_is() -> None:
    texts = [("ab cd", "ab cx")]
    assert score(texts).wer.value == 0.5
    ours = score(texts, Characters())
    assert (ours.wer.value, ours.wer.units) == (0.25, 4)
    assert ours.cer == score(texts).cer


class Nobody:
    """Has no opinion."""

    @hookspecs.hookimpl
    def split_words(self, text: str) -> list[str] | None:
        return None


def test_a_plugin_without_an_opinion_leaves_the_spaces() -> None:
    assert score([("ab cd", "ab cx")], Nobody()).wer.units == 2


def test_the_recipe_chooses_the_headline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert score([("a", "a")]).headline == "wer"
    folder = tmp_path / "qq"
    folder.mkdir()
    lines = ('name = "Q"', 'script = "Latn"', 'status = "generic"', 'headline = "cer"')
    (folder / "recipe.toml").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.setenv("CVRECIPES_RECIPES", str(tmp_path))
    recipe, hooks = open_recipe("qq", new_manager(installed=False))
    assert score_pairs([Pair("a", "b", "c", "c", 1.0)], recipe, hooks).headline == "cer"


# Intervals


def clips(seed: int, speakers: int, each: int) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Errors and units of clips whose speakers differ in how well they are recognized."""
    rng = np.random.default_rng(seed)
    chance = np.repeat(rng.beta(2, 6, speakers), each)
    units = rng.integers(3, 12, speakers * each)
    names = [str(number) for number in np.repeat(np.arange(speakers), each)]
    return rng.binomial(units, chance), units, names


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("speakers", "each"), [(1, 30), (3, 20), (5, 10), (60, 2)])
def test_the_interval_contains_the_rate(seed: int, speakers: int, each: int) -> None:
    errors, units, names = clips(seed, speakers, each)
    low, high = bootstrap(errors, units, names)
    assert 0 <= low < errors.sum() / units.sum() < high


def test_the_interval_is_the_same_every_time() -> None:
    given_clips = clips(0, 12, 5)
    assert bootstrap(*given_clips) == bootstrap(*given_clips)


def test_fewer_speakers_make_a_wider_interval() -> None:
    errors, units, names = clips(0, 8, 25)
    many = [str(number) for number in range(len(names))]
    (low, high), (narrow_low, narrow_high) = (
        bootstrap(errors, units, names),
        bootstrap(errors, units, many),
    )
    assert low < narrow_low < narrow_high < high


def test_below_five_speakers_clips_are_drawn() -> None:
    errors, units, names = clips(0, 4, 10)
    assert bootstrap(errors, units, names) == bootstrap(errors, units, ["one"] * len(names))
    assert interval_unit(names) == interval_unit([]) == "clips"
    assert interval_unit(clips(0, 5, 1)[2]) == "speakers"


def test_a_rate_names_what_its_interval_was_drawn_from() -> None:
    texts = [("a b", "a c")] * 5
    assert score(texts).wer.interval_unit == "speakers"
    few = score(texts, speakers=list("abcda"))
    assert few.wer.interval_unit == few.cer.interval_unit == few.facts()["interval_unit"] == "clips"


def test_clips_without_a_speaker_are_not_one_speaker() -> None:
    errors, units, names = clips(0, 8, 10)
    nobody = [""] * len(names)
    assert interval_unit([*"abcd", *nobody]) == "clips"
    assert bootstrap(errors, units, nobody) == bootstrap(errors, units, ["one"] * len(names))


def test_clips_are_drawn_where_a_clip_names_no_speaker() -> None:
    errors, units, names = clips(0, 8, 10)
    most = ["", *names[1:]]
    assert (interval_unit(names), interval_unit(most)) == ("speakers", "clips")
    assert bootstrap(errors, units, most) == bootstrap(errors, units, ["one"] * len(names))


def test_the_order_of_the_clips_of_a_speaker_does_not_matter() -> None:
    errors, units, names = clips(1, 6, 5)
    order = np.arange(30).reshape(6, 5)[:, ::-1].ravel()
    turned = bootstrap(errors[order], units[order], [names[index] for index in order])
    assert turned == bootstrap(errors, units, names)


def test_intervals_of_nothing_and_of_perfection_are_points() -> None:
    nothing = np.zeros(0, dtype=np.int64)
    assert bootstrap(nothing, nothing, []) == (0.0, 0.0)
    perfect = score([("a b", "a b")] * 6).wer
    assert (perfect.low, perfect.value, perfect.high) == (0.0, 0.0, 0.0)
    alone = score([("a b", "a")]).wer
    assert (alone.low, alone.value, alone.high) == (0.5, 0.5, 0.5)
