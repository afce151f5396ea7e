"""Words in time: where each word of a clip begins and ends."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from cvrecipes.decoding.alignment import align_words
from cvrecipes.decoding.recognizer import Recognizer, Transcript

Samples = npt.NDArray[np.float32]


def test_words_follow_one_another_inside_the_clip(
    recognizer: Recognizer, micro_clips: list[Samples]
) -> None:
    for clip in micro_clips[:6]:
        result = recognizer.transcribe(clip)
        words = align_words(result, recognizer.vocabulary)
        assert [word.word for word in words] == result.text.split()
        before = 0.0
        for word in words:
            assert before <= word.start < word.end <= result.seconds + 0.001
            assert 0.0 <= word.confidence <= 1.0
            before = word.end


def test_any_text_can_be_aligned_with_a_clip(
    recognizer: Recognizer, micro_clips: list[Samples]
) -> None:
    result = recognizer.transcribe(micro_clips[0])
    words = align_words(result, recognizer.vocabulary, "dikkat saat")
    assert [word.word for word in words] == ["dikkat", "saat"]
    assert words[0].end <= words[1].start and words[1].end <= result.seconds + 0.001
    assert align_words(result, recognizer.vocabulary, "") == []


def test_words_are_found_where_they_were_spoken(recognizer: Recognizer) -> None:
    vocabulary = recognizer.vocabulary
    path = ["a", "a", "[PAD]", "a", "|", "|", "[PAD]", "b", "b", "[PAD]"]
    sure = np.full((len(path), len(vocabulary)), 0.1 / (len(vocabulary) - 1))
    for frame, token in enumerate(path):
        sure[frame, vocabulary.numbers()[token]] = 0.9
    result = Transcript("aa b", 1.0, np.log(sure).astype(np.float32), 0.1)
    first, second = align_words(result, vocabulary)
    assert (first.word, first.start, first.end) == ("aa", 0.0, 0.4)
    assert (second.word, second.start, second.end) == ("b", 0.7, 0.9)
    assert first.confidence == pytest.approx(0.9, abs=0.01)


def test_a_text_longer_than_the_audio_is_refused(
    recognizer: Recognizer, micro_clips: list[Samples]
) -> None:
    result = recognizer.transcribe(micro_clips[0][:3200])
    with pytest.raises(ValueError, match="frames needed"):
        align_words(result, recognizer.vocabulary, "uzun " * 40 + "bir cümle")


def test_a_model_that_writes_the_unknown_sign_can_still_be_aligned(
    recognizer: Recognizer,
) -> None:
    vocabulary = recognizer.vocabulary
    path = [vocabulary.numbers()[token] for token in ("a", "[UNK]", "b", *["[PAD]"] * 9)]
    scores = np.full((len(path), len(vocabulary)), -9.0, np.float32)
    scores[np.arange(len(path)), path] = -0.01
    result = Transcript(recognizer.text(path), 1.2, scores, 0.1)
    words = align_words(result, vocabulary)
    assert [word.word for word in words] == result.text.split()
