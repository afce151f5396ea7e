"""Samples: the one that ships with cvrecipes, and those that `cvrecipes sample` makes."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Sequence
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import soundfile

from cvrecipes import audio
from cvrecipes.catalog import open_recipe
from cvrecipes.data.corpus import read_corpus
from cvrecipes.data.release import open_release, sample_folder
from cvrecipes.data.tsv import read_tsv
from cvrecipes.errors import Failure, UsageError
from cvrecipes.models.ctc import Framing
from cvrecipes.plugins import new_manager
from cvrecipes.records import SPLITS, Corpus
from cvrecipes.sample.espeak import espeak
from cvrecipes.sample.prompts import Prompts, cldr_words
from cvrecipes.sample.release import Made, make_release, speakers
from cvrecipes.sample.voices import variants_of_splits
from cvrecipes.settings import Settings
from support.releases import COLUMNS, listing

Call = Callable[..., Any]
# An mp3 is filled up to whole frames, and one more: milliseconds of two frames at 48 kHz.
PADDING = 2 * 24 + 1
WORDS = ["aamu", "ilta", "kesä", "talvi", "yö"]


def disjoint(several: Sequence[set[str]]) -> bool:
    return not any(left & right for left, right in combinations(several, 2))


def columns(folder: Path, name: str) -> list[set[str]]:
    """The values of a column in each split."""
    return [set(read_tsv(folder / f"{split}.tsv").rows[name].to_pylist()) for split in SPLITS]


# Prompts


def sentences(seed: int, count: int = 20) -> list[str]:
    prompts = Prompts(WORDS, random.Random(seed))
    return [prompts.sentence() for _ in range(count)]


def test_prompts_follow_their_seed() -> None:
    assert sentences(1) == sentences(1)
    assert sentences(1) != sentences(2)


def test_prompts_have_the_words_asked_for() -> None:
    prompts = Prompts(WORDS, random.Random(0), invented=0.0)
    for _ in range(50):
        text = prompts.sentence(2, 4)
        words = text.removesuffix(".").lower().split()
        assert 2 <= len(words) <= 4
        assert set(words) <= set(WORDS)
        assert text[0].isupper()


def test_invented_words_are_made_of_the_words_letters() -> None:
    prompts = Prompts(WORDS, random.Random(0), invented=1.0)
    assert {sign for _ in range(200) for sign in prompts.word()} <= set("".join(WORDS))


def test_prompts_of_nothing_are_a_failure() -> None:
    with pytest.raises(Failure, match="no words"):
        Prompts([], random.Random(0))


def test_cldr_has_words_of_a_language_and_none_of_an_unknown_one() -> None:
    words = cldr_words("fi")
    assert "suomi" in words
    assert words == sorted(set(words))
    for locale in ("xx", "no such locale", ""):
        with pytest.raises(Failure, match="CLDR has no words") as caught:
            cldr_words(locale)
        assert "--text" in caught.value.message


# A release made now


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make_release("fi", tmp_path_factory.mktemp("sample"), hours=0.01, seed=1)


def test_a_made_release_has_common_voices_columns_and_files(made: Made) -> None:
    for name in (*SPLITS, "validated", "invalidated", "other"):
        header = (made.folder / f"{name}.tsv").read_text(encoding="utf-8").split("\n")[0]
        assert tuple(header.split("\t")) == COLUMNS
    for split in SPLITS:
        table = read_tsv(made.folder / f"{split}.tsv")
        assert table.rows.num_rows == made.clips[split] > 0
        assert table.bad == ()
        assert set(table.rows["locale"].to_pylist()) == {"fi"}
    assert read_tsv(made.folder / "validated.tsv").lines == sum(made.clips.values())
    assert [path.name for path in made.folder.parent.iterdir()] == ["fi"]


def test_splits_of_a_made_release_share_no_voice_and_no_sentence(made: Made) -> None:
    for name in ("client_id", "sentence", "sentence_id", "path"):
        assert disjoint(columns(made.folder, name)), name


def test_another_seed_changes_how_voices_of_dev_and_test_speak_and_never_which() -> None:
    variants = [
        {split: {voice.variant for voice in voices} for split, voices in made.items()}
        for made in (speakers(random.Random(1)), speakers(random.Random(2)))
    ]
    drawn = variants_of_splits(espeak().variants())
    for made in variants:
        assert made["dev"] == set(drawn["dev"]) and made["test"] == set(drawn["test"])
        assert disjoint(list(made.values()))
        assert made["train"] == set(drawn["train"])


def test_every_second_clip_of_train_has_a_speaker_of_its_own(tmp_path: Path) -> None:
    words = [f"sana {letter}" for letter in "abcdefghijklmnopqrstuvwxyzäöå" for _ in "ab"]
    words = [f"{word} {number}" for number, word in enumerate(words)]
    many = make_release("fi", tmp_path, hours=1, sentences=words, seed=1, most_held_out=1)
    speakers = read_tsv(many.folder / "train.tsv").rows["client_id"].to_pylist()
    assert len(speakers) == len(words) - 2
    assert len(set(speakers[1::2])) == len(speakers[1::2])
    assert not set(speakers[::2]) & set(speakers[1::2])


def test_train_reads_what_is_left_when_dev_and_test_have_enough(tmp_path: Path) -> None:
    words = [f"sana {letter}" for letter in "abcdefghijklmnopqrstuvwxyzäöå"]
    few = make_release("fi", tmp_path, hours=1, sentences=words, seed=1, most_held_out=2)
    assert few.clips == {"train": 25, "dev": 2, "test": 2}


def test_clips_of_a_made_release_are_48_khz_mp3_of_the_listed_length(made: Made) -> None:
    listed = read_tsv(made.folder / "clip_durations.tsv").rows
    seconds = dict(
        zip(listed["clip"].to_pylist(), map(int, listed["duration[ms]"].to_pylist()), strict=True)
    )
    clips = sorted((made.folder / "clips").iterdir())
    assert [clip.name for clip in clips] == sorted(seconds)
    for clip in clips:
        info = soundfile.info(clip)
        assert (info.format, info.samplerate, info.channels) == ("MP3", 48_000, 1)
        assert 1000 * audio.duration(clip) == pytest.approx(seconds[clip.name], abs=PADDING)
        assert abs(audio.load(clip)).max() > 0.05
    assert sum(seconds.values()) / 3.6e6 == pytest.approx(made.hours, rel=1e-3)
    assert 0.01 <= made.hours < 0.015


def test_a_made_release_opens_as_one_of_common_voice(made: Made) -> None:
    release = open_release(str(made.folder), "fi")
    assert set(release.tables) >= set(SPLITS)
    assert not release.builtin


def test_the_same_seed_makes_the_same_rows_and_another_seed_others(
    made: Made, tmp_path: Path
) -> None:
    again = make_release("fi", tmp_path / "again", hours=0.02, seed=1)
    other = make_release("fi", tmp_path / "other", hours=0.02, seed=2)
    for split in SPLITS:
        before = (made.folder / f"{split}.tsv").read_text(encoding="utf-8")
        assert (again.folder / f"{split}.tsv").read_text(encoding="utf-8").startswith(before)
    assert disjoint([columns(again.folder, "sentence")[2], columns(other.folder, "sentence")[2]])


def test_given_sentences_are_read_once_each(tmp_path: Path) -> None:
    given = [f"talo numero {word}" for word in "abcdefghijkl"]
    release = make_release("fi", tmp_path, hours=1.0, sentences=[*given, *given, " "])
    read = [text for split in columns(release.folder, "sentence") for text in split]
    assert sorted(read) == given
    assert all(release.clips.values())


def test_too_few_sentences_are_a_failure(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="0 sentences are too few"):
        make_release("fi", tmp_path, hours=1.0, sentences=[])
    with pytest.raises(Failure, match="3 sentences are too few"):
        make_release("fi", tmp_path, hours=1.0, sentences=["yksi", "kaksi", "kolme", "yksi"])
    assert list(tmp_path.iterdir()) == []


def test_a_locale_nobody_speaks_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        UsageError, match="espeak-ng does not speak 'tkl'; did you mean tk "
    ) as caught:
        make_release("tkl", tmp_path, hours=0.01)
    assert caught.value.message.endswith("cvrecipes sample --voices")
    assert len(caught.value.message) < 120
    assert list(tmp_path.iterdir()) == []


def test_every_language_espeak_speaks_can_be_listed(call: Call) -> None:
    codes = call("sample", "--voices").out.split()
    assert codes == sorted(codes)
    assert {"fi", "tr", "cmn"} <= set(codes)


@pytest.mark.parametrize("hours", ["inf", "nan", "-inf", "0", "-1", "1e999", "many"])
def test_hours_without_an_end_are_wrong_usage(call: Call, hours: str, tmp_path: Path) -> None:
    done = call("sample", "fi", "--out", tmp_path / "x", "--hours", hours)
    assert done.code == 2
    assert done.complaint.startswith("invalid value for '--hours': ")
    assert not (tmp_path / "x").exists()


def test_more_hours_than_the_disk_holds_are_refused_before_the_work(tmp_path: Path) -> None:
    with pytest.raises(Failure, match=r"GB are free, 1e\+09 hours of speech need about") as caught:
        make_release("fi", tmp_path / "new", hours=1e9)
    assert caught.value.where == str(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_other_things_is_refused(call: Call, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("{}")
    done = call("sample", "fi", "--out", tmp_path)
    assert done.code == 2
    assert done.complaint.startswith(f"{tmp_path}: the folder is not empty and holds no release")
    assert [path.name for path in tmp_path.iterdir()] == ["run.json"]


def test_a_second_language_goes_beside_the_first(made: Made) -> None:
    release = make_release(
        "et", made.folder.parent, hours=0.002, sentences=list("abcdefghijklmnopqrstuvwxyz")
    )
    assert release.folder == made.folder.with_name("et")
    shutil.rmtree(release.folder)


def test_a_place_that_cannot_be_written_is_named_as_the_user_named_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Failure, match="cannot be written") as caught:
        make_release("fi", tmp_path / "file" / "x", hours=0.01)
    assert caught.value.where == str(tmp_path / "file" / "x" / "fi")
    with pytest.raises(UsageError, match="is a file, not a folder"):
        make_release("fi", tmp_path / "file", hours=0.01)


def test_an_interrupted_sample_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("cvrecipes.sample.release._write_tables", interrupt)
    with pytest.raises(KeyboardInterrupt):
        make_release("fi", tmp_path / "x", hours=0.01)
    assert list((tmp_path / "x").iterdir()) == []


def test_a_folder_that_exists_is_refused_and_left_alone(made: Made) -> None:
    before = listing(made.folder)
    with pytest.raises(UsageError, match="exists already; choose another --out") as caught:
        make_release("fi", made.folder.parent, hours=0.01)
    assert caught.value.where == str(made.folder)
    assert listing(made.folder) == before


# The sample that ships with cvrecipes

BUILTIN = sample_folder() / "tr"


@cache
def corpus() -> Corpus:
    recipe, hooks = open_recipe("tr", new_manager(installed=False))
    release = open_release(str(BUILTIN), "tr")
    assert release.builtin
    return read_corpus(release, recipe, hooks, Framing(), Settings())


def test_the_sample_loses_no_row_to_its_recipe() -> None:
    assert corpus().left_out == ()
    assert {s: corpus().split(s).num_rows for s in SPLITS} == dict(corpus().rows)


def test_the_sample_is_large_enough_to_train_on_and_small_enough_to_ship() -> None:
    assert sum(corpus().rows.values()) >= 600
    assert sum(corpus().hours(split) for split in SPLITS) >= 0.5
    files = [path for path in sample_folder().rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= 12_000_000


def test_dev_and_test_of_the_sample_have_the_voices_of_the_rule_and_enough_words() -> None:
    drawn = variants_of_splits(espeak().variants())
    for split in ("dev", "test"):
        table = corpus().split(split)
        assert len(set(table["speaker"].to_pylist())) == len(drawn[split]) >= 6
        assert sum(len(text.split()) for text in table["text"].to_pylist()) >= 450


def test_splits_of_the_sample_share_no_speaker_and_no_sentence() -> None:
    for column in ("speaker", "text", "clip"):
        assert disjoint([set(corpus().split(split)[column].to_pylist()) for split in SPLITS])


def test_clips_of_the_sample_are_those_listed_and_48_khz_mp3() -> None:
    clips = sorted((BUILTIN / "clips").iterdir())
    used = [name for split in SPLITS for name in corpus().split(split)["clip"].to_pylist()]
    assert [clip.name for clip in clips] == sorted(used)
    listed = {
        name: seconds
        for split in SPLITS
        for name, seconds in zip(
            *(corpus().split(split)[column].to_pylist() for column in ("clip", "seconds")),
            strict=True,
        )
    }
    for clip in clips:
        info = soundfile.info(clip)
        assert (info.format, info.samplerate, info.channels) == ("MP3", 48_000, 1)
        assert 1000 * info.duration == pytest.approx(1000 * listed[clip.name], abs=PADDING)


def test_the_sample_has_common_voices_columns() -> None:
    for name in (*SPLITS, "validated", "invalidated", "other"):
        header = (BUILTIN / f"{name}.tsv").read_text(encoding="utf-8").split("\n")[0]
        assert tuple(header.split("\t")) == COLUMNS
