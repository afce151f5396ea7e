"""Writing synthetic speech in exactly the layout of a Common Voice release."""

from __future__ import annotations

import hashlib
import random
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cvrecipes.errors import Failure, UsageError
from cvrecipes.progress import progress
from cvrecipes.sample.espeak import Voice, espeak
from cvrecipes.sample.prompts import Prompts, cldr_words
from cvrecipes.sample.voices import DEV_VARIANTS, TEST_VARIANTS, TRAIN_VARIANTS

RATE = 48_000
COLUMNS = (
    "client_id", "path", "sentence_id", "sentence", "sentence_domain", "up_votes", "down_votes",
    "age", "gender", "accents", "variant", "locale", "segment",
)  # fmt: skip
# Common Voice codes whose espeak-ng code is not simply the part before the hyphen.
_ESPEAK = {
    "zh-CN": "cmn", "zh-TW": "cmn", "zh-HK": "yue", "kmr": "ku", "nn-NO": "nb", "nan-tw": "hak",
    "quy": "qu", "qus": "qu", "ne-NP": "ne", "nb-NO": "nb",
}  # fmt: skip
_TRAIN_SPEAKERS = 20
_SHARES = {"test": 0.12, "dev": 0.08}


@dataclass(frozen=True, slots=True)
class Made:
    """What was written."""

    folder: Path
    clips: dict[str, int]
    hours: float


def espeak_code(locale: str) -> str:
    """espeak-ng's code for a Common Voice locale.

    Raises:
        UsageError: espeak-ng does not speak it.
    """
    known = espeak().languages()
    for code in (_ESPEAK.get(locale, ""), locale, locale.lower(), locale.split("-")[0]):
        if code in known:
            return code
    raise UsageError(f"espeak-ng does not speak {locale!r}", remedy="it speaks: " + " ".join(known))


def invented_sentences(locale: str, rng: random.Random) -> Prompts:
    """Endless sentences for a locale from CLDR's words."""
    return Prompts(cldr_words(locale), rng, invented=0.3)


def speakers(rng: random.Random) -> dict[str, list[Voice]]:
    """Voices of each split; no voice variant speaks in two of them."""

    def voice(variant: str) -> Voice:
        return Voice(
            variant,
            rate=rng.randint(155, 200),
            pitch=rng.randint(30, 65),
            pitch_range=rng.randint(35, 65),
            word_gap=rng.randint(3, 6),
        )

    chosen = rng.sample(TRAIN_VARIANTS, _TRAIN_SPEAKERS)
    return {
        "train": [voice(variant) for variant in chosen],
        "dev": [voice(variant) for variant in DEV_VARIANTS],
        "test": [voice(variant) for variant in TEST_VARIANTS],
    }


