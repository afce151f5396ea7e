"""A release of any size without audio, in the layout and with the figures of release 25.0.

    python benchmarks/big_release.py FOLDER CLIPS

writes ``FOLDER/cv-corpus-25.0-2026-03-09/tr``. Invented Turkish words; each sentence is read by
2.5 people on average, few people read much. As in Common Voice, one reading of each sentence is
in train, dev or test, and nobody is in two of them: those who read least are test, then dev.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

VERSION = "cv-corpus-25.0-2026-03-09"
COLUMNS = (
    "client_id", "path", "sentence_id", "sentence", "sentence_domain", "up_votes", "down_votes",
    "age", "gender", "accents", "variant", "locale", "segment",
)  # fmt: skip


def make(folder: Path, clips: int, seed: int = 0) -> Path:
    """Write the release; returns the folder of the TSVs."""
    rng = np.random.default_rng(seed)
    place = folder / VERSION / "tr"
    (place / "clips").mkdir(parents=True, exist_ok=True)
    words = _words(rng, 20_000)
    sentences = [
        " ".join(words[w] for w in rng.integers(0, len(words), 8)).capitalize() + "."
        for _ in range(max(10, int(clips / 2.5)))
    ]
    speakers = [rng.bytes(64).hex() for _ in range(max(10, clips // 60))]
    which = rng.integers(0, len(sentences), clips)
    # Few people read much, as everywhere: Zipf's law over the speakers.
    weights = 1 / np.arange(1, len(speakers) + 1)
    who = rng.choice(len(speakers), clips, p=weights / weights.sum())
    seconds = rng.uniform(2, 8, clips)
    rows = [
        "\t".join((
            speakers[who[n]], f"common_voice_tr_{n:08d}.mp3", f"{which[n]:064x}",
            sentences[which[n]], "", "2", "0", "twenties", "", "", "", "tr", "",
        ))
        for n in range(clips)
    ]  # fmt: skip
    _, first = np.unique(which, return_index=True)
    once = np.zeros(clips, dtype=bool)
    once[first] = True
    # The last speakers read least: a tenth of the split clips are theirs, then another tenth.
    read = np.cumsum(np.bincount(who[once], minlength=len(speakers))[::-1])[::-1] / once.sum()
    role = np.where(read <= 0.1, 2, np.where(read <= 0.2, 1, 0))[who]
    splits = {
        "train": once & (role == 0),
        "dev": once & (role == 1),
        "test": once & (role == 2),
        "validated": np.ones(clips, dtype=bool),
    }
    for split, chosen in splits.items():
        lines = ["\t".join(COLUMNS), *(rows[n] for n in np.flatnonzero(chosen))]
        (place / f"{split}.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    listed = [f"common_voice_tr_{n:08d}.mp3\t{seconds[n] * 1000:.0f}" for n in range(clips)]
    (place / "clip_durations.tsv").write_text(
        "\n".join(["clip\tduration[ms]", *listed]) + "\n", encoding="utf-8"
    )
    return place


def _words(rng: np.random.Generator, count: int) -> list[str]:
    consonants, vowels = "bcçdfgğhklmnprsştvyz", "aeıioöuü"
    return [
        "".join(
            consonants[rng.integers(len(consonants))] + vowels[rng.integers(len(vowels))]
            for _ in range(rng.integers(1, 5))
        )
        for _ in range(count)
    ]


if __name__ == "__main__":
    print(make(Path(sys.argv[1]), int(sys.argv[2])))
