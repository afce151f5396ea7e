"""Downloads from Mozilla Data Collective, against a server of one's own."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cvrecipes.data.release import open_release
from support.fake_collective import GOOD_KEY, FakeCollective, FakeDataset, serve
from support.packing import error, packed, read
from support.releases import GOOD, VERSION

Call = Callable[..., Any]


pytestmark = pytest.mark.usefixtures("cache")


@pytest.fixture
def collective(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeCollective]:
    """A server with two scripted releases and one spontaneous of Turkish; the newest is whole."""
    content = packed(tmp_path).read_bytes()
    state = FakeCollective()
    name = "Common Voice {} Speech {} - Turkish"
    for key, title, publisher in (
        ("old", name.format("Scripted", "9.0"), "Common Voice"),
        ("new", name.format("Scripted", "25.0"), "Common Voice"),
        ("excerpt", name.format("Scripted", "99.0"), "MDC Curators"),
        ("talk", name.format("Spontaneous", "3.0"), "Common Voice"),
        ("other", "Turkish Radio Plays", "Somebody"),
    ):
        file = f"{key}-tr.tar.gz"
        state.add(FakeDataset(key, title, "tr", content, file, publisher))
    state.add(FakeDataset("fi", "Common Voice Scripted Speech 25.0 - Finnish", "fi", content))
    monkeypatch.setenv("MDC_API_KEY", GOOD_KEY)
    with serve(state) as address:
        monkeypatch.setenv("MDC_API_URL", address)
        yield state


def test_fetch_gets_the_newest_release_of_the_locale(
    collective: FakeCollective, call: Call, tmp_path: Path
) -> None:
    done = call("fetch", "tr", "--out", tmp_path / "here")
    assert done.code == 0, done.err
    archive = tmp_path / "here" / "new-tr.tar.gz"
    assert archive.read_bytes() == collective.datasets["new"].content
    assert [path.name for path in archive.parent.iterdir()] == ["new-tr.tar.gz"]
    assert f"cvrecipes run tr --data {archive}" in done.out
    assert sum(read(archive).rows.values()) == len(GOOD)


def test_fetch_gets_what_was_asked_for(
    collective: FakeCollective, call: Call, tmp_path: Path
) -> None:
    for words, file in (
        (("tr", "--release", "9.0"), "old-tr.tar.gz"),
        (("tr", "--release", "9"), "old-tr.tar.gz"),
        (("tr", "--kind", "spontaneous"), "talk-tr.tar.gz"),
        (("--id", "other"), "other-tr.tar.gz"),
    ):
        done = call("fetch", *words, "--out", tmp_path / "here", "--json")
        assert json.loads(done.out)["archive"] == str(tmp_path / "here" / file)
        (tmp_path / "here" / file).unlink()


def test_fetch_lists_without_a_key_and_over_several_pages(
    collective: FakeCollective, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MDC_API_KEY")
    collective.page = 2
    listed = json.loads(call("fetch", "tr", "--list", "--json").out)
    assert [(offer["version"], offer["id"]) for offer in listed] == [
        ("25.0", "new"),
        ("9.0", "old"),
    ]
    assert "25.0" in call("fetch", "tr", "--list").out
    assert call("fetch", "xx", "--list").out == "no scripted speech of xx\n"


def test_an_interrupted_download_goes_on(
    collective: FakeCollective, call: Call, tmp_path: Path
) -> None:
    collective.breaks_after = 5000
    first = call("fetch", "tr", "--out", tmp_path / "here")
    assert first.code == 1
    assert "goes on where it stopped" in first.complaint
    assert not (tmp_path / "here" / "new-tr.tar.gz").exists()
    done = call("fetch", "tr", "--out", tmp_path / "here")
    assert done.code == 0, done.err
    archive = tmp_path / "here" / "new-tr.tar.gz"
    assert archive.read_bytes() == collective.datasets["new"].content
    assert collective.ranges[0] == ""
    assert collective.ranges[1].startswith("bytes=")


def test_a_download_stopped_by_hand_is_an_interruption(
    collective: FakeCollective, call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import datacollective
    from datacollective.errors import DownloadError

    def stopped(*words: Any, **more: Any) -> Path:
        raise DownloadError(1, 1, 2, "checksum") from KeyboardInterrupt()

    monkeypatch.setattr(datacollective, "download_dataset", stopped)
    assert call("fetch", "tr", "--out", tmp_path / "here").code == 130


def test_a_download_that_only_lacks_its_name_is_taken(
    collective: FakeCollective, call: Call, tmp_path: Path
) -> None:
    unfinished = tmp_path / "here" / ".unfinished"
    unfinished.mkdir(parents=True)
    (unfinished / "new-tr.tar.gz.part").write_bytes(collective.datasets["new"].content)
    assert call("fetch", "tr", "--out", tmp_path / "here").code == 0
    assert collective.ranges == []


def test_a_second_fetch_downloads_nothing(
    collective: FakeCollective, call: Call, tmp_path: Path
) -> None:
    for _ in range(2):
        assert call("fetch", "tr", "--out", tmp_path / "here").code == 0
    assert len(collective.ranges) == 1


def test_a_wrong_checksum_is_an_error_and_leaves_nothing(
    collective: FakeCollective, call: Call, tmp_path: Path
) -> None:
    collective.datasets["new"].checksum = "0" * 64
    done = call("fetch", "tr", "--out", tmp_path / "here")
    assert done.code == 1
    assert "another checksum" in done.complaint
    assert not list((tmp_path / "here").rglob("*.tar.gz*"))


def complaint(call: Call, *words: object) -> tuple[int, str]:
    done = call("fetch", *words)
    return done.code, done.complaint


def test_what_the_user_can_mend_is_reported_in_one_line(
    collective: FakeCollective, call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    collective.datasets["new"].accepted = False
    code, text = complaint(call, "tr")
    assert code == 2
    assert f"open {collective.address}/datasets/new" in text
    assert "terms" in text
    collective.datasets["old"].removed = True
    assert "was removed" in complaint(call, "--id", "old")[1]
    assert "no such dataset" in complaint(call, "--id", "missing")[1]
    assert "lists no Common Voice release of scripted speech of xx" in complaint(call, "xx")[1]
    assert "there is: 25.0, 9.0" in complaint(call, "tr", "--release", "12.0")[1]
    assert "is of fi, not of tr" in complaint(call, "tr", "--id", "fi")[1]
    assert "no LOCALE is given" in complaint(call)[1]
    assert "names one dataset" in complaint(call, "--id", "new", "--list")[1]
    monkeypatch.setenv("MDC_API_KEY", "wrong")
    code, text = complaint(call, "tr")
    assert code == 2
    assert "MDC_API_KEY is not accepted" in text
    monkeypatch.delenv("MDC_API_KEY")
    code, text = complaint(call, "tr")
    assert code == 2
    assert "MDC_API_KEY is not set" in text
    assert "api-reference" in text


def test_trouble_of_the_network_and_of_the_disk_is_reported_in_one_line(
    collective: FakeCollective, call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with monkeypatch.context() as small:
        small.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1))
        code, text = complaint(call, "tr")
        assert code == 1
        assert "GB are free" in text
    collective.busy = True
    assert "no more requests for now" in complaint(call, "tr")[1]
    monkeypatch.setenv("MDC_API_URL", "http://127.0.0.1:9/api")
    code, text = complaint(call, "tr")
    assert code == 1
    assert "cannot be reached" in text


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")  # noqa: PTH110
def test_a_disk_that_fills_up_is_reported_in_one_line(
    collective: FakeCollective, call: Call, tmp_path: Path
) -> None:
    unfinished = tmp_path / "here" / ".unfinished"
    unfinished.mkdir(parents=True)
    (unfinished / "new-tr.tar.gz.part").symlink_to("/dev/full")
    checksum = collective.datasets["new"].details("")["checksum"]
    (unfinished / "new-tr.tar.gz.checksum").write_text(checksum)
    done = call("fetch", "tr", "--out", tmp_path / "here")
    assert done.code == 1
    assert "the disk is full" in done.complaint


def test_without_the_sdk_fetch_says_what_to_install(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "datacollective", None)
    code, text = complaint(call, "tr")
    assert code == 2
    assert 'pip install "cvrecipes[fetch]"' in text


def test_a_dataset_of_the_collective_opens_by_its_id_and_then_without_the_network(
    collective: FakeCollective,
) -> None:
    release = open_release("mdc:new", "tr")
    assert (release.version, release.source) == (VERSION, "collective")
    asked = len(collective.requests)
    assert open_release("mdc:new", "tr").folder == release.folder
    assert len(collective.requests) == asked
    assert "is an archive of tr, not of fi" in error("mdc:new", "fi").message
    assert "no such dataset" in error("mdc:missing").message
