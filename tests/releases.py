"""Synthetic Common Voice releases for tests: sine tones, and any defect a row can have."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import soundfile

VERSION = "cv-corpus-25.0-2026-03-09"
COLUMNS = (
    "client_id", "path", "sentence_id", "sentence", "sentence_domain", "up_votes", "down_votes",
    "age", "gender", "accents", "variant", "locale", "segment",
)  # fmt: skip
OLD_COLUMNS = (
    "client_id", "path", "sentence", "up_votes", "down_votes", "age", "gender", "accent",
)  # fmt: skip
LONG_LINE = 3_000_000


@dataclass(frozen=True)
class Row:
    """One line of a TSV and its clip.

    Attributes:
        sentence: what is in the TSV, a tab or bytes that are not UTF-8 included.
        audio: ``tone``, ``missing``, ``empty`` (zero bytes), ``text`` (no audio inside),
            or ``truncated`` (too little of an mp3 to decode any of it).
        listed: milliseconds in clip_durations.tsv; None for the clip's own.
        cut: only so many columns are written.
        nameless: the path is empty.
    """

    sentence: str | bytes = "güneşli bir gün"
    split: str = "train"
    speaker: str = "a"
    seconds: float = 1.5
    rate: int = 48_000
    channels: int = 1
    kind: str = "mp3"
    audio: str = "tone"
    listed: int | None = None
    locale: str | None = None
    cut: int | None = None
    nameless: bool = False


GOOD = (
    *(Row(f"güneşli bir gün {word}", speaker=word) for word in ("ana", "baba", "dede", "nine")),
    *(Row("yarın yine gel", "dev", speaker=word) for word in ("kedi", "köpek")),
    *(Row("kapıyı yavaş aç", "test", speaker=word) for word in ("elma", "armut", "kiraz")),
)


def make_release(
    folder: Path,
    locale: str = "tr",
    rows: Sequence[Row] = GOOD,
    *,
    version: str = VERSION,
    crlf: bool = False,
    bom: bool = False,
    old: bool = False,
    durations: bool = True,
    clips: bool = True,
) -> Path:
    """Write a release.

    Arguments:
        folder: ``<folder>/<version>/<locale>`` is made.
        old: the columns of releases 1 to 3, and paths without their ending.
        durations: whether there is a clip_durations.tsv.
        clips: whether there is a clips folder.

    Returns:
        The folder of the TSVs. A row's clip is named by `clip_name` and its place in `rows`.
    """
    place = folder / version / locale
    place.mkdir(parents=True)
    if clips:
        (place / "clips").mkdir()
    lines: dict[str, list[bytes]] = {"train": [], "dev": [], "test": []}
    listed = [b"clip\tduration[ms]"]
    for number, row in enumerate(rows):
        name = clip_name(number, row, locale)
        if clips and row.audio != "missing":
            (place / "clips" / name).write_bytes(_content(row))
        milliseconds = round(row.seconds * 1000) if row.listed is None else row.listed
        listed.append(f"{name}\t{milliseconds}".encode())
        lines[row.split].append(_line(row, name, number, locale, old))
    header = "\t".join(OLD_COLUMNS if old else COLUMNS).encode()
    end = b"\r\n" if crlf else b"\n"
    for split, several in lines.items():
        data = end.join([header, *several]) + end
        (place / f"{split}.tsv").write_bytes((b"\xef\xbb\xbf" if bom else b"") + data)
    if durations:
        (place / "clip_durations.tsv").write_bytes(end.join(listed) + end)
    return place


def clip_name(number: int, row: Row, locale: str = "tr") -> str:
    """The file name of the clip at place `number`."""
    return f"common_voice_{locale}_{10_000 + number}.{row.kind}"


def line_of(rows: Sequence[Row], number: int) -> int:
    """The line of the row at place `number` in its split's TSV."""
    before = rows[:number]
    return 2 + sum(row.split == rows[number].split for row in before)


def listing(folder: Path) -> Mapping[str, tuple[int, int]]:
    """Size and time of change of everything in a folder, the folder itself included."""
    return {
        str(path.relative_to(folder)): (path.stat().st_size, path.stat().st_mtime_ns)
        for path in (folder, *folder.rglob("*"))
    }


def _line(row: Row, name: str, number: int, locale: str, old: bool) -> bytes:
    sentence = row.sentence if isinstance(row.sentence, bytes) else row.sentence.encode()
    values = {
        "client_id": row.speaker.encode(),
        "path": b"" if row.nameless else (name.removesuffix(".mp3") if old else name).encode(),
        "sentence_id": f"{number:064x}".encode(),
        "sentence": sentence,
        "up_votes": b"2",
        "down_votes": b"0",
        "age": b"twenties",
        "locale": (row.locale or locale).encode(),
    }
    cells = [values.get(column, b"") for column in (OLD_COLUMNS if old else COLUMNS)]
    return b"\t".join(cells[: row.cut])


def _content(row: Row) -> bytes:
    if row.audio == "empty":
        return b""
    if row.audio == "text":
        return b"<html>404 Not Found</html>\n" * 20
    data = tone(row.seconds, row.rate, row.channels, row.kind)
    return data[:400] if row.audio == "truncated" else data


@lru_cache(maxsize=64)
def tone(seconds: float, rate: int = 48_000, channels: int = 1, kind: str = "mp3") -> bytes:
    """A sine of 440 Hz as the content of an audio file."""
    wave = 0.3 * np.sin(2 * np.pi * 440 * np.arange(round(seconds * rate)) / rate)
    samples = np.repeat(wave[:, None], channels, axis=1).astype(np.float32)
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format=kind.upper())
    return file.getvalue()
