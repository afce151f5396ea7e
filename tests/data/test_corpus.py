"""What a run uses of a release: its splits, a limit, and the reasons of plugins."""

from __future__ import annotations

from pathlib import Path

import pytest

from cvrecipes import hookspecs
from cvrecipes.catalog import open_recipe
from cvrecipes.data.corpus import read_corpus, read_split
from cvrecipes.data.release import open_release
from cvrecipes.errors import Failure, UsageError
from cvrecipes.models.ctc import Framing
from cvrecipes.records import SPLITS, Clip, Corpus, LeftOut
from cvrecipes.settings import Settings
from support.reading import LONG_TEXT, manager, read
from support.releases import GOOD, Row, make_release


def test_dev_and_test_keep_long_and_impossible_clips_that_train_drops(tmp_path: Path) -> None:
    hard = [
        Row(text, split, seconds=seconds)
        for split in SPLITS
        for text, seconds in (("aç", 21.0), (LONG_TEXT, 1.5), ("aç", 0.3))
    ]
    corpus = read(make_release(tmp_path, rows=[*GOOD, *hard]))
    assert [corpus.split(split).num_rows for split in SPLITS] == [4, 5, 6]
    assert [row.split for row in corpus.left_out] == ["train"] * 3


def test_only_clips_without_a_frame_leave_dev_and_test(tmp_path: Path) -> None:
    rows = [*GOOD, *(Row("aç", split, seconds=0.5, listed=20) for split in ("dev", "test"))]
    corpus = read(make_release(tmp_path, rows=rows))
    assert [row.reason for row in corpus.left_out] == ["too short: not one frame"] * 2


def test_merge_dev_trains_on_both(tmp_path: Path) -> None:
    place = make_release(tmp_path)
    apart, merged = read(place), read(place, merge_dev=True)
    assert merged.dev.num_rows == 0
    clips = [*apart.train["clip"].to_pylist(), *apart.dev["clip"].to_pylist()]
    assert merged.train["clip"].to_pylist() == clips
    assert merged.test == apart.test


def test_merge_dev_does_not_train_on_what_ctc_cannot_write(tmp_path: Path) -> None:
    hard = [Row(LONG_TEXT, "dev"), Row("aç", "dev", seconds=21.0)]
    corpus = read(make_release(tmp_path, rows=[*GOOD, *hard]), merge_dev=True)
    assert [row.reason.split(":")[0] for row in corpus.left_out] == [
        "impossible for CTC",
        "too long",
    ]
    assert corpus.train.num_rows == 6


def many(count: int = 30) -> list[Row]:
    return [*GOOD[4:], *(Row(speaker=str(number)) for number in range(count))]


def chosen(place: Path, seed: int) -> list[int]:
    return read(place, limit=5, seed=seed).train["line"].to_pylist()


def test_the_choice_of_clips_follows_the_seed(tmp_path: Path) -> None:
    place = make_release(tmp_path, rows=many())
    first = chosen(place, 1)
    assert first == sorted(first)
    assert len(first) == 5
    assert chosen(place, 1) == first
    assert len({tuple(chosen(place, seed)) for seed in range(8)}) > 1


def test_a_limit_over_the_number_of_clips_changes_nothing(tmp_path: Path) -> None:
    place = make_release(tmp_path)
    assert read(place, limit=1000).train == read(place).train


def test_no_usable_clip_is_a_failure_that_counts_the_reasons(tmp_path: Path) -> None:
    rows = [*GOOD[:6], *(Row("1990", "test") for _ in range(3))]
    with pytest.raises(Failure, match=r"no clip of test can be used \(3 digits\)"):
        read(make_release(tmp_path, rows=rows))
    with pytest.raises(Failure, match=r"no clip of train can be used \(it has no rows\)"):
        read(make_release(tmp_path / "more", rows=GOOD[4:]))


class NoTwenties:
    """Leaves out half of the speakers, with a reason of its own."""

    @hookspecs.hookimpl
    def reason_to_leave_out(self, clip: Clip, text: str) -> str | None:
        assert clip.columns["age"] == "twenties"
        assert clip.path.is_file()
        assert text == text.lower()
        return f"speaker {clip.speaker}" if clip.speaker in ("baba", "elma") else None


class NoLongA:
    """A second opinion."""

    @hookspecs.hookimpl
    def reason_to_leave_out(self, clip: Clip) -> str | None:
        return "line 3" if (clip.split, clip.line) == ("train", 3) else None


def test_reasons_of_plugins_are_written_down(tmp_path: Path) -> None:
    corpus = read(make_release(tmp_path), NoTwenties(), NoLongA())
    found = {(row.split, row.line): row.reason for row in corpus.left_out}
    assert set(found[("train", 3)].split("; ")) == {"speaker baba", "line 3"}
    assert found[("test", 2)] == "speaker elma"
    assert len(found) == 2


def split_of(place: Path, split: str) -> tuple[int, list[LeftOut], int]:
    recipe, hooks = open_recipe("tr", manager())
    release = open_release(str(place), "tr")
    rows, out, lines = read_split(release, recipe, hooks, split, Framing(), Settings())
    return rows.num_rows, out, lines


def test_one_split_is_read_alone(tmp_path: Path) -> None:
    rows = [*GOOD, Row("1990", "test"), Row("1990", "train")]
    place = make_release(tmp_path, rows=rows)
    (place / "train.tsv").write_bytes(b"broken")
    used, out, lines = split_of(place, "test")
    assert (used, lines) == (3, 4)
    assert [(row.split, row.line, row.reason) for row in out] == [("test", 5, "digits")]


def test_a_split_that_is_not_there_or_not_usable_is_an_error(tmp_path: Path) -> None:
    place = make_release(tmp_path, rows=[*GOOD[:4], Row("1990", "dev"), *GOOD[6:]])
    with pytest.raises(Failure, match=r"no clip of dev can be used \(1 digits\)"):
        split_of(place, "dev")
    (place / "dev.tsv").unlink()
    with pytest.raises(UsageError, match=r"has no dev\.tsv"):
        split_of(place, "dev")
    assert read_without_dev(place).dev.num_rows == 0


def read_without_dev(place: Path) -> Corpus:
    recipe, hooks = open_recipe("tr", manager())
    return read_corpus(open_release(str(place), "tr"), recipe, hooks, Framing(), Settings())


def test_a_listed_length_without_end_is_measured(tmp_path: Path) -> None:
    path = make_release(tmp_path) / "clip_durations.tsv"
    path.write_text(path.read_text("utf-8").replace("\t1500", "\tinf"), "utf-8")
    seconds = read(path.parent).test["seconds"].to_pylist()
    assert all(1.4 < length < 1.6 for length in seconds)


def test_columns_called_as_ours_give_way(tmp_path: Path) -> None:
    path = make_release(tmp_path) / "train.tsv"
    text = path.read_text("utf-8").replace("sentence_id", "line").replace("segment", "line_")
    path.write_text(text, "utf-8")
    assert read(path.parent).train["line"].to_pylist() == [2, 3, 4, 5]
