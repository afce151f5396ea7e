"""Frames, feasibility and labels of CTC, and the batches a model is fed with."""

from __future__ import annotations

from itertools import groupby

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cvrecipes.files import read_json
from cvrecipes.models.base import framing_of, tiny_folder
from cvrecipes.models.batches import SecondsSampler, bucketed
from cvrecipes.models.ctc import Framing, Vocabulary, collapse, frames_needed

# A busy machine is no defect.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
CONFIG = {"model_type": "wav2vec2", "conv_kernel": [10, 3], "conv_stride": [5, 2]}
VOCABULARY = Vocabulary(("|", *"abcçd", "[UNK]", "[PAD]"))
LABELS = st.lists(st.integers(0, len(VOCABULARY) - 1), max_size=30)
TEXTS = st.lists(st.text("abcçd", min_size=1, max_size=6), max_size=5).map(" ".join)


def framings() -> list[Framing]:
    """Those of XLS-R, of the tiny encoder, and of one with an adapter."""
    found = [Framing(), framing_of(CONFIG)]
    config = tiny_folder() / "config.json"
    return [*found, framing_of(read_json(config))] if config.is_file() else found


def frames_of_torch(samples: int, framing: Framing) -> int:
    """The length that real convolutions give."""
    import torch
    from torch.nn.functional import conv1d

    signal = torch.zeros(1, 1, samples)
    for kernel, stride in zip(framing.kernels, framing.strides, strict=True):
        if signal.shape[-1] < kernel:
            return 0
        signal = conv1d(signal, torch.ones(1, 1, kernel), stride=stride)
    return int(signal.shape[-1])


LENGTHS = (1, 9, 10, 399, 400, 401, 719, 720, 1040, 8000, 16_000, 16_080, 31_999, 129_040, 320_000)


@pytest.mark.parametrize("framing", framings(), ids=lambda framing: f"{len(framing.kernels)} convs")
def test_frames_are_what_the_convolutions_give(framing: Framing) -> None:
    expected = [frames_of_torch(length, framing) for length in LENGTHS]
    # A quarter sample more: how a duration in seconds is rounded is the next test's matter.
    assert framing.frames((np.array(LENGTHS) + 0.25) / framing.rate).tolist() == expected


@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_frames_do_not_depend_on_how_seconds_are_rounded(precision: str) -> None:
    lengths = np.arange(1, 330_000, 7)
    exact = Framing().frames((lengths + 0.25) / 16_000)
    assert np.array_equal(Framing().frames((lengths / 16_000).astype(precision)), exact)


def test_an_adapter_makes_fewer_frames() -> None:
    with_adapter = framing_of({**CONFIG, "add_adapter": True, "num_adapter_layers": 2})
    # Kernels of three, padded by one frame on each side.
    assert with_adapter.kernels == (10, 3, 1, 1)
    assert with_adapter.strides == (5, 2, 2, 2)
    assert with_adapter.frames(1.0) < framing_of(CONFIG).frames(1.0)


def test_a_model_begins_behind_the_stages_of_its_feature_extractor() -> None:
    mel = Framing(16_000, (400, 2), (160, 2), extracted=1)
    assert mel.frames(1.0) == mel.frames_of_inputs(98) == 49
    assert mel.frames_of_inputs([1, 2, 3]).tolist() == [0, 1, 1]


@pytest.mark.parametrize("framing", [Framing(), Framing(16_000, (160, 1, 2), (160, 2, 2))])
def test_the_fewest_samples_give_one_frame_and_one_less_gives_none(framing: Framing) -> None:
    fewest = framing.fewest_samples
    counts = framing.frames(np.array([fewest - 1, fewest]) / framing.rate)
    assert counts.tolist() == [0, 1]


def test_a_vocabulary_without_its_blank_is_refused() -> None:
    with pytest.raises(ValueError, match="not in tuple"):
        Vocabulary(("a", "b")).decode([0])


def test_frames_keep_the_shape_and_are_never_negative() -> None:
    assert Framing().frames([[0.0, 0.01], [1.0, 2.0]]).tolist() == [[0, 0], [49, 99]]
    assert Framing().frame_seconds == pytest.approx(0.02)


@pytest.mark.parametrize(
    ("text", "needed"), [("", 0), ("a", 1), ("ab", 2), ("aa", 3), ("aaa", 5), ("saat  bb", 11)]
)
def test_equal_neighbors_need_a_frame_between_them(text: str, needed: int) -> None:
    assert frames_needed(text) == needed


@unhurried
@given(TEXTS.filter(bool))
def test_as_many_frames_as_needed_are_enough_and_one_less_is_not(text: str) -> None:
    import torch
    from torch.nn.functional import ctc_loss

    labels = torch.tensor([VOCABULARY.encode(text)])
    needed = frames_needed(text)

    def loss(frames: int) -> float:
        scores = torch.zeros(frames, 1, len(VOCABULARY)).log_softmax(-1)
        lengths = (torch.tensor([frames]), torch.tensor([labels.shape[1]]))
        return float(ctc_loss(scores, labels, *lengths, blank=VOCABULARY.blank))

    assert np.isfinite(loss(needed))
    if needed > 1:
        assert not np.isfinite(loss(needed - 1))


def test_repeats_are_merged_before_blanks_go() -> None:
    blank = 0
    assert collapse([1, 1, 0, 1, 2, 2, 0, 0, 3], blank) == [1, 1, 2, 3]
    assert collapse([0, 0], blank) == []
    assert collapse([], blank) == []


@unhurried
@given(LABELS)
def test_collapsing_is_merging_then_dropping(path: list[int]) -> None:
    merged = [label for label, _ in groupby(path)]
    assert collapse(iter(path), 2) == [label for label in merged if label != 2]


