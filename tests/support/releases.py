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
        split: the TSV it is in; rows of train, dev and test are in validated.tsv too, where
            there is one.
        audio: ``tone``, ``missing``, ``empty`` (zero bytes), ``text`` (no audio inside),
            ``truncated`` (too little of an mp3 to decode any of it), or ``half`` (it ends
            after a quarter of its time).
        listed: milliseconds in clip_durations.tsv; None for the clip's own.
        cut: only so many columns are written.
        nameless: the path is empty.
        up, down: votes.
        clip: the name in the column ``path``, in place of the file's own.
        tune: rows with the same number have the same audio, byte for byte; None for a clip
            like no other.
        variant: the value of that column.
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
    tune: int | None = None
    up: int = 2
    down: int = 0
    clip: str | None = None
    variant: str = ""


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
    validated: bool = False,
    reported: Sequence[tuple[str, str]] = (),
) -> Path:
    """Write a release.

    Arguments:
        folder: ``<folder>/<version>/<locale>`` is made.
        old: the columns of releases 1 to 3, and paths without their ending.
        durations: whether there is a clip_durations.tsv.
        clips: whether there is a clips folder.
        validated: whether there is a validated.tsv.
        reported: sentences and reasons of reported.tsv; no file without any.

    Returns:
        The folder of the TSVs. A row's clip is named by `clip_name` and its place in `rows`.
    """
    place = folder / version / locale
    place.mkdir(parents=True)
    if clips:
        (place / "clips").mkdir()
    lines: dict[str, list[bytes]] = {"train": [], "dev": [], "test": []}
    if validated:
        lines["validated"] = []
    listed = [b"clip\tduration[ms]"]
    for number, row in enumerate(rows):
        name = clip_name(number, row, locale)
        if clips and row.audio != "missing":
            (place / "clips" / name).write_bytes(_content(row, number))
        milliseconds = round(row.seconds * 1000) if row.listed is None else row.listed
        listed.append(f"{name}\t{milliseconds}".encode())
        line = _line(row, row.clip or name, number, locale, old)
        lines.setdefault(row.split, []).append(line)
        if validated and row.split in ("train", "dev", "test"):
            lines["validated"].append(line)
    header = "\t".join(OLD_COLUMNS if old else COLUMNS).encode()
    end = b"\r\n" if crlf else b"\n"
    for split, several in lines.items():
        data = end.join([header, *several]) + end
        (place / f"{split}.tsv").write_bytes((b"\xef\xbb\xbf" if bom else b"") + data)
    if reported:
        cells = [("sentence", "sentence_id", "locale", "reason")]
        cells += [(sentence, "", locale, reason) for sentence, reason in reported]
        (place / "reported.tsv").write_bytes(end.join("\t".join(c).encode() for c in cells) + end)
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
        "up_votes": str(row.up).encode(),
        "down_votes": str(row.down).encode(),
        "age": b"twenties",
        "variant": row.variant.encode(),
        "locale": (row.locale or locale).encode(),
    }
    cells = [values.get(column, b"") for column in (OLD_COLUMNS if old else COLUMNS)]
    return b"\t".join(cells[: row.cut])


def _content(row: Row, number: int) -> bytes:
    if row.audio == "empty":
        return b""
    if row.audio == "text":
        return b"<html>404 Not Found</html>\n" * 20
    pitch = 440 + (number if row.tune is None else 1000 + row.tune)
    data = tone(row.seconds, row.rate, row.channels, row.kind, pitch)
    if row.audio == "half":
        return data[: len(data) // 4]
    return data[:400] if row.audio == "truncated" else data


@lru_cache(maxsize=256)
def tone(
    seconds: float, rate: int = 48_000, channels: int = 1, kind: str = "mp3", pitch: float = 440
) -> bytes:
    """A sine as the content of an audio file."""
    wave = 0.3 * np.sin(2 * np.pi * pitch * np.arange(round(seconds * rate)) / rate)
    samples = np.repeat(wave[:, None], channels, axis=1).astype(np.float32)
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format=kind.upper())
    return file.getvalue()
