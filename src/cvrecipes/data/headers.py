"""What the first bytes of an audio file show: whether it is audio, and whether a WAV is whole."""

from __future__ import annotations

import struct

_MAGIC = (b"ID3", b"RIFF", b"RF64", b"fLaC", b"OggS", b"FORM", b"caff", b"\x1aE\xdf\xa3")
# Bytes at the start in which the chunk ``data`` begins in nearly all files.
HEAD = 4096
# Programs that write to a pipe do not know the size, and write 0, 0xFFFFFFFF (ffmpeg), or a
# little under 2 GiB (SoX).
_UNKNOWN = range(0x7FFF_0000, 0x8000_0000)
_TOLERANCE = 0.1


def looks_like_audio(start: bytes) -> bool:
    """Whether a file begins like one of the formats that libsndfile reads.

    mp3 has no magic number: a frame starts with eleven set bits (ISO 11172-3, 2.4.2.3).
    """
    if start.startswith(_MAGIC):
        return True
    return len(start) > 2 and start[0] == 0xFF and start[1] & 0xE0 == 0xE0


def missing_audio(head: bytes, size: int) -> tuple[float, float] | None:
    """The seconds that are there and those that the header gives, of a WAV that is cut short.

    libsndfile reads such a file, and gives the length of what is left of it. The header is that
    of "Multimedia Programming Interface and Data Specifications 1.0" (IBM and Microsoft, 1991),
    chapter 3: chunks of a name, a size and so many bytes, padded to an even number.

    Arguments:
        head: the first `HEAD` bytes of the file, or more.
        size: bytes of the file.

    Returns:
        None for a file that is whole to within 0.1 s, for one whose header does not tell, and for
        another format.
    """
    if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
        return None
    place, bytes_a_second = 12, 0
    while place + 8 <= len(head):
        name, length = struct.unpack_from("<4sI", head, place)
        place += 8
        if name == b"fmt " and place + 12 <= len(head):
            (bytes_a_second,) = struct.unpack_from("<I", head, place + 8)
        if name == b"data":
            if not bytes_a_second or length in (0, 0xFFFF_FFFF) or length in _UNKNOWN:
                return None
            seconds, whole = (size - place) / bytes_a_second, length / bytes_a_second
            return (seconds, whole) if seconds < whole - _TOLERANCE else None
        place += length + length % 2
    return None
