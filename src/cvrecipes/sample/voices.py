"""Which of espeak-ng's voice variants speak which split of a sample release.

The rule looks at no result, only at names and at the parameters in espeak-ng's own voice files:

- train: variants that the tiny encoder heard too, but none whose name differs from one of dev or
  test in its case and final digit only (``edward``, ``edward2``).
- dev and test: variants that it never heard, which are all others but

  - whispers, croaks, demons and robots by name (`_EFFECTS`), by ``voicing`` under
    `_LEAST_VOICING` (a whisper has no voiced source), or by an ``echo`` of full strength;
  - files that change nothing one could hear (``fast``: the plain voice, which train has).

  Of names that differ in a final digit only (``steph``, ``steph2``, ``steph3``), the first
  speaks: its likeness in another split, or in the same one, would be no further speaker. In
  order of the SHA-256 of their names, the first half speaks test and the second half dev.

The encoder heard `TRAIN_VARIANTS` and, less often, `ODD_VARIANTS`. Some variants of dev and test
have such a likeness among the latter.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence

TRAIN_VARIANTS = (
    "", "Alex", "Andrea", "Denis", "Diogo", "Henrique", "Hugo", "Jacky", "Lee",
    "Mario", "Michael", "Nguyen", "anika", "antonio", "aunty", "boris", "ed", "f1", "f2",
    "f3", "f4", "f5", "grandma", "grandpa", "gustave", "ian", "john", "m1", "m2", "m3", "m4",
    "m5", "m6", "m7", "m8", "marcelo", "max", "michel", "miguel", "norbert", "pablo", "pedro",
    "quincy", "rob", "robert", "shelby", "travis", "victor",
)  # fmt: skip

# Other synthesizers and strange throats.
ODD_VARIANTS = (
    "Alicia", "Andy", "Gene", "Mike", "Storm", "adam", "announcer", "benjamin", "david", "edward",
    "iven", "klatt", "klatt3", "paul", "sandro",
)  # fmt: skip

_EFFECTS = re.compile("whisper|croak|demon|robo", re.IGNORECASE)
_LEAST_VOICING = 25  # percent; espeak-ng's own whispers have 17 and 20
_FULL_ECHO = 100  # percent; espeak-ng takes larger values as this one
# Keywords of espeak-ng's voice files that change the sound of a voice.
_AUDIBLE = {
    "breath", "breathw", "consonants", "echo", "flutter", "formant", "intonation", "klatt",
    "pitch", "roughness", "stressAdd", "stressAmp", "stressLength", "tone", "voicing",
}  # fmt: skip


def variants_of_splits(files: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """The variants that speak train, dev and test, by the rule of this module.

    Arguments:
        files: the text of each of espeak-ng's variant files, by name.

    Returns:
        The variants of each split; no variant is in two of them.
    """
    chosen: dict[str, str] = {}
    for name in sorted(set(files) - {*TRAIN_VARIANTS, *ODD_VARIANTS}):
        if _human(name, _parameters(files[name])):
            chosen.setdefault(_likeness(name), name)
    drawn = sorted(chosen.values(), key=lambda name: hashlib.sha256(name.encode()).hexdigest())
    middle = len(drawn) // 2
    heard = (*TRAIN_VARIANTS, *ODD_VARIANTS)
    return {
        "dev": tuple(drawn[middle:]),
        "test": tuple(drawn[:middle]),
        "train": tuple(name for name in heard if _likeness(name) not in chosen),
    }


def _likeness(name: str) -> str:
    return name.rstrip("0123456789").lower()


def _human(name: str, parameters: Mapping[str, Sequence[float]]) -> bool:
    voicing, echo = parameters.get("voicing", [100]), parameters.get("echo", [])
    return (
        bool(_AUDIBLE & set(parameters))
        and not _EFFECTS.search(name)
        and voicing[0] >= _LEAST_VOICING
        and not (len(echo) > 1 and echo[1] >= _FULL_ECHO)
    )


def _parameters(file: str) -> dict[str, list[float]]:
    """The numbers behind each keyword of a voice file (of ``formant``: of the last one)."""
    lines = [line.split() for line in file.splitlines()]
    return {
        words[0]: [float(word) for word in words[1:] if re.fullmatch(r"-?\d+", word)]
        for words in lines
        if words and words[0][0].isalpha()
    }
