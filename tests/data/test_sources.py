"""What ``--data`` may name: release folders and spontaneous speech; what is opened without it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conftest import Outcome
from cvrecipes import hookspecs
from cvrecipes.catalog import open_recipe
from cvrecipes.data.characters import read_sentences
from cvrecipes.data.corpus import read_corpus
from cvrecipes.data.counts import count_tags, tags_removed
from cvrecipes.data.release import find_data, no_table, open_release, sample_folder
from cvrecipes.data.tsv import tsv_reader
from cvrecipes.errors import Failure, UsageError
from cvrecipes.models.ctc import Framing
from cvrecipes.plugins import new_manager
from cvrecipes.records import SPLITS, Release
from cvrecipes.settings import Settings
from support.packing import error, pack, packed, read, table
from support.releases import GOOD, VERSION, Row, listing, make_release
from support.spontaneous import SPONTANEOUS, make_spontaneous

pytestmark = pytest.mark.usefixtures("cache")


# The hook


def test_every_built_in_source_comes_through_the_hook() -> None:
    names: list[str] = []
    hooks = new_manager(installed=False)
    hooks.hook.register_sources(register=lambda name, opener: names.append(name))
    assert names == [
        "collective", "hub", "archive", "spontaneous", "manifest", "audiofolder", "folder",
    ]  # fmt: skip


def test_a_plugin_is_asked_before_the_built_in_sources(tmp_path: Path) -> None:
    release = replace(open_release(str(make_release(tmp_path)), "tr"), version="made-1.0")

    class Mine:
        @hookspecs.hookimpl
        def register_sources(self, register: Any) -> None:
            register("mine", lambda where, locale: release if where.startswith("hf:") else None)

    hooks = new_manager([Mine()], installed=False)
    assert replace(open_release("hf:owner/name", "tr", hooks), read=release.read) == release


@pytest.mark.parametrize("common_voice", [True, False])
def test_a_plugins_source_gives_its_tables_itself(common_voice: bool, tmp_path: Path) -> None:
    place = make_release(tmp_path, rows=[*GOOD, Row("bir gün", clip="../../outside.mp3")])
    tables = {split: place / f"{split}.tsv" for split in SPLITS}

    class Store:
        @hookspecs.hookimpl
        def register_sources(self, register: Any) -> None:
            register("store", self.open)

        def open(self, where: str, locale: str) -> Release | None:
            if where != "store:one":
                return None
            return Release(
                locale, "one", place, tables, tsv_reader(tables), common_voice=common_voice
            )

    recipe, hooks = open_recipe("tr", new_manager([Store()], installed=False))
    release = open_release("store:one", "tr", hooks)
    corpus = read_corpus(release, recipe, hooks, Framing(), Settings())
    assert corpus.test["text"].to_pylist() == read(place).test["text"].to_pylist()
    # Elsewhere than in Common Voice's releases a clip may lie anywhere.
    assert [row.rule for row in corpus.left_out] == [
        "file name leads out of the release" if common_voice else "missing audio"
    ]


# Release folders


def test_all_tables_of_a_release_are_found(tmp_path: Path) -> None:
    place = make_release(tmp_path)
    for name in ("reported", "validated", "other", "invalidated"):
        shutil.copy(place / "train.tsv", place / f"{name}.tsv")
    release = open_release(str(place), "tr")
    assert list(release.tables) == [*SPLITS, "validated", "other", "invalidated", "reported"]
    assert release.source == "folder"


def test_a_missing_table_is_answered_with_those_that_there_are(tmp_path: Path) -> None:
    place = make_release(tmp_path)
    (place / "test.tsv").rename(place / "validated.tsv")
    message = no_table(open_release(str(place), "tr"), "test").message
    assert "has no test.tsv, only train, dev, validated" in message
    delta = make_release(tmp_path, version="cv-corpus-25.0-delta-2026-03-09")
    assert "full release" in no_table(open_release(str(delta), "tr"), "test").message


def test_a_release_of_headers_alone_opens_and_says_that_it_has_no_rows(tmp_path: Path) -> None:
    place = make_release(tmp_path, rows=[])
    assert open_release(str(place), "tr").version == VERSION
    with pytest.raises(Failure, match="it has no rows"):
        read(place)


def test_a_release_in_a_folder_of_another_name_is_of_unknown_version(tmp_path: Path) -> None:
    place = make_release(tmp_path)
    moved = tmp_path / "data" / "turkish"
    moved.parent.mkdir()
    shutil.move(place, moved)
    assert open_release(str(moved), "tr").version == "unknown (data/turkish)"


def test_the_corpus_of_2017_is_refused_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "cv-valid-train.csv").write_text("filename,text\n")
    assert "corpus of 2017" in error(tmp_path, "en").message


@pytest.mark.parametrize(
    ("name", "kind"), [("a.jsonl", "file"), ("a.tar.gz", "file"), ("cv-corpus-25.0", "folder")]
)
def test_what_is_not_there_is_called_by_its_kind(name: str, kind: str, tmp_path: Path) -> None:
    assert f"there is no such {kind}" in error(tmp_path / name).message


def test_a_file_of_no_known_kind_is_refused_with_the_kinds(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    message = error(tmp_path / "notes.txt").message
    assert "neither an archive nor a manifest" in message
    assert ".tar.gz" in message
    assert ".jsonl" in message


# Spontaneous speech

ANSWERS = (
    ("train", "dün eve gittim"),
    ("train", "bugün evdeyim"),
    ("dev", "yarın gelirim"),
    ("test", "kitap okudum"),
    ("unassigned", "hiçbir şey"),
    ("unassigned", ""),
)


def test_spontaneous_speech_reads_by_its_split_column(tmp_path: Path) -> None:
    place = make_spontaneous(tmp_path, ANSWERS)
    before = listing(place)
    corpus = read(place)
    assert corpus.train["raw"].to_pylist() == ["dün eve gittim", "bugün evdeyim"]
    assert corpus.test["speaker"].to_pylist() == ["speaker3"]
    assert corpus.dev["seconds"].to_pylist() == [1.5]
    assert corpus.train["quality_tags"].to_pylist() == ["short-audio"] * 2
    release = open_release(str(place), "tr")
    assert (release.version, release.source) == (SPONTANEOUS, "spontaneous")
    assert table(release, "other").rows["sentence"].to_pylist() == ["hiçbir şey", ""]
    assert table(release, "validated").rows.num_rows == 4
    assert listing(place) == before


TAGGED = (
    ("train", "[disfluency] dün eve [disfluency] gittim"),
    ("train", "bugün [Laugh] evdeyim"),
    ("train", "bir [risas] kelime"),
    ("dev", "yarın gelirim"),
    ("test", "kitap <disfluency> okudum"),
    ("test", "kitap [unclear] aldım"),
    ("test", "[noise]"),
    ("unassigned", "[um] hiçbir şey"),
)


def test_tags_of_transcripts_are_no_words_and_leave_out_what_is_no_reference(
    tmp_path: Path,
) -> None:
    place = make_spontaneous(tmp_path, TAGGED)
    corpus = read(place)
    assert corpus.train["text"].to_pylist() == ["dün eve gittim", "bugün evdeyim"]
    assert corpus.train["transcription"].to_pylist() == [text for _, text in TAGGED[:2]]
    assert corpus.test["text"].to_pylist() == ["kitap okudum"]
    left_out = {(row.split, row.clip[-5:], row.reason) for row in corpus.left_out}
    assert left_out == {
        ("train", "2.mp3", "unknown tag: [risas]"),
        ("test", "5.mp3", "unintelligible: [unclear]"),
        ("test", "6.mp3", "empty"),
    }
    assert count_tags(corpus) == {
        "[disfluency]": {"times": 3, "clips": 2}, "[laugh]": {"times": 1, "clips": 1},
    }  # fmt: skip
    assert tags_removed(count_tags(corpus)) == "3 [disfluency] in 2 clips, 1 [laugh] in 1 clip"
    # Whatever reads sentences, as `suggest` does, meets no tag either.
    sentences = read_sentences(open_release(str(place), "tr")).clips
    assert not [text for text in sentences if "[" in text or "disfluency" in text]


def test_a_release_of_read_speech_keeps_its_brackets(tmp_path: Path) -> None:
    corpus = read(make_release(tmp_path, rows=[*GOOD, Row("bu [bir] gün")]))
    assert "bu bir gün" in corpus.train["text"].to_pylist()
    assert count_tags(corpus) == {} and tags_removed({}) == ""


@pytest.mark.parametrize("duration", ["0", "", "long"])
def test_a_length_that_spontaneous_speech_does_not_tell_is_measured(
    duration: str, tmp_path: Path
) -> None:
    path = make_spontaneous(tmp_path, ANSWERS) / "ss-corpus-tr.tsv"
    lines = path.read_text(encoding="utf-8").replace("\t1500\t", f"\t{duration}\t")
    path.write_text(lines, encoding="utf-8")
    assert read(path.parent).test["seconds"].to_pylist() == [pytest.approx(1.5, abs=0.1)]


def test_spontaneous_speech_opens_from_the_folder_above_and_from_its_archive(
    tmp_path: Path,
) -> None:
    place = make_spontaneous(tmp_path / "here", ANSWERS)
    assert open_release(str(place.parent), "tr").folder == place
    release = open_release(str(pack(place.parent, tmp_path / "sps.tar.gz")), "tr")
    assert (release.version, release.source) == (SPONTANEOUS, "archive, spontaneous")


def test_reported_audios_are_left_out_with_the_reason(tmp_path: Path) -> None:
    corpus = read(make_spontaneous(tmp_path, ANSWERS, reported=[1]))
    assert corpus.train.num_rows == 1
    (out,) = corpus.left_out
    assert (out.line, out.reason) == (3, "reported: offensive_speech")


def test_a_malformed_line_of_spontaneous_speech_counts_with_no_split(tmp_path: Path) -> None:
    place = make_spontaneous(tmp_path, ANSWERS)
    with (place / "ss-corpus-tr.tsv").open("a") as file:
        file.write("half a row\n")
    (out,) = read(place).left_out
    assert (out.split, out.line) == ("unknown", 8)


def test_spontaneous_speech_without_splits_says_what_to_do(tmp_path: Path) -> None:
    place = make_spontaneous(tmp_path, ANSWERS[-2:])
    with pytest.raises(UsageError, match="none of its 2 clips is in train, dev or test"):
        read(place)


def test_spontaneous_speech_of_another_locale_or_without_audios_is_refused(tmp_path: Path) -> None:
    place = make_spontaneous(tmp_path, ANSWERS)
    assert "is a release of tr, not of fi" in error(place, "fi").message
    shutil.rmtree(place / "audios")
    assert "has no audios folder" in error(place).message


# Without --data


def test_what_lies_in_the_working_directory_is_found_in_the_documented_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = packed(tmp_path, "cv-corpus-26.0-2026-06-12-tr.tar.gz")
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setenv("CVRECIPES_DATA", " ")
    assert find_data("tr", None) == str(sample_folder())
    shutil.copy(archive, f"{SPONTANEOUS}-tr.tar.gz")
    assert find_data("tr", None) == f"{SPONTANEOUS}-tr.tar.gz"
    make_spontaneous(here, ANSWERS)
    assert find_data("tr", None) == f"{SPONTANEOUS}-tr"
    shutil.copy(archive, "common-voice-scripted-speech-25-0-turkis-12ab.tar.gz")
    assert find_data("tr", None).startswith("common-voice")
    shutil.copy(archive, archive.name)
    assert find_data("tr", None) == archive.name
    make_release(here, version="cv-corpus-9.0-2022-04-27")
    assert find_data("tr", None) == "cv-corpus-9.0-2022-04-27"
    with pytest.raises(UsageError, match="cvrecipes fetch fi"):
        find_data("fi", None)


def test_strict_all_of_spontaneous_speech_loses_no_malformed_line(
    tmp_path: Path, call: Callable[..., Outcome]
) -> None:
    place = make_spontaneous(tmp_path, ANSWERS)
    path = place / "ss-corpus-tr.tsv"
    path.write_text(path.read_text("utf-8") + "no row\n", "utf-8")
    for policy in ("official", "strict-all"):
        found = json.loads(call("check", "tr", "--data", place, "--split", policy, "--json").out)
        assert found["left_out"]["malformed row"] == 1, policy
        assert found["rows_read"] == found["rows_in_files"] == sum(found["files"].values())
