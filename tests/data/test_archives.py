"""Archives: unpacked once, safely, and read like the folder in them."""

from __future__ import annotations

import io
import shutil
import tarfile
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from cvrecipes.data.release import open_release
from cvrecipes.data.sources import unpack
from cvrecipes.data.sources.archive import identify
from cvrecipes.records import SPLITS
from support.packing import error, pack, packed, read
from support.releases import GOOD, VERSION, listing, make_release

pytestmark = pytest.mark.usefixtures("cache")


@pytest.mark.parametrize("name", ["a.tar.gz", "a.tgz", "a.tar", "a.zip", "A.TAR.GZ"])
def test_an_archive_reads_like_the_folder_in_it(name: str, tmp_path: Path, cache: Path) -> None:
    archive = packed(tmp_path, name)
    before = archive.stat()
    corpus, plain = read(archive), read(tmp_path / "unpacked" / VERSION / "tr")
    for split in SPLITS:
        for column in ("clip", "text", "speaker", "line"):
            assert corpus.split(split)[column].equals(plain.split(split)[column])
    release = open_release(str(archive), "tr")
    assert release.version == VERSION
    assert release.source == "archive, folder"
    assert release.folder.is_relative_to(cache)
    after = archive.stat()
    assert (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns)


def test_the_second_opening_unpacks_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = packed(tmp_path)
    first = open_release(str(archive), "tr")
    before = listing(first.folder)
    monkeypatch.setattr(unpack, "members", lambda *_: pytest.fail("read the archive again"))
    assert open_release(str(archive), "tr").folder == first.folder
    assert listing(first.folder) == before


def test_an_interrupted_unpacking_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = packed(tmp_path)
    written: list[str] = []
    write = unpack._write

    def stop_after_three(member: unpack.Member, path: Path) -> None:
        if len(written) == 3:
            raise KeyboardInterrupt
        write(member, path)
        written.append(path.name)

    monkeypatch.setattr(unpack, "_write", stop_after_three)
    with pytest.raises(KeyboardInterrupt):
        open_release(str(archive), "tr")

    def write_the_rest(member: unpack.Member, path: Path) -> None:
        assert path.name not in written
        write(member, path)

    monkeypatch.setattr(unpack, "_write", write_the_rest)
    assert sum(read(archive).rows.values()) == len(GOOD)


@pytest.mark.parametrize("name", ["a.tar.gz", "a.tar", "a.zip"])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_a_truncated_archive_is_one_error_and_leaves_nothing(
    share: float, name: str, tmp_path: Path, cache: Path
) -> None:
    archive = packed(tmp_path, name)
    data = archive.read_bytes()
    archive.write_bytes(data[: int(len(data) * share)])
    message = error(archive).message
    assert "damaged or not whole" in message
    assert "download it again" in message
    assert not list(cache.rglob("*.mp3"))


def test_a_tar_cut_between_two_files_is_not_taken_for_a_whole_one(tmp_path: Path) -> None:
    archive = packed(tmp_path, "a.tar")
    with tarfile.open(archive) as tar:
        end = tar.getmembers()[-1].offset
    archive.write_bytes(archive.read_bytes()[:end])
    assert "damaged or not whole" in error(archive).message


def test_an_archive_of_another_locale_is_refused_before_it_is_unpacked(
    tmp_path: Path, cache: Path
) -> None:
    archive = packed(tmp_path, "a.tar.gz", "fi")
    message = error(archive).message
    assert "is an archive of fi, not of tr" in message
    assert not list(cache.rglob("*.tsv"))


def test_an_archive_of_several_locales_is_refused(tmp_path: Path) -> None:
    make_release(tmp_path / "unpacked", "zu")
    assert "holds several locales: tr, zu" in error(packed(tmp_path)).message