def make_release(
    locale: str,
    out: Path,
    *,
    hours: float,
    sentences: Sequence[str] | None = None,
    seed: int = 0,
) -> Made:
    """Synthesize a release: train, dev and test share no voice and no sentence.

    Arguments:
        locale: Common Voice code.
        out: ``<out>/<locale>`` is made; it must not exist.
        hours: about how much speech; less when `sentences` run out.
        sentences: what is read; invented from CLDR's words when None.

    Raises:
        UsageError: espeak-ng does not speak the locale, or the folder exists.
        Failure: there are too few sentences, or the disk is full.
    """
    import soundfile
    import soxr

    code = espeak_code(locale)
    folder = out / locale
    if folder.exists():
        raise UsageError("the folder exists already", where=folder, remedy="choose another --out")
    rng = random.Random(seed)
    given = list(dict.fromkeys(s.strip() for s in sentences if s.strip())) if sentences else None
    if given is not None and len(given) < 10:
        raise Failure(f"{len(given)} sentences are too few for three splits; 10 are the least")
    prompts = None if given else invented_sentences(locale, rng)
    if given:
        rng.shuffle(given)
    voices = speakers(rng)
    half = folder.with_name(f".{folder.name}.half")
    shutil.rmtree(half, ignore_errors=True)
    (half / "clips").mkdir(parents=True)
    rows: dict[str, list[dict[str, str]]] = {"train": [], "dev": [], "test": []}
    durations: list[tuple[str, int]] = []
    seen: set[str] = set()
    wanted, made, number = hours * 3600, 0.0, 0
    total = len(given) if given else 0
    with progress("synthesizing", wanted) as advance:
        while made < wanted and (given is None or number < total):
            text = given[number] if given else _fresh(prompts, seen)
            split = _split_of(number)
            voice = voices[split][len(rows[split]) % len(voices[split])]
            espeak().use(code, voice)
            speech = espeak().speak(text).astype(np.float32) / 32768
            number += 1
            if len(speech) == 0:
                continue
            pause = np.zeros(int(0.1 * espeak().sample_rate), np.float32)
            speech = np.concatenate([pause, speech, pause])
            samples = soxr.resample(speech, espeak().sample_rate, RATE) * 0.8
            name = f"common_voice_{locale}_{40_000_000 + number}.mp3"
            try:
                soundfile.write(
                    str(half / "clips" / name), samples, RATE, format="MP3",
                    bitrate_mode="CONSTANT", compression_level=0.99,
                )  # fmt: skip
            except (OSError, soundfile.SoundFileError) as error:
                raise Failure(f"cannot be written ({error})", where=half) from None
            seconds = len(samples) / RATE
            durations.append((name, round(seconds * 1000)))
            rows[split].append(_row(locale, name, text, voice, seed))
            made += seconds
            advance(seconds)
    empty = [split for split, several in rows.items() if not several]
    if empty:
        shutil.rmtree(half, ignore_errors=True)
        raise Failure(
            f"too little speech: no clip for {' and '.join(empty)}", remedy="ask for more --hours"
        )
    _write_tables(half, locale, rows, durations)
    half.rename(folder)
    return Made(folder, {split: len(r) for split, r in rows.items()}, made / 3600)


def _fresh(prompts: Prompts | None, seen: set[str]) -> str:
    assert prompts is not None
    for _ in range(1000):
        text = prompts.sentence(4, 9)
        if text not in seen:
            seen.add(text)
            return text
    raise Failure("the words of this language are too few for so many sentences")


def _split_of(number: int) -> str:
    """test and dev spread evenly over the sentences, in fixed shares."""
    place = number % 25
    if place < 25 * _SHARES["test"]:
        return "test"
    return "dev" if place < 25 * (_SHARES["test"] + _SHARES["dev"]) else "train"


def _row(locale: str, name: str, text: str, voice: Voice, seed: int) -> dict[str, str]:
    speaker = f"espeak-ng {locale} {voice} {seed}"
    return {
        "client_id": hashlib.sha512(speaker.encode()).hexdigest(),
        "path": name,
        "sentence_id": hashlib.sha256(text.encode()).hexdigest(),
        "sentence": text,
        "up_votes": "2",
        "down_votes": "0",
        "locale": locale,
    }


def _write_tables(
    folder: Path,
    locale: str,
    rows: dict[str, list[dict[str, str]]],
    durations: list[tuple[str, int]],
) -> None:
    def write(name: str, header: Sequence[str], lines: Sequence[Sequence[str]]) -> None:
        text = "\n".join("\t".join(line) for line in (header, *lines)) + "\n"
        (folder / name).write_text(text, encoding="utf-8", newline="\n")

    def table(several: list[dict[str, str]]) -> list[list[str]]:
        return [[row.get(column, "") for column in COLUMNS] for row in several]

    for split, several in rows.items():
        write(f"{split}.tsv", COLUMNS, table(several))
    everything = [row for several in rows.values() for row in several]
    write("validated.tsv", COLUMNS, table(everything))
    for name in ("invalidated", "other"):
        write(f"{name}.tsv", COLUMNS, [])
    write("reported.tsv", ("sentence_id", "sentence", "locale", "reason"), [])
    write("clip_durations.tsv", ("clip", "duration[ms]"), [(n, str(ms)) for n, ms in durations])
