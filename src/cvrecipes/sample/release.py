"""Writing synthetic speech in exactly the layout of a Common Voice release."""

from __future__ import annotations

import difflib
import hashlib
import random
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from cvrecipes.audio import native
from cvrecipes.console import progress
from cvrecipes.errors import Failure, UsageError
from cvrecipes.files import check_room
from cvrecipes.sample.crossing import varied
from cvrecipes.sample.espeak import Voice, espeak
from cvrecipes.sample.prompts import Prompts, cldr_words
from cvrecipes.sample.voices import variants_of_splits

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
_BYTES_AN_HOUR = 17e6  # of mp3s of 32 kbit/s, tables included
_SHARES = {"test": 0.12, "dev": 0.12}


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
    codes = espeak().languages()
    for code in (_ESPEAK.get(locale, ""), locale, locale.lower(), locale.split("-")[0]):
        if code in codes:
            return code
    close = difflib.get_close_matches(locale.split("-")[0], codes, n=4, cutoff=0.5)
    near = f"did you mean {' or '.join(close)}? " if close else ""
    raise UsageError(
        f"espeak-ng does not speak {locale!r}",
        remedy=f"{near}see: cvrecipes sample --voices",
    )


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

    return {
        split: [voice(variant) for variant in rng.sample(variants, len(variants))]
        for split, variants in variants_of_splits(espeak().variants()).items()
    }


def varied_voice(files: Sequence[str], draw: random.Random) -> Voice:
    """A speaker that nobody is like: a crossed voice, and wider ranges than dev and test have."""
    return Voice(
        file=varied(files, draw),
        rate=draw.randint(130, 230),
        pitch=draw.randint(15, 85),
        pitch_range=draw.randint(15, 85),
        word_gap=draw.randint(3, 6),
    )


def make_release(
    locale: str,
    out: Path,
    *,
    hours: float,
    sentences: Sequence[str] | None = None,
    seed: int = 0,
    most_held_out: int | None = None,
) -> Made:
    """Synthesize a release: train, dev and test share no voice and no sentence.

    Arguments:
        locale: Common Voice code.
        out: ``<out>/<locale>`` is made; it must not exist.
        hours: about how much speech; less when `sentences` run out.
        sentences: what is read; invented from CLDR's words when None.
        most_held_out: clips of dev, and of test, at most; train reads what is left.

    Raises:
        UsageError: espeak-ng does not speak the locale, or the folder exists, or `out` holds
            other things than releases.
        Failure: there are too few sentences, or the disk is full or too small.
    """
    code = espeak_code(locale)
    folder = out / locale
    _check_place(out, folder)
    rng = random.Random(seed)
    prompts = None
    if sentences is not None:
        prompts = list(dict.fromkeys(s.strip() for s in sentences if s.strip()))
    if prompts is not None and len(prompts) < 10:
        raise Failure(f"{len(prompts)} sentences are too few for three splits; 10 are the least")
    if prompts is None:
        check_room(
            out, hours * _BYTES_AN_HOUR, f"{hours:g} hours of speech need about",
            remedy="ask for fewer --hours, or choose another --out",
        )  # fmt: skip
    texts = _shuffled(prompts, rng) if prompts else _invented(invented_sentences(locale, rng))
    half = folder.with_name(f".{folder.name}.half")
    try:
        shutil.rmtree(half, ignore_errors=True)
        (half / "clips").mkdir(parents=True)
        speaking = _Speaking(half, locale, code, speakers(rng), seed, most_held_out)
        speaking.read(texts, hours * 3600)
        speaking.finish()
        half.rename(folder)
    except OSError as error:
        raise Failure(f"cannot be written ({error.strerror or error})", where=folder) from None
    finally:
        shutil.rmtree(half, ignore_errors=True)
    clips = {split: len(rows) for split, rows in speaking.rows.items()}
    return Made(folder, clips, speaking.seconds / 3600)


def _check_place(out: Path, folder: Path) -> None:
    if folder.exists():
        raise UsageError("the folder exists already", where=folder, remedy="choose another --out")
    if out.exists() and not out.is_dir():
        raise UsageError("is a file, not a folder", where=out, remedy="choose another --out")
    inside = [path for path in out.iterdir() if path.name[0] != "."] if out.is_dir() else []
    if inside and not any((path / "validated.tsv").is_file() for path in inside):
        raise UsageError(
            "the folder is not empty and holds no release", where=out,
            remedy="choose another --out",
        )  # fmt: skip


def _shuffled(prompts: list[str], rng: random.Random) -> Iterator[str]:
    rng.shuffle(prompts)
    return iter(prompts)


