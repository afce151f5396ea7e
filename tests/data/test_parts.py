"""Clips that are parts of files, as NeMo's offset and duration give them; rows of one file."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import soundfile

from conftest import Outcome
from cvrecipes import audio
from cvrecipes.data.certificate import shared
from cvrecipes.data.clips import ClipFiles
from cvrecipes.data.overlaps import Span, overlapped, span_of
from cvrecipes.errors import Failure
from cvrecipes.records import SPLITS, Corpus, Segment, segments
from support.packing import read
from support.releases import tone

pytestmark = pytest.mark.usefixtures("cache")

RATE = 16_000


@pytest.fixture
def long_file(tmp_path: Path) -> Path:
    """Ten seconds of noise, in which no two parts are alike."""
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 10 * RATE)
    soundfile.write(tmp_path / "long.wav", noise, RATE)
    return tmp_path / "long.wav"


def manifest(place: Path, *rows: dict[str, Any]) -> Path:
    path = place / "m.jsonl"
    lines = (json.dumps({"text": "güneşli bir gün", **row}, ensure_ascii=False) for row in rows)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def part(split: str, offset: object, **more: Any) -> dict[str, Any]:
    return {"audio_filepath": "long.wav", "offset": offset, "split": split, **more}


def left_out(corpus: Corpus) -> dict[tuple[int, str], str]:
    return {(row.line, row.clip): row.reason for row in corpus.left_out}


def test_parts_of_one_file_are_clips_of_their_own(long_file: Path) -> None:
    corpus = read(
        manifest(
            long_file.parent,
            part("train", 0, duration=2.5),
            part("train", 2.5, duration=1.25),
            part("train", "4.1", duration=2.2),
            part("dev", 7.0, duration_ms=1500),
            part("test", 8.5),
        )
    )
    assert corpus.left_out == ()
    assert corpus.train["clip"].to_pylist() == [
        "long.wav#t=0,2.5", "long.wav#t=2.5,3.75", "long.wav#t=4.1,6.3",
    ]  # fmt: skip
    assert corpus.test["clip"].to_pylist() == ["long.wav#t=8.5"]
    assert corpus.train["seconds"].to_pylist() == pytest.approx([2.5, 1.25, 2.2])
    assert corpus.test["seconds"].to_pylist() == [1.5]
    whole = audio.load(long_file)
    for split in SPLITS:
        for clip in segments(corpus.split(split)):
            end = 10 if clip.end is None else clip.end
            expected = whole[round(RATE * (clip.start or 0)) : round(RATE * end)]
            assert np.array_equal(audio.load(clip), expected)
    made = corpus.certificate
    assert made is not None and (made.clips, made.clips_at_least) == (None, 3)
    assert made.shared["test"]["recordings"] == 0


def test_the_same_part_is_trained_on_once_and_not_when_test_holds_it(long_file: Path) -> None:
    copy = long_file.with_name("copy.wav")
    copy.write_bytes(long_file.read_bytes())
    rows = [part("train", 1, duration=2), part("train", 5, duration=2), part("test", 5, duration=2)]
    rows += [{**part("train", 1.0, duration=2.0), "audio_filepath": "copy.wav"}]
    rows += [part("train", 1, duration=2.5)]
    corpus = read(manifest(long_file.parent, *rows))
    assert left_out(corpus) == {
        (2, "long.wav#t=5,7"): "same audio: as long.wav#t=5,7 in test",
        (4, "copy.wav#t=1,3"): "same audio: as long.wav#t=1,3",
    }


def test_a_part_that_is_not_in_its_file_says_why(long_file: Path) -> None:
    rows = [
        part("train", 1, duration=2),
        part("train", 10.5, duration=1),
        part("train", 9, duration=2),
        part("train", 9.05, duration=1),  # tables round
        part("train", -1, duration=2),
        part("train", -2, duration=2),
        part("train", "now", duration=2),
        part("train", 3, duration=0),
        part("test", 4, duration=2),
    ]
    corpus = read(manifest(long_file.parent, *rows))
    assert {line: reason for (line, _), reason in left_out(corpus).items()} == {
        2: "part beyond the file: 10.5 to 11.5 of 10.0 s",
        3: "part beyond the file: 9 to 11 of 10.0 s",
        5: "negative offset: -1",
        6: "negative offset: -2",
        7: "offset is no number: now",
        8: "empty audio",
    }
    assert corpus.train["seconds"].to_pylist() == pytest.approx([2.0, 0.95])


def test_an_offset_of_nothing_is_a_whole_file(long_file: Path) -> None:
    other = long_file.with_name("other.wav")
    other.write_bytes(tone(3.0, RATE, 1, "wav", 440))
    rows = [part("train", 1, duration=2), part("test", ""), part("dev", 0)]
    rows[0]["audio_filepath"] = "other.wav"
    corpus = read(manifest(long_file.parent, *rows))
    assert corpus.test["clip"].to_pylist() == corpus.dev["clip"].to_pylist() == ["long.wav"]
    assert corpus.dev["start"].to_pylist() == corpus.dev["end"].to_pylist() == [None]


def test_parts_are_remembered_with_their_file(
    long_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ClipFiles, "worth_remembering", 1)
    rows = [part("train", 1, duration=2), part("test", 4, duration=2)]
    first = read(manifest(long_file.parent, *rows))
    for name in ("open_files", "measure", "decode"):
        monkeypatch.setattr(f"cvrecipes.data.clips.{name}", lambda some: [] if not some else None)
    again = read(manifest(long_file.parent, *rows, part("train", 8, duration=9)))
    assert again.test == first.test
    assert left_out(again) == {(3, "long.wav#t=8,17"): "part beyond the file: 8 to 17 of 10.0 s"}


@pytest.mark.parametrize("wrong", [99.0, 0.0])
@pytest.mark.parametrize("order", [1, -1])
def test_of_two_rows_of_one_file_only_that_with_a_wrong_duration_is_left_out(
    tmp_path: Path, wrong: float, order: int
) -> None:
    for split in SPLITS:
        content = tone(1.5, RATE, 1, "wav", 440 + len(split))
        (tmp_path / f"{split}.wav").write_bytes(content)
    rows = [
        {"audio_filepath": "train.wav", "split": "train", "duration": seconds}
        for seconds in (wrong, 1.5)[::order]
    ]
    rows += [{"audio_filepath": f"{split}.wav", "split": split} for split in ("dev", "test")]
    corpus = read(manifest(tmp_path, *rows))
    assert corpus.train["seconds"].to_pylist() == [1.5]
    (row,) = corpus.left_out
    assert row.line == (1 if order == 1 else 2)
    assert row.reason == ("truncated audio: 1.5 of 99.0 s are there" if wrong else "empty audio")


def test_check_plays_a_part_and_not_its_file(
    call: Callable[..., Outcome], long_file: Path, tmp_path: Path
) -> None:
    rows = [part("train", 1, duration=2), part("test", 4, duration=2.5)]
    path, page = manifest(long_file.parent, *rows), tmp_path / "check.html"
    call("check", "tr", "--data", path, "--html", page)
    assert 'src="./long.wav#t=4,6.5"' in page.read_text(encoding="utf-8")
    call("check", "tr", "--data", path, "--html", page, "--embed")
    text = page.read_text(encoding="utf-8")
    assert text.count('src="data:audio/wav;base64,') == 2 and len(text) < 10 * RATE * 2


def test_a_segment_behind_its_file_is_no_audio(long_file: Path) -> None:
    assert len(audio.load(Segment(str(long_file), 9.5, 11.0))) == RATE // 2
    with pytest.raises(Failure, match=r"holds no audio|cannot be decoded"):
        audio.load(Segment(str(long_file), 11.0, 12.0))


@pytest.mark.parametrize("policy", ["official", "strict-all"])
def test_a_part_that_overlaps_one_of_test_is_not_trained_on(long_file: Path, policy: str) -> None:
    copy = long_file.with_name("copy.wav")
    copy.write_bytes(long_file.read_bytes())
    other = long_file.with_name("other.wav")
    other.write_bytes(tone(3.0, RATE, 1, "wav", 440))
    rows = [
        part("train", 4.5, duration=2, text="bir"),
        {**part("train", 3.0, duration=1.5, text="iki"), "audio_filepath": "copy.wav"},
        {"audio_filepath": "long.wav", "split": "train", "text": "üç"},
        part("train", 2.0, duration=2.04, text="dört"),  # tables round
        part("train", 6, text="altı"),
        part("train", 6.5, duration=1, text="yedi"),  # parts of train may overlap
        part("test", 4, duration=2),
        {**part("dev", 1, text="beş"), "audio_filepath": "other.wav"},
        {"audio_filepath": "other.wav", "split": "train", "text": "sekiz"},
    ]
    corpus = read(manifest(long_file.parent, *rows), split=policy)
    assert corpus.train["raw"].to_pylist() == ["dört", "altı", "yedi"]
    reasons = {row.line: row.reason for row in corpus.left_out}
    same = "same audio: overlaps long.wav#t=4,6 in test"
    official = {1: same, 2: same, 3: same, 9: "same audio: overlaps other.wav#t=1 in dev"}
    held = "held out (clip): in test"
    strict = {1: held, 2: same, 3: held, 9: "held out (clip): in dev"}
    assert reasons == (official if policy == "official" else strict)
    assert corpus.certificate is not None and corpus.certificate.clips_at_least == 0


def test_a_long_span_before_short_ones_is_found_by_what_overlaps_it() -> None:
    by = [Span("a", 0, 100), Span("a", 1, 2), Span("a", 3, 4), Span("b", 0, math.inf)]
    asked = [Span("a", 50, 51), Span("a", 100, 101), Span("b", 7, 8), Span("c", 0, 9)]
    assert overlapped(asked, by) == [0, None, 3, None]
    assert overlapped([Span("a", 1.98, 2.04)], by[1:2]) == [None]
    assert overlapped([Span("a", 1.94, 2.02)], by[1:2]) == [0]
    assert span_of("x#t=,3") == Span("x", 0, 3) and span_of("x#t=y") == Span("x#t=y", 0, math.inf)


def test_a_certificate_counts_clips_that_overlap_one_of_test() -> None:
    def clips(*names: str) -> pa.Table:
        return pa.table(
            {
                "clip": pa.array(names, pa.string()),
                **{
                    column: pa.array([f"{column} {name}" for name in names], pa.string())
                    for column in ("speaker", "text", "near")
                },
            }
        )

    train = clips("a.wav#t=0,2", "a.wav#t=2,4", "b.wav", "c.wav")
    counts = shared(train, [clips("a.wav#t=1,1.5"), clips("b.wav#t=8", "c.wavy")])
    assert counts.recordings == counts.clips == 2


@pytest.mark.parametrize("kind", ["wav", "mp3"])
@pytest.mark.parametrize("more", [{}, {"offset": None}])
def test_a_file_that_is_far_longer_than_its_row_says_is_left_out(
    tmp_path: Path, kind: str, more: dict[str, Any]
) -> None:
    lengths = {"train": 3.0, "far": 8.0, "near": 2.5, "dev": 1.5, "test": 1.6}
    for number, (name, seconds) in enumerate(lengths.items()):
        content = tone(seconds, RATE, 1, kind, 440 + 30 * number)
        (tmp_path / f"{name}.{kind}").write_bytes(content)
    rows = [
        {"audio_filepath": f"{name}.{kind}", "split": split, "duration": seconds, **more}
        for name, split, seconds in (
            ("train", "train", 3.0), ("far", "train", 2), ("near", "train", 2), ("dev", "dev", 1.5),
            ("far", "test", 2.0), ("test", "test", 1.6),
        )
    ]  # fmt: skip
    corpus = read(manifest(tmp_path, *rows))
    assert {row.line: row.rule for row in corpus.left_out} == dict.fromkeys((2, 5), "wrong length")
    assert all("2.0 s by its row" in row.detail for row in corpus.left_out)
    # A rounded length is not believed either.
    assert corpus.train["seconds"].to_pylist() == pytest.approx([3.0, 2.5], abs=0.1)


def test_a_number_of_hundreds_of_digits_is_shown_short(long_file: Path) -> None:
    rows = [
        part("train", 1e308, duration=2),
        part("train", 10**400, duration=2),
        part("train", 1, duration=10**400),
        part("train", "9" * 300 + "x"),
        part("train", -(10**400)),
        part("train", 1, duration=2),
        part("test", 4, duration=2),
    ]
    corpus = read(manifest(long_file.parent, *rows))
    reasons = [row.reason for row in corpus.left_out]
    assert [row.line for row in corpus.left_out] == [1, 2, 3, 4, 5]
    assert all(len(reason) < 90 for reason in reasons)
    assert reasons[0] == "offset is beyond any file: 1e+308"
    assert all(len(row.clip) < 90 for row in corpus.left_out)
