"""New voices for espeak-ng, crossed from those it has.

The few dozen variants of espeak-ng are a small part of how voices differ, so a model that heard
only them knows little of the next one. A crossed voice takes each line of its voice file from
another variant and changes the numbers; a varied one has, above that, a vocal tract, a source and
a room of its own. Keywords and their meaning are those of espeak-ng's ``docs/voices.md``.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

Lines = dict[str, list[str]]
"""The words of each line of a voice file, by keyword (of formants: by keyword and number)."""

_TRACT = (0.82, 1.22)  # all formants at once; adults differ by about a fifth from the mean
_FORMANTS = range(9)
# Percent of a formant's usual frequency. espeak-ng 1.52 crashes on some sounds with 338 % for the
# fourth formant; its own variants have 200 % at most, but for one.
_HIGHEST = 200
# Keywords that say who speaks and not how it sounds.
_NOT_SOUND = {"language", "name", "gender", "variants"}


def crossed(files: Sequence[str], draw: random.Random) -> str:
    """A voice file whose lines come from several others, numbers changed by up to a tenth.

    A line of each keyword (for ``formant``, of each formant) comes from a file drawn for it, or is
    missing as it is there.
    """
    return _text(_cross(files, draw, 0.1))


def varied(files: Sequence[str], draw: random.Random) -> str:
    """A crossed voice with one more draw for what distinguishes speakers.

    All formants move together, as with a shorter or longer vocal tract. Flutter, roughness,
    echo, the strength of voicing and of consonants come, each in one voice of three, from a
    wide range instead of from another variant.
    """
    lines = _cross(files, draw, 0.15)
    tract = draw.uniform(*_TRACT)
    for number in _FORMANTS:
        line = lines.setdefault(f"formant {number}", ["formant", str(number), "100"])
        # A frequency of 0 switches the formant off.
        line[2] = str(round(int(line[2]) * (tract if number else 1)))
    drawn: Mapping[str, tuple[tuple[int, int], ...]] = {
        "consonants": ((50, 160), (50, 160)),
        "echo": ((15, 120), (5, 60)),
        "flutter": ((0, 60),),
        "roughness": ((0, 7),),
        "voicing": ((40, 180),),
    }
    for keyword, ranges in drawn.items():
        if draw.random() < 1 / 3:
            lines[keyword] = [keyword, *(str(draw.randint(*limits)) for limits in ranges)]
    return _text(lines)


def _cross(files: Sequence[str], draw: random.Random, spread: float) -> Lines:
    parsed = [_lines(file) for file in files]
    lines: Lines = {}
    for key in sorted({key for file in parsed for key in file}):
        taken = draw.choice(parsed).get(key)
        if taken is None:
            continue
        fixed = 2 if taken[0] in ("formant", "intonation", "klatt") else 1
        lines[key] = taken[:fixed] + [
            str(round(float(word) * draw.uniform(1 - spread, 1 + spread)))
            if word.lstrip("-").isdigit()
            else word
            for word in taken[fixed:]
        ]
    return lines


def _lines(file: str) -> Lines:
    lines = [line.split() for line in file.splitlines()]
    return {
        " ".join(words[:2]) if words[0] == "formant" else words[0]: words
        for words in lines
        if words and words[0].isalpha() and words[0] not in _NOT_SOUND
    }


def _text(lines: Lines) -> str:
    for words in lines.values():
        if words[0] == "formant":
            words[2] = str(min(_HIGHEST, int(words[2])))
    return "\n".join(["language variant", "name crossed", *map(" ".join, lines.values())]) + "\n"