def _invented(prompts: Prompts) -> Iterator[str]:
    seen: set[str] = set()
    while True:
        yield _fresh(prompts, seen)


class _Speaking:
    """A release in the making."""

    def __init__(
        self, half: Path, locale: str, code: str, voices: dict[str, list[Voice]], seed: int,
        most_held_out: int | None,
    ) -> None:  # fmt: skip
        self.half, self.locale, self.code = half, locale, code
        self.voices, self.seed, self.most_held_out = voices, seed, most_held_out
        files = espeak().variants()
        self.train_files = [files[voice.variant] for voice in voices["train"] if voice.variant]
        # Apart from the draws of dev and test, which stay as they are however train is spoken.
        self.draw = random.Random(f"train {seed}")
        self.rows: dict[str, list[dict[str, str]]] = {"train": [], "dev": [], "test": []}
        self.durations: list[tuple[str, int]] = []
        self.seconds = 0.0

    def read(self, texts: Iterator[str], goal: float) -> None:
        """Speak sentences until there are `goal` seconds or no more sentences."""
        with progress("synthesizing", goal) as advance:
            for number, text in enumerate(texts):
                split = _split_of(number)
                if split != "train" and len(self.rows[split]) == self.most_held_out:
                    split = "train"
                voice = self._next_voice(split)
                samples = self._speak(text, voice)
                if len(samples) == 0:
                    continue
                name = f"common_voice_{self.locale}_{40_000_001 + number}.mp3"
                self._write(name, samples)
                seconds = len(samples) / RATE
                self.durations.append((name, round(seconds * 1000)))
                self.rows[split].append(_row(self.locale, name, text, voice, self.seed))
                self.seconds += seconds
                advance(seconds)
                if self.seconds >= goal:
                    break

    def _next_voice(self, split: str) -> Voice:
        """The voices of a split in turn; in train, every second clip has a new one."""
        count, voices = len(self.rows[split]), self.voices[split]
        if split != "train":
            return voices[count % len(voices)]
        if count % 2:
            return varied_voice(self.train_files, self.draw)
        return voices[count // 2 % len(voices)]

    def _speak(self, text: str, voice: Voice) -> npt.NDArray[np.float32]:
        import soxr

        espeak().use(self.code, voice)
        speech = espeak().speak(text).astype(np.float32) / 32768
        if len(speech) == 0:
            return np.zeros(0, np.float32)
        pause = np.zeros(int(0.1 * espeak().sample_rate), np.float32)
        speech = np.concatenate([pause, speech, pause])
        samples: npt.NDArray[np.float32] = soxr.resample(speech, espeak().sample_rate, RATE)
        return samples * np.float32(0.8)

    def _write(self, name: str, samples: npt.NDArray[np.float32]) -> None:
        import soundfile

        try:
            soundfile.write(
                native(self.half / "clips" / name), samples, RATE, format="MP3",
                bitrate_mode="CONSTANT", compression_level=0.99,
            )  # fmt: skip
        except soundfile.SoundFileError as error:
            raise OSError(str(error)) from None

    def finish(self) -> None:
        """Write the tables.

        Raises:
            Failure: a split is empty.
        """
        empty = [split for split, clips in self.rows.items() if not clips]
        if empty:
            raise Failure(
                f"too little speech: no clip for {' and '.join(empty)}",
                remedy="ask for more --hours",
            )
        _write_tables(self.half, self.rows, self.durations)


def _fresh(prompts: Prompts, seen: set[str]) -> str:
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
    speaker = f"espeak-ng {locale} {voice} {seed}{voice.file}"
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
    folder: Path, rows: dict[str, list[dict[str, str]]], durations: list[tuple[str, int]]
) -> None:
    def write(name: str, header: Sequence[str], lines: Sequence[Sequence[str]]) -> None:
        text = "\n".join("\t".join(line) for line in (header, *lines)) + "\n"
        (folder / name).write_text(text, encoding="utf-8", newline="\n")

    def table(clips: list[dict[str, str]]) -> list[list[str]]:
        return [[row.get(column, "") for column in COLUMNS] for row in clips]

    for split, clips in rows.items():
        write(f"{split}.tsv", COLUMNS, table(clips))
    everything = [row for clips in rows.values() for row in clips]
    write("validated.tsv", COLUMNS, table(everything))
    for name in ("invalidated", "other"):
        write(f"{name}.tsv", COLUMNS, [])
    write("reported.tsv", ("sentence_id", "sentence", "locale", "reason"), [])
    write("clip_durations.tsv", ("clip", "duration[ms]"), [(n, str(ms)) for n, ms in durations])
