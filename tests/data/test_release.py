"""Finding a release: its folder, the one above it, and what is none."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pluggy
import pytest

from cvrecipes import hookspecs
from cvrecipes.data.release import find_data, open_release, sample_folder
from cvrecipes.errors import UsageError
from cvrecipes.records import SPLITS, Release
from support.reading import manager
from support.releases import GOOD, VERSION, Row, make_release


class Source:
    """Opens ``made:up`` and nothing else."""

    def __init__(self, release: Release) -> None:
        self.release = release

    @hookspecs.hookimpl
    def register_sources(self, register: pluggy.HookCaller) -> None:
        register("made", lambda where, locale: self.release if where == "made:up" else None)


def test_sources_of_plugins_come_before_folders(tmp_path: Path) -> None:
    place = str(make_release(tmp_path))
    release = replace(open_release(place, "tr"), version="made-1.0")
    hooks = manager(Source(release))
    # The manager watches `read`; all else is as the plugin gave it.
    assert replace(open_release("made:up", "tr", hooks), read=release.read) == release
    assert open_release(place, "tr", hooks).version != "made-1.0"


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


def test_clips_are_asked_for_only_where_they_are_needed(tmp_path: Path) -> None:
    place = make_release(tmp_path)
    shutil.rmtree(place / "clips")
    assert open_release(str(place), "tr", audio=False).version == place.parent.name
    with pytest.raises(UsageError, match="has no clips folder"):
        open_release(str(place), "tr")
