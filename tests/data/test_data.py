"""Reading releases: every defect has a name and a line, and no row is ever lost."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pluggy
import pytest

from cvrecipes import hookspecs
from cvrecipes.catalog import open_recipe
from cvrecipes.data.corpus import read_corpus, read_split
from cvrecipes.data.release import find_data, open_release, sample_folder
from cvrecipes.data.tsv import read_tsv
from cvrecipes.decoding.transcribe import transcribe
from cvrecipes.errors import Failure, UsageError
from cvrecipes.models.ctc import Framing
from cvrecipes.plugins import new_manager
from cvrecipes.records import SPLITS, Clip, Corpus, LeftOut, Release
from cvrecipes.settings import Settings
from support.releases import (
    GOOD,
    LONG_LINE,
    VERSION,
    Row,
    clip_name,
    line_of,
    listing,
    make_release,
)

LONG_TEXT = "güneşli bir gün " * 20


def manager(*plugins: object) -> pluggy.PluginManager:
    return new_manager(plugins, installed=False)


def read(
    where: Path,
    *plugins: object,
    merge_dev: bool = False,
    limit: int | None = None,
    seed: int = 0,
    audio: bool = True,
) -> Corpus:
    """Read a release of Turkish as a run does, and check that no row is lost."""
    recipe, hooks = open_recipe("tr", manager(*plugins))
    release = open_release(str(where), "tr", hooks)
    settings = Settings(merge_dev=merge_dev)
    corpus = read_corpus(
        release, recipe, hooks, Framing(), settings, limit=limit, seed=seed, audio=audio
    )
    if limit is None and not merge_dev:
        every_row_is_accounted_for(release, corpus)
    return corpus


def every_row_is_accounted_for(release: Release, corpus: Corpus) -> None:
    for split in SPLITS:
        used = corpus.split(split)["line"].to_pylist()
        out = [row.line for row in corpus.left_out if row.split == split]
        lines = release.tables[split].read_bytes().count(b"\n")
        assert corpus.rows[split] == lines - 1
        assert sorted(used + out) == list(range(2, lines + 1))


def only_left_out(corpus: Corpus) -> LeftOut:
    assert len(corpus.left_out) == 1, corpus.left_out
    return corpus.left_out[0]


def with_row(row: Row) -> tuple[list[Row], int]:
    """Good rows with `row` in the middle of its split, and its place."""
    rows = list(GOOD)
    place = 1 + next(number for number, good in enumerate(rows) if good.split == row.split)
    rows.insert(place, row)
    return rows, place


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
    "another script": (Row("добрый день"), "outside alphabet: б"),
    "mojibake": (Row("kÃ¼Ã§Ã¼k"), "outside alphabet: ¼"),
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


class Deaf:
    """Stands for a `Recognizer` that hears nothing."""

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
    pairs, lost = transcribe(Deaf(), corpus.test)  # type: ignore[arg-type]
    assert [(out.split, out.line) for out in lost] == [("test", line_of(rows, place))]
    assert lost[0].reason.startswith("unreadable audio: ")
    assert len(pairs) + len(lost) + len(corpus.left_out) == corpus.rows["test"]


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


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"client_id\tpath\tpath\n", "repeated names"),
        (b"client_id\tpath\n", "has no column sentence"),
        (b"PK\x03\x04 zip archive\n", "has no column path or sentence"),
    ],
)
def test_a_file_that_is_no_table_is_a_failure(content: bytes, what: str, tmp_path: Path) -> None:
    place = make_release(tmp_path)
    (place / "train.tsv").write_bytes(content)
    with pytest.raises(Failure, match=what) as caught:
        read(place)
    assert caught.value.where == str(place / "train.tsv")


def test_empty_lines_are_rows_too(tmp_path: Path) -> None:
    file = tmp_path / "x.tsv"
    file.write_bytes(b"path\tsentence\na\tb\n\nc\td\n\n")
    table = read_tsv(file)
    assert table.rows.num_rows + len(table.bad) == table.lines == 4


def test_a_column_named_line_does_not_hide_the_line_numbers(tmp_path: Path) -> None:
    file = tmp_path / "x.tsv"
    file.write_bytes(b"path\tline\na\t7\n")
    assert read_tsv(file).rows.column_names.count("line") == 1


# Plugins


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


class Source:
    """Opens ``made:up`` and nothing else."""

    def __init__(self, release: Release) -> None:
        self.release = release

    @hookspecs.hookimpl
    def register_sources(self, register: pluggy.HookCaller) -> None:
        register("made", lambda where, locale: self.release if where == "made:up" else None)


def test_sources_of_plugins_come_before_folders(tmp_path: Path) -> None:
    release = open_release(str(make_release(tmp_path)), "tr")
    hooks = manager(Source(release))
    assert open_release("made:up", "tr", hooks) is release
    assert open_release(str(release.folder), "tr", hooks) is not release


# One split alone


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


# Finding releases


def test_a_release_opens_from_its_folder_and_from_the_one_above(tmp_path: Path) -> None:
    place = make_release(tmp_path)
    inside, above = open_release(str(place), "tr"), open_release(str(place.parent), "tr")
    assert inside == above
    assert inside.version == VERSION
    assert list(inside.tables) == list(SPLITS)
    assert not inside.builtin
    assert open_release(str(sample_folder()), "tr").builtin


def refused(where: Path, *words: str, locale: str = "tr") -> None:
    with pytest.raises(UsageError) as caught:
        open_release(str(where), locale)
    for word in words:
        assert word in caught.value.message
    assert str(where) in caught.value.message


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    refused(tmp_path / "nothing", "no such folder")


def test_a_file_in_place_of_a_folder_is_refused(tmp_path: Path) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("hello")
    refused(notes, "is a file", "release folder")


def test_a_folder_without_tsvs_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tr").mkdir()
    refused(tmp_path, "train.tsv")
    refused(tmp_path / "tr", "holds no TSVs")


def test_a_folder_that_holds_releases_is_answered_with_them(tmp_path: Path) -> None:
    place = make_release(tmp_path)
    refused(tmp_path, "did you mean", str(place.parent))
    refused(place.parent, "no release of de", "only of tr", locale="de")


@pytest.mark.parametrize("form", [{}, {"crlf": True, "bom": True}])
def test_a_release_of_another_locale_is_refused_and_both_are_named(
    form: dict[str, bool], tmp_path: Path
) -> None:
    place = make_release(tmp_path, "ga-IE", **form)
    refused(place, "ga-IE", "not of tr")
    assert open_release(str(place), "ga-IE").locale == "ga-IE"


def test_a_row_of_another_locale_behind_the_folder_name_is_found(tmp_path: Path) -> None:
    rows: Sequence[Row] = [Row("guten tag", locale="de"), *GOOD]
    refused(make_release(tmp_path, rows=rows), "of de", "not of tr")


def test_a_release_without_clips_is_refused(tmp_path: Path) -> None:
    refused(make_release(tmp_path, clips=False), "has no clips folder")


def test_without_data_the_documented_order_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CVRECIPES_DATA", raising=False)
    assert find_data("tr", None) == str(sample_folder())
    with pytest.raises(UsageError, match="no Common Voice release of fi"):
        find_data("fi", None)
    make_release(tmp_path, "fi")
    assert find_data("tr", None) == str(sample_folder())
    make_release(tmp_path, "tr", version="cv-corpus-20.0-2024-12-11")
    assert find_data("tr", None) == "cv-corpus-20.0-2024-12-11"
    assert find_data("fi", None) == VERSION
    monkeypatch.setenv("CVRECIPES_DATA", "elsewhere")
    assert find_data("tr", None) == "elsewhere"
    assert find_data("tr", "given") == "given"


def test_of_several_releases_the_newest_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for version in ("cv-corpus-9.0-2022-04-27", VERSION, "cv-corpus-10.0-2022-07-04"):
        make_release(tmp_path, version=version, rows=GOOD[:1])
    assert find_data("tr", None) == VERSION


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
