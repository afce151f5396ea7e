"""Synthetic releases of spontaneous speech."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from support.releases import tone

SPONTANEOUS = "sps-corpus-3.0-2026-03-09"
COLUMNS = (
    "client_id", "audio_id", "audio_file", "duration_ms", "prompt_id", "prompt", "transcription",
    "votes", "age", "gender", "language", "split", "char_per_sec", "quality_tags",
)  # fmt: skip


def make_spontaneous(
    folder: Path,
    rows: Sequence[tuple[str, str]],
    locale: str = "tr",
    reported: Sequence[int] = (),
) -> Path:
    """Write a release of spontaneous speech; a row is its split and its transcription."""
    place = folder / f"{SPONTANEOUS}-{locale}"
    (place / "audios").mkdir(parents=True)
    lines = ["\t".join(COLUMNS)]
    reports = ["audio_id\taudio_file\tduration_ms\tprompt\treason\tcomment"]
    for number, (split, text) in enumerate(rows):
        name = f"spontaneous-speech-{locale}-{number}.mp3"
        (place / "audios" / name).write_bytes(tone(1.5, pitch=440 + number))
        lines.append(
            f"speaker{number}\t{number}\t{name}\t1500\t7\tNe yaptın?\t{text}\t2\t\t\tTürkçe\t"
            f"{split}\t9\tshort-audio"
        )
        if number in reported:
            reports.append(f"{number}\t{name}\t1500\tNe yaptın?\toffensive_speech\t")
    (place / f"ss-corpus-{locale}.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    path = place / f"ss-reported-audios-{locale}.tsv"
    path.write_text("\n".join(reports) + "\n", encoding="utf-8")
    return place
