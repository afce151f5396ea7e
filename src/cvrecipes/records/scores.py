"""What is scored, and the score."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple


@dataclass(frozen=True, slots=True)
class Pair:
    """A clip's reference, and the hypothesis that the decoder wrote for it.

    Attributes:
        speaker: the release's ``client_id``; empty when the release does not tell.
        reference: the normalized sentence.
        hypothesis: what the decoder wrote.
        seconds: duration; nan when it is not known.
        raw: the sentence as released.
        columns: the release's own columns (age, gender, accents, variant ...), as strings.
    """

    clip: str
    speaker: str
    reference: str
    hypothesis: str
    seconds: float
    raw: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)


class Operation(NamedTuple):
    """One step of an alignment, over neighboring units.

    Attributes:
        kind: ``equal``, ``substitute``, ``delete`` or ``insert``.
        reference_start, reference_end: the units of the reference that it covers, none for
            ``insert``; the end is not included.
        hypothesis_start, hypothesis_end: those of the hypothesis, none for ``delete``.
    """

    kind: str
    reference_start: int
    reference_end: int
    hypothesis_start: int
    hypothesis_end: int

    @property
    def size(self) -> int:
        """How many units it covers; each is one hit or one error."""
        return max(
            self.reference_end - self.reference_start, self.hypothesis_end - self.hypothesis_start
        )


@dataclass(frozen=True, slots=True)
class Alignment:
    """How the units of a hypothesis differ from those of its reference.

    Attributes:
        reference, hypothesis: units: words, or characters.
        operations: cover all units of both, in order.
    """

    reference: tuple[str, ...]
    hypothesis: tuple[str, ...]
    operations: tuple[Operation, ...]

    def _count(self, kind: str) -> int:
        return sum(operation.size for operation in self.operations if operation.kind == kind)

    @property
    def substitutions(self) -> int:
        """Units of the reference that stand for another unit in the hypothesis."""
        return self._count("substitute")

    @property
    def deletions(self) -> int:
        """Units of the reference that the hypothesis lacks."""
        return self._count("delete")

    @property
    def insertions(self) -> int:
        """Units of the hypothesis that the reference lacks."""
        return self._count("insert")

    @property
    def errors(self) -> int:
        """Substitutions, deletions and insertions: Levenshtein's distance."""
        return sum(operation.size for operation in self.operations if operation.kind != "equal")

    @property
    def units(self) -> int:
        """Units of the reference."""
        return len(self.reference)

    @property
    def rate(self) -> float:
        """Errors by units, a fraction; for an empty reference the number of errors."""
        return self.errors / max(1, self.units)


def interval_name(unit: str) -> str:
    """What an interval is: ``95 % interval, resampling speakers``.

    Arguments:
        unit: what was resampled: ``speakers`` or ``clips``.
    """
    return f"95 % interval, resampling {unit}"


@dataclass(frozen=True, slots=True)
class Rate:
    """An error rate with its counts and a 95 % interval.

    Attributes:
        value: (substitutions + deletions + insertions) / units, as a fraction.
        low, high: 95 % interval of a bootstrap; equal to `value` when there is too little to
            resample.
        units: reference words (WER) or characters (CER).
        interval_unit: what the bootstrap drew: ``speakers``, or ``clips`` where there are
            fewer than five speakers or a clip names none.
    """

    value: float
    low: float
    high: float
    substitutions: int
    deletions: int
    insertions: int
    units: int
    interval_unit: str = "speakers"

    @property
    def interval_name(self) -> str:
        """What the interval is, for a heading or a sentence."""
        return interval_name(self.interval_unit)


@dataclass(frozen=True, slots=True)
class InsideAlphabet:
    """The rates of the clips whose reference the recipe's alphabet covers.

    Attributes:
        clips: for each pair, in their order, whether its reference is inside the alphabet.
        wer, cer: of these clips; None where there is none.
    """

    clips: tuple[bool, ...]
    wer: Rate | None
    cer: Rate | None

    def facts(self) -> dict[str, Any]:
        """The rates and counts as they stand in JSON; what is not known is None."""
        wer, cer = self.wer, self.cer
        return {
            "clips": sum(self.clips),
            "wer": wer.value if wer else None,
            "cer": cer.value if cer else None,
            "wer_interval": [wer.low, wer.high] if wer else None,
            "cer_interval": [cer.low, cer.high] if cer else None,
            "interval_unit": wer.interval_unit if wer else None,
            "words": wer.units if wer else 0,
            "characters": cer.units if cer else 0,
        }


@dataclass(frozen=True, slots=True)
class NoClass:
    """References that hold letters which the model has no class for.

    Attributes:
        clips: clips with such a reference; none of them can be written without an error.
        letters: these letters, the most frequent first.
        examples: up to two of the references.
    """

    clips: int = 0
    letters: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()

    def facts(self) -> dict[str, Any]:
        """Plain data, for JSON."""
        return {
            "clips": self.clips,
            "letters": list(self.letters),
            "examples": list(self.examples),
        }


@dataclass(frozen=True, slots=True)
class Score:
    """WER and CER of one model on one split, over all clips.

    Attributes:
        words, characters: the alignments that `wer` and `cer` were counted from, one for each
            pair, in the order of the pairs.
        headline: the rate that the recipe quotes first: ``wer`` or ``cer``.
        inside_alphabet: the rates without the clips whose reference holds a letter outside the
            recipe's alphabet, to compare with figures that leave such clips out; None where the
            recipe has no alphabet.
    """

    wer: Rate
    cer: Rate
    words: tuple[Alignment, ...] = ()
    characters: tuple[Alignment, ...] = ()
    headline: str = "wer"
    inside_alphabet: InsideAlphabet | None = None

    @property
    def clip_wer(self) -> tuple[float, ...]:
        """WER of each clip, a fraction, in the order of the pairs."""
        return tuple(alignment.rate for alignment in self.words)

    @property
    def clip_cer(self) -> tuple[float, ...]:
        """CER of each clip, a fraction, in the order of the pairs."""
        return tuple(alignment.rate for alignment in self.characters)

    def facts(self) -> dict[str, Any]:
        """The rates and counts as they stand in JSON; rates are fractions."""
        return {
            "wer": self.wer.value,
            "cer": self.cer.value,
            "wer_interval": [self.wer.low, self.wer.high],
            "cer_interval": [self.cer.low, self.cer.high],
            "interval_unit": self.wer.interval_unit,
            "substitutions": self.wer.substitutions,
            "deletions": self.wer.deletions,
            "insertions": self.wer.insertions,
            "words": self.wer.units,
            "character_substitutions": self.cer.substitutions,
            "character_deletions": self.cer.deletions,
            "character_insertions": self.cer.insertions,
            "characters": self.cer.units,
            "headline": self.headline,
            "inside_alphabet": self.inside_alphabet.facts() if self.inside_alphabet else None,
        }
