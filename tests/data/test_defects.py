"""Defects of a release: each has a name and a line, and no row is ever lost."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from cvrecipes.decoding.transcribe import transcribe
from cvrecipes.records import SPLITS
from support.reading import LONG_TEXT, only_left_out, read, with_row
from support.releases import GOOD, LONG_LINE, Row, clip_name, line_of, listing, make_release

DEFECTS = {
    "tab inside a row": (Row("güneşli\tbir gün"), "malformed row: 14 of 13 columns"),
    "missing columns": (Row(cut=4), "malformed row: 4 of 13 columns"),
    "not UTF-8": (Row(b"g\xfcne\xfeli bir g\xfcn"), "not UTF-8"),
    "empty sentence": (Row(""), "empty"),
    "only punctuation": (Row("... !?"), "empty"),
    "no file name": (Row(nameless=True), "no file name"),
    "missing clip": (Row(audio="missing"), "missing audio"),
    "zero bytes": (Row(audio="empty"), "empty audio"),
    "text named mp3": (Row(audio="text"), "unreadable audio: not an audio file"),
    "zero milliseconds": (Row(listed=0), "empty audio"),
    "digits": (Row("bugün 1990 yılı"), "digits"),
    "another script": (Row("добрый день"), "another script: б"),
    "mojibake": (Row("gÃ¼zel gÃ¼n"), "outside alphabet: ¼"),
    "foreign letters": (Row("taɣə"), "outside alphabet: ə ɣ"),
    "too short for its text": (Row(LONG_TEXT), "impossible for CTC: "),
    "over 20 seconds": (Row(seconds=21.0), "too long: over 20 s"),
    "under half a second": (Row("aç", seconds=0.3), "too short: under 0.5 s"),
    "not one frame": (Row("aç", seconds=0.5, listed=20), "too short: not one frame"),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_defect_has_its_name_and_line(defect: str, tmp_path: Path) -> None:
    row, reason = DEFECTS[defect]
    rows, place = with_row(row)
    out = only_left_out(read(make_release(tmp_path, rows=rows)))
    assert (out.split, out.line) == ("train", line_of(rows, place))
    assert out.reason.startswith(reason)
    if not reason.startswith(("malformed", "not UTF-8", "no file")):
        assert out.clip == clip_name(place, row)
        assert out.raw == row.sentence


def test_all_defects_are_named_in_one_reading(tmp_path: Path) -> None:
    rows = [*GOOD[:2], *(row for row, _ in DEFECTS.values()), *GOOD[2:]]
    corpus = read(make_release(tmp_path, rows=rows))
    assert corpus.train.num_rows == 4
    by_line = {row.line: row.reason for row in corpus.left_out}
    for row, reason in DEFECTS.values():
        assert by_line[line_of(rows, rows.index(row))].startswith(reason)


def test_a_sentence_that_has_lost_letters_is_not_learned(tmp_path: Path) -> None:
    rows, place = with_row(Row("g\ufffdne\ufffdli bir g\ufffdn"))
    assert only_left_out(read(make_release(tmp_path, rows=rows))).line == line_of(rows, place)


@pytest.mark.parametrize("split", ["dev", "test"])
def test_dev_and_test_name_their_defects_too(split: str, tmp_path: Path) -> None:
    rows, place = with_row(Row(split=split, audio="missing"))
    out = only_left_out(read(make_release(tmp_path, rows=rows)))
    assert (out.split, out.line, out.reason) == (split, line_of(rows, place), "missing audio")


def test_an_mp3_without_a_whole_frame_is_unreadable_where_no_duration_is_listed(
    tmp_path: Path,
) -> None:
    rows, place = with_row(Row(audio="truncated"))
    out = only_left_out(read(make_release(tmp_path, rows=rows, durations=False)))
    assert out.line == line_of(rows, place)
    assert out.reason.startswith("unreadable audio: ")


class SilentRecognizer:
    """A `Recognizer` that writes nothing."""

    rate, equal_lengths = 16_000, False

    def __init__(self) -> None:
        self.acoustic = self.decoder = self

    def logits(self, clips: Sequence[object]) -> list[list[int]]:
        return [[] for _ in clips]

    def evidence(self, logits: list[int]) -> list[int]:
        return logits

    def text(self, evidence: list[int]) -> str:
        return ""


def test_an_mp3_whose_listed_duration_was_believed_is_named_when_it_is_decoded(
    tmp_path: Path,
) -> None:
    rows, place = with_row(Row(split="test", audio="truncated"))
    corpus = read(make_release(tmp_path, rows=rows), audio=False)
    pairs, undecodable = transcribe(SilentRecognizer(), corpus.test)  # type: ignore[arg-type]
    assert [(out.split, out.line) for out in undecodable] == [("test", line_of(rows, place))]
    assert undecodable[0].reason.startswith("unreadable audio: ")
    assert len(pairs) + len(undecodable) + len(corpus.left_out) == corpus.rows["test"]


def test_a_reason_does_not_say_that_a_file_that_is_there_is_missing(tmp_path: Path) -> None:
    rows, _ = with_row(Row(audio="truncated"))
    out = only_left_out(read(make_release(tmp_path, rows=rows, durations=False)))
    assert "does not exist" not in out.reason


def test_a_row_that_is_malformed_and_not_utf8_is_named(tmp_path: Path) -> None:
    rows, place = with_row(Row(b"g\xfcne\xfeli\tbir g\xfcn"))
    out = only_left_out(read(make_release(tmp_path, rows=rows)))
    assert out.line == line_of(rows, place)
    assert out.reason.startswith("malformed row: 14 of 13 columns")


def test_a_line_of_megabytes_is_a_row_like_any_other(tmp_path: Path) -> None:
    rows, place = with_row(Row("güneş " * (LONG_LINE // 7)))
    out = only_left_out(read(make_release(tmp_path, rows=rows)))
    assert out.line == line_of(rows, place)
    assert out.reason.startswith("impossible for CTC: ")


@pytest.mark.parametrize("sentence", ['"güneşli bir gün', 'güneşli "bir gün', '""güneşli" bir"'])
@pytest.mark.parametrize("place", [0, 2, 3])
def test_an_unbalanced_quotation_mark_swallows_no_row(
    sentence: str, place: int, tmp_path: Path
) -> None:
    rows = list(GOOD)
    rows[place] = Row(sentence)
    corpus = read(make_release(tmp_path, rows=rows))
    assert corpus.left_out == ()
    assert corpus.train["raw"].to_pylist()[place] == sentence
    assert corpus.train["line"].to_pylist() == [2, 3, 4, 5]


@pytest.mark.parametrize(
    "row",
    [
        Row(rate=32_000),
        Row(rate=16_000, kind="wav"),
        Row(channels=2),
        Row("Güneşli,\u00a0bir — gün…"),
        Row("güneşli \\ bir \\n gün\\"),
        Row("güneşli\rbir gün"),
        Row("güneşli\x00bir gün"),
    ],
    ids=["32 kHz", "wav", "stereo", "typography", "backslash", "carriage return", "zero"],
)
@pytest.mark.parametrize("durations", [True, False])
def test_what_is_no_defect_is_used(row: Row, durations: bool, tmp_path: Path) -> None:
    rows, _ = with_row(row)
    corpus = read(make_release(tmp_path, rows=rows, durations=durations))
    assert corpus.left_out == ()
    assert corpus.train["seconds"].to_pylist() == pytest.approx([1.5] * 5)


def test_the_form_of_the_file_changes_nothing(tmp_path: Path) -> None:
    plain = read(make_release(tmp_path / "plain"))
    for name, form in {
        "crlf": {"crlf": True},
        "bom": {"bom": True},
        "both": {"crlf": True, "bom": True},
        "unlisted": {"durations": False},
        "old": {"old": True, "durations": False},
    }.items():
        corpus = read(make_release(tmp_path / name, **form))
        assert corpus.left_out == ()
        for split in SPLITS:
            for column in ("clip", "speaker", "raw", "text", "seconds", "line"):
                assert corpus.split(split)[column] == plain.split(split)[column], (name, column)


def test_columns_of_the_release_are_kept_under_their_names(tmp_path: Path) -> None:
    assert read(make_release(tmp_path / "new")).test["age"].to_pylist() == ["twenties"] * 3
    old = read(make_release(tmp_path / "old", old=True)).test
    assert "accent" in old.column_names
    assert "locale" not in old.column_names


def test_the_release_is_never_written_to(tmp_path: Path) -> None:
    rows = [*GOOD, *(row for row, _ in DEFECTS.values())]
    place = make_release(tmp_path, rows=rows)
    before = listing(tmp_path)
    corpus = read(place)
    read(place, limit=2)
    read(place, merge_dev=True)
    assert len(corpus.left_out) == len(DEFECTS)
    assert listing(tmp_path) == before