def path_of(labels: list[int]) -> list[int]:
    """A frame-wise path that writes `labels`: a blank between all of them, some held longer."""
    path = []
    for place, label in enumerate(labels):
        path += [VOCABULARY.blank, *[label] * (1 + place % 3)]
    return [*path, VOCABULARY.blank]


@unhurried
@given(TEXTS)
def test_a_text_survives_its_labels_and_its_path(text: str) -> None:
    labels = VOCABULARY.encode(text)
    assert VOCABULARY.decode(labels, collapsed=True) == text
    assert VOCABULARY.decode(path_of(labels)) == text


def test_doubled_letters_survive_where_a_blank_parts_them() -> None:
    a, blank = VOCABULARY.encode("a")[0], VOCABULARY.blank
    assert VOCABULARY.decode([a, a], collapsed=True) == "aa"
    assert VOCABULARY.decode([a, blank, a]) == "aa"
    assert VOCABULARY.decode([a, a]) == "a"


def test_spaces_are_single_and_only_between_words() -> None:
    space, a, blank = 0, VOCABULARY.encode("a")[0], VOCABULARY.blank
    assert VOCABULARY.decode([space, a, space, blank, space, a, space]) == "a a"


def test_a_strange_character_cannot_be_encoded() -> None:
    with pytest.raises(KeyError):
        VOCABULARY.encode("aé")
    assert VOCABULARY.numbers() == {token: n for n, token in enumerate(VOCABULARY.tokens)}


def test_a_letter_without_a_class_is_missing_and_no_path_writes_it() -> None:
    several = Vocabulary(("<s>", "</s>", "|", *"abc", "ŋg", "[UNK]", "[PAD]"))
    assert several.missing("ab c") == [] and several.missing("ŋa s/q q") == ["/", "q", "s"]
    assert several.missing("[UNK]") == ["K", "N", "U", "[", "]"], "it is no text"


@given(path=LABELS)
def test_a_word_with_a_missing_letter_is_never_written(path: list[int]) -> None:
    assert "q" not in VOCABULARY.decode(path) and VOCABULARY.missing("q") == ["q"]


# Batches

SECONDS = st.lists(st.floats(0.1, 30.0), max_size=40)
CLIPS = st.integers(1, 9)
MOST = st.sampled_from([0.0, 5.0, 20.0, 60.0])
SEEDS = st.integers(0, 1000)


def within(seconds: list[float], batch: list[int], most_seconds: float, most_clips: int) -> bool:
    padded = max(seconds[index] for index in batch) * len(batch)
    fits = not most_seconds or padded <= most_seconds + 1e-9 or len(batch) == 1
    return fits and len(batch) <= most_clips


@unhurried
@given(SECONDS, MOST, CLIPS, st.none() | SEEDS)
def test_every_clip_is_in_one_batch_within_the_limits(
    seconds: list[float], most_seconds: float, most_clips: int, seed: int | None
) -> None:
    batches = bucketed(seconds, most_seconds=most_seconds, most_clips=most_clips, seed=seed)
    assert sorted(index for batch in batches for index in batch) == list(range(len(seconds)))
    assert all(batch and within(seconds, batch, most_seconds, most_clips) for batch in batches)


def test_without_a_seed_the_longest_clips_come_first() -> None:
    batches = bucketed([1.0, 3.0, 2.0, 3.0], most_seconds=6, most_clips=9, seed=None)
    assert batches == [[1, 3], [2, 0]]


def test_a_seed_gives_the_same_batches_again() -> None:
    seconds = [1 + n % 7 for n in range(50)]

    def batches(seed: int) -> list[list[int]]:
        return bucketed(seconds, most_seconds=20, most_clips=9, seed=seed)

    assert batches(3) == batches(3) != batches(4)


@unhurried
@given(SECONDS, MOST, CLIPS, SEEDS)
def test_every_epoch_has_as_many_batches_as_the_sampler_says(
    seconds: list[float], most_seconds: float, most_clips: int, seed: int
) -> None:
    sampler = SecondsSampler(seconds, most_seconds=most_seconds, most_clips=most_clips, seed=seed)
    for epoch in range(4):
        sampler.set_epoch(epoch)
        batches = list(sampler)
        assert len(batches) == len(sampler)
        assert sorted(index for batch in batches for index in batch) == list(range(len(seconds)))


def test_the_number_of_batches_is_steady_where_the_cuts_differ_in_it() -> None:
    seconds = np.random.default_rng(0).uniform(1, 12, 300).tolist()
    cuts = {len(bucketed(seconds, most_seconds=30, most_clips=16, seed=seed)) for seed in range(12)}
    assert len(cuts) > 1
    sampler = SecondsSampler(seconds, most_seconds=30, most_clips=16, seed=0)
    assert {len(list(sampler)) for _ in range(12)} == {len(sampler)}


def test_epochs_differ_and_can_be_had_again() -> None:
    seconds = [1 + n % 7 for n in range(50)]
    sampler = SecondsSampler(seconds, most_seconds=20, most_clips=9, seed=0)
    first, second = list(sampler), list(sampler)
    assert first != second
    sampler.set_epoch(0)
    assert list(sampler) == first


def test_no_batch_of_any_epoch_is_over_the_limits() -> None:
    seconds = [15.4, 18.8, 12.9, 3.7, 18.6, 13.5, 5.2, 15.0, 18.4]
    for seed in range(20):
        sampler = SecondsSampler(seconds, most_seconds=40, most_clips=7, seed=seed)
        for epoch in range(4):
            sampler.set_epoch(epoch)
            assert all(within(seconds, batch, 40, 7) for batch in sampler), (seed, epoch)
