"""Voices crossed from the variants of espeak-ng."""

from __future__ import annotations

import random

import numpy as np
import pytest

from cvrecipes.sample.crossing import crossed, varied
from cvrecipes.sample.espeak import Voice, espeak

FILES = [
    "language variant\nname One\ngender female\npitch 80 120\nformant 1 100 90 80\n// note\n",
    "language variant\nname Two\nbreath 10 20\nformant 1 50 60\nklatt 4\nflutter 5\n",
]


def lines(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()]


def test_a_crossed_voice_has_lines_of_each_variant_and_numbers_near_theirs() -> None:
    texts = [crossed(FILES, random.Random(seed)) for seed in range(40)]
    keywords = {words[0] for text in texts for words in lines(text)}
    assert keywords == {"language", "name", "pitch", "formant", "breath", "klatt", "flutter"}
    formants = [words for text in texts for words in lines(text) if words[0] == "formant"]
    assert {words[1] for words in formants} == {"1"}
    assert {len(words) for words in formants} == {4, 5}
    for words in formants:
        low, high = (90, 110) if len(words) == 5 else (45, 55)
        assert low <= int(words[2]) <= high
    assert all(words[1] == "4" for text in texts for words in lines(text) if words[0] == "klatt")
    assert len(set(texts)) == 40


def test_all_formants_of_a_varied_voice_move_with_its_vocal_tract() -> None:
    plain = ["language variant\nname Plain\npitch 80 120\n"]
    tracts = set()
    for seed in range(20):
        formants = [w for w in lines(varied(plain, random.Random(seed))) if w[0] == "formant"]
        assert [int(words[1]) for words in formants] == list(range(9))
        assert formants[0][2] == "100"
        (tract,) = {int(words[2]) for words in formants[1:]}
        assert 82 <= tract <= 122
        tracts.add(tract)
    assert len(tracts) > 10


@pytest.mark.parametrize("make", [crossed, varied])
def test_no_formant_is_as_high_as_espeak_ng_crashes_with(make: object) -> None:
    high = ["language variant\nformant 4 290 290\n"]
    assert callable(make)
    for seed in range(20):
        formants = [w for w in lines(make(high, random.Random(seed))) if w[0] == "formant"]
        assert formants and all(int(words[2]) <= 200 for words in formants)


def test_the_same_seed_varies_a_voice_the_same_way() -> None:
    assert varied(FILES, random.Random(1)) == varied(FILES, random.Random(1))
    assert varied(FILES, random.Random(1)) != varied(FILES, random.Random(2))


def pitch(samples: np.ndarray) -> float:
    """In Hz: that of the period after which the speech is most like itself, above 50 Hz."""
    speech = samples.astype(float)
    alike = np.fft.irfft(np.abs(np.fft.rfft(speech, 2 * len(speech))) ** 2)
    return espeak().sample_rate / (49 + int(np.argmax(alike[49:441])))


def test_espeak_ng_speaks_with_a_voice_file_of_its_own_and_lists_no_such_variant() -> None:
    engine, before = espeak(), espeak().variants()

    def spoken(voice: Voice) -> np.ndarray:
        engine.use("fi", voice)
        return engine.speak("ooooo")

    high = spoken(Voice(file="language variant\nname high\npitch 170 200\n"))
    low = spoken(Voice(file="language variant\nname low\npitch 120 140\n"))
    assert 150 < pitch(high) < 200
    assert 105 < pitch(low) < 140
    assert engine.variants() == before
