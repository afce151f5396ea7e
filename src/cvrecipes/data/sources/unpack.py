"""Unpacking an archive into a folder: regular files only, and never outside of the folder."""

from __future__ import annotations

import contextlib
import errno
import gzip
import io
import lzma
import os
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, cast

from cvrecipes.console import Advance, progress
from cvrecipes.errors import Failure, UsageError
from cvrecipes.files import check_room, existing

ENDINGS = (".tar.gz", ".tgz", ".tar", ".zip")
# Audio is compressed already: unpacked releases are a few percent larger than their archive.
_GROWTH = 1.05
_SPARE = 64 * 1024**2
_COPY = 1024**2
_GIB = 1024**3
# Tables alone shrink to a fifth; only zeros shrink like this.
_MOST_GROWTH = 100
# Errors for a file name that is too long, or is another file's folder.
_NAMES = (errno.EEXIST, errno.EISDIR, errno.ENOTDIR, errno.ENAMETOOLONG, errno.EILSEQ)


@dataclass(frozen=True, slots=True)
class Member:
    """One entry of an archive; `content` is None for a folder."""

    name: str
    size: int
    content: Callable[[], IO[bytes]] | None
    refused: str = ""


def unpack(archive: Path, target: Path, check: Callable[[str], None]) -> None:
    """Write the files of an archive below `target`; existing files are kept.

    Arguments:
        check: sees each file's name before it is written, and may raise.

    Raises:
        UsageError: the archive holds what a release never does: links, devices, or names
            that lead out of the folder.
        Failure: the archive is damaged, or the disk too small.
    """
    name = ""
    try:
        _check_room(archive, target)
        room = _Room(archive, target)
        total = archive.stat().st_size
        with progress(f"unpacking {archive.name}", total) as advance:
            for member in members(archive, advance):
                path = target / _safe(archive, member)
                if member.content is None or _is_of_macos(path.relative_to(target)):
                    continue
                name = member.name[:200]
                check(member.name)
                if not _is_there(path, member.size):
                    room.take(member)
                    _write(member, path)
    except (
        EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile, tarfile.TarError,
        zipfile.BadZipFile, NotImplementedError,
    ) as error:  # fmt: skip
        raise _damaged(archive, error) from None
    except OSError as error:
        if error.errno in _NAMES:
            raise UsageError(
                f"holds a name that no file can have here ({error.strerror}): {name!r}",
                where=archive,
            ) from None
        if error.errno is None:  # as bz2 says that its data are damaged
            raise _damaged(archive, error) from None
        if error.errno != errno.ENOSPC:
            raise
        raise _full(target) from None


def members(archive: Path, advance: Advance = lambda _: None) -> Iterator[Member]:
    """The entries of an archive in order; `advance` is called with the bytes read.

    Raises:
        EOFError, zlib.error, gzip.BadGzipFile, tarfile.TarError, zipfile.BadZipFile: it is
            damaged, or ends early.
    """
    with archive.open("rb") as raw:
        start = raw.read(4)
        raw.seek(0)
        if start.startswith(b"PK"):
            yield from _zip_members(raw, advance)
            return
        counted = io.BufferedReader(_Counted(raw, advance), _COPY)
        if start.startswith(b"\x1f\x8b"):
            with gzip.open(counted) as stream:
                yield from _tar_members(cast(IO[bytes], stream))
                # Up to the checksum at the end, behind tar's padding.
                while stream.read(_COPY):
                    pass
        else:
            _check_tail(raw)
            yield from _tar_members(cast(IO[bytes], counted))


class _Counted(io.RawIOBase):
    def __init__(self, raw: IO[bytes], advance: Advance) -> None:
        self.raw, self.advance = raw, advance

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        count = cast(io.BufferedReader, self.raw).readinto(cast(memoryview, buffer))
        self.advance(count)
        return count


def _tar_members(stream: IO[bytes]) -> Iterator[Member]:
    with tarfile.open(fileobj=stream, mode="r|") as tar:
        while (info := tar.next()) is not None:
            # A release has up to millions of files; tarfile would remember every one.
            tar.members.clear()  # type: ignore[attr-defined]
            refused = "" if info.isreg() or info.isdir() else _kind(info)
            if info.issparse():
                refused = "sparse file"

            def content(info: tarfile.TarInfo = info) -> IO[bytes]:
                file = tar.extractfile(info)
                assert file is not None
                return file

            yield Member(info.name, info.size, None if info.isdir() else content, refused)