def entry(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


@pytest.mark.parametrize(
    "info",
    [
        entry("../escaped.tsv"),
        entry("a/../../escaped.tsv"),
        entry("/tmp/escaped.tsv"),
        entry("a\\..\\escaped.tsv"),
        entry("C:/escaped.tsv"),
        entry("a/link", tarfile.SYMTYPE, "/etc/passwd"),
        entry("a/link", tarfile.LNKTYPE, "../../escaped.tsv"),
        entry("a/device", tarfile.CHRTYPE),
        entry("a/pipe", tarfile.FIFOTYPE),
    ],
    ids=lambda info: f"{info.name}-{info.type!r}",
)
def test_an_archive_that_leads_out_of_its_folder_is_refused(
    info: tarfile.TarInfo, tmp_path: Path, cache: Path
) -> None:
    archive = tmp_path / "evil.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.addfile(entry("first.tsv"), io.BytesIO())
        tar.addfile(info, io.BytesIO())
    assert "was not unpacked" in error(archive).message
    assert not list(tmp_path.rglob("escaped.tsv"))
    assert not list(cache.rglob("*.tsv"))


def test_a_link_in_a_zip_is_refused(tmp_path: Path) -> None:
    info = zipfile.ZipInfo("link")
    info.create_system, info.external_attr = 3, 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        file.writestr(info, "/etc/passwd")
    assert "link" in error(tmp_path / "a.zip").message


def test_what_macos_adds_to_an_archive_is_left_behind(tmp_path: Path) -> None:
    place = make_release(tmp_path / "unpacked")
    (tmp_path / "unpacked" / "__MACOSX").mkdir()
    (tmp_path / "unpacked" / "__MACOSX" / "tr").write_text("x")
    (place / "._train.tsv").write_text("x")
    release = open_release(str(pack(tmp_path / "unpacked", tmp_path / "a.zip")), "tr")
    assert release.version == VERSION
    assert not (release.folder / "._train.tsv").exists()


def test_an_archive_without_a_release_says_so(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "readme.txt").write_text("hello")
    message = error(pack(tmp_path / "in", tmp_path / "a.tar.gz")).message
    assert "its content holds no TSVs" in message
    assert str(tmp_path / "a.tar.gz") in message


def test_a_disk_that_is_too_small_is_known_before_unpacking(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = packed(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1024))
    message = error(archive).message
    assert "GB are free" in message
    assert "CVRECIPES_CACHE" in message
    assert not cache.exists()


def test_an_archive_is_known_by_its_name_or_by_its_first_files(tmp_path: Path) -> None:
    by_name = identify(Path("1764158905630-cv-corpus-25.0-2026-03-09-ga-IE.tar.gz"))
    assert by_name is not None
    assert (by_name.kind, by_name.version, by_name.locale) == ("scripted", VERSION, "ga-IE")
    inside = identify(packed(tmp_path, "common-voice-scripted-speech-25-0-turkis-12ab.tar.gz"))
    assert inside is not None
    assert (inside.version, inside.locale) == (VERSION, "tr")
    (tmp_path / "other.tar.gz").write_bytes(b"nothing of the kind")
    assert identify(tmp_path / "other.tar.gz") is None


@pytest.mark.parametrize("name", ["clips", "train.tsv/x", "x" * 300])
def test_a_name_that_no_file_can_have_is_refused(name: str, tmp_path: Path, cache: Path) -> None:
    archive = packed(tmp_path, f"{VERSION}-tr.tar")
    with tarfile.open(archive, "a") as tar:
        tar.addfile(entry(f"{VERSION}/tr/{name}"))
    assert "holds a name that no file can have here" in error(archive).message
    assert not list((cache / "archives").iterdir())


def test_an_archive_that_unpacks_to_far_more_than_its_size_is_refused(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpack, "_GIB", 0)
    archive = tmp_path / f"{VERSION}-tr.tar.gz"
    zeros = entry(f"{VERSION}/tr/train.tsv")
    zeros.size = 10_000_000
    with tarfile.open(archive, "w:gz") as tar:
        tar.addfile(zeros, io.BytesIO(bytes(zeros.size)))
    assert "unpacks to more than 100 times its size" in error(archive).message
    assert not list(cache.rglob("*.tsv"))


def test_unpacking_stops_before_the_disk_is_full(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = packed(tmp_path)
    monkeypatch.setattr(unpack, "_check_room", lambda *_: None)
    monkeypatch.setattr(
        unpack.shutil, "disk_usage", lambda _: SimpleNamespace(free=64 * 1024**2 + 20_000)
    )
    assert "the disk is full" in error(archive).message
    kept = sum(path.stat().st_size for path in cache.rglob("*") if path.is_file())
    assert 0 < kept <= 20_000


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_damaged_zip_of_any_method_is_one_error(method: int, tmp_path: Path) -> None:
    archive = tmp_path / "x.zip"
    with zipfile.ZipFile(archive, "w", method) as file:
        file.writestr("train.tsv", "a\n" * 100)
    content = bytearray(archive.read_bytes())
    content[45:60] = bytes(15)
    archive.write_bytes(content)
    assert "is damaged or not whole" in error(archive).message


def test_an_archive_of_folders_alone_holds_no_file(tmp_path: Path) -> None:
    archive = tmp_path / f"{VERSION}-tr.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.addfile(entry(f"{VERSION}/tr/clips", tarfile.DIRTYPE))
    assert error(archive).message.endswith("holds no file")