def _kind(info: tarfile.TarInfo) -> str:
    if info.issym() or info.islnk():
        return f"link to {info.linkname}"
    return "device" if info.isdev() else "special file"


def _check_tail(raw: IO[bytes]) -> None:
    """Check that a tar ends with two blocks of zeros: tarfile accepts an incomplete archive."""
    size = raw.seek(0, os.SEEK_END)
    raw.seek(max(0, size - 1024))
    whole = size >= 1024 and not any(raw.read())
    raw.seek(0)
    if not whole:
        raise EOFError("its end is missing")


def _zip_members(raw: IO[bytes], advance: Advance) -> Iterator[Member]:
    with zipfile.ZipFile(raw) as file:
        for info in file.infolist():
            kind = stat.S_IFMT(info.external_attr >> 16)
            refused = "" if kind in (0, stat.S_IFREG, stat.S_IFDIR) else "link or special file"
            if info.flag_bits & 1:
                refused = "encrypted file"
            content = None if info.is_dir() else lambda info=info: file.open(info)
            yield Member(info.filename, info.file_size, content, refused)
            advance(info.compress_size)


def _safe(archive: Path, member: Member) -> PurePosixPath:
    """The member's path below the target.

    Raises:
        UsageError: it is no regular file or folder, or leads elsewhere.
    """
    path = PurePosixPath(member.name)
    refused = member.refused
    if path.is_absolute() or ".." in path.parts or "\\" in member.name or "\0" in member.name:
        refused = "name that leads out of the folder"
    elif path.parts and ":" in path.parts[0]:
        refused = "name with a drive"
    elif not path.parts and member.content is not None:
        refused = "file without a name"
    if refused:
        raise UsageError(
            f"holds a {refused}: {member.name!r}; nothing of that kind is in a release, and it "
            "was not unpacked",
            where=archive,
        )
    return path


def _is_of_macos(path: Path) -> bool:
    """Whether macOS has added the file to the archive on its own."""
    return "__MACOSX" in path.parts or path.name.startswith("._") or path.name == ".DS_Store"


def _is_there(path: Path, size: int) -> bool:
    try:
        return path.stat().st_size == size
    except OSError:
        return False


class _Room:
    """Stops unpacking before an archive fills the disk. Its unpacked size is not known before."""

    def __init__(self, archive: Path, target: Path) -> None:
        self.archive, self.target = archive, existing(target)
        self._most = _MOST_GROWTH * archive.stat().st_size + _GIB
        self._written = self._unseen = 0
        self._free = shutil.disk_usage(self.target).free

    def take(self, member: Member) -> None:
        """Raise before a file is written that is too large.

        Raises:
            UsageError: no release grows like this.
            Failure: the disk would be full.
        """
        self._written += member.size
        self._unseen += member.size
        if self._written > self._most:
            raise UsageError(
                f"unpacks to more than {_MOST_GROWTH} times its size, as no release does",
                where=self.archive,
            )
        if self._unseen > _SPARE:
            self._free = shutil.disk_usage(self.target).free
            self._unseen = member.size
        if self._unseen + _SPARE > self._free:
            raise _full(self.target)


def _full(target: Path) -> Failure:
    return Failure(
        "the disk is full",
        where=target,
        remedy="free some space, or set CVRECIPES_CACHE to a folder on a larger disk; "
        "what is unpacked already is kept",
    )


def _write(member: Member, path: Path) -> None:
    """Write a file under another name first, so that a file with its final name is complete."""
    assert member.content is not None
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as out, member.content() as content:
            shutil.copyfileobj(content, out, _COPY)
        if part.stat().st_size != member.size:
            raise EOFError(f"{member.name} is cut short")
        part.replace(path)
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def _check_room(archive: Path, target: Path) -> None:
    needed = _unpacked_size(archive) + _SPARE
    if target.is_dir():
        needed -= sum(path.stat().st_size for path in target.rglob("*") if path.is_file())
    check_room(
        target, needed, f"unpacking {archive.name} needs about",
        remedy="free some space, or set CVRECIPES_CACHE to a folder on a larger disk",
    )  # fmt: skip


def _unpacked_size(archive: Path) -> int:
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as file:
            return sum(info.file_size for info in file.infolist())
    size = archive.stat().st_size
    return size if archive.name.endswith(".tar") else round(size * _GROWTH)


def _damaged(archive: Path, error: Exception) -> Failure:
    why = str(error).strip().rstrip(".") or type(error).__name__
    return Failure(f"is damaged or not whole ({why})", where=archive, remedy="download it again")
