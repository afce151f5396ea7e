"""What passes between the stages of a run: frozen, typed, standard library only."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, overload

if TYPE_CHECKING:
    import pyarrow as pa

SPLITS = ("train", "dev", "test")
# Counts a clip whose file cannot be decoded, whether reading, training or transcribing finds it.
UNREADABLE_AUDIO = "unreadable audio"


@dataclass(frozen=True, slots=True)
class BadRow:
    """A line of a file that is no row of the table.

    Attributes:
        line: its number, the header being line 1.
        reason: a few words that such lines are counted by, then perhaps a colon and detail.
        raw: what the line holds.
    """

    line: int
    reason: str
    raw: str


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of one file, as read, with every line of the file accounted for.

    Attributes:
        rows: string columns, plus ``line`` (int64, the header being line 1).
        bad: lines that are no rows.
        lines: lines of the file without its header; always ``rows.num_rows + len(bad)``.
    """

    rows: pa.Table
    bad: tuple[BadRow, ...]
    lines: int


@dataclass(frozen=True, slots=True)
class Release:
    """A release of one locale, found and not yet read.

    Attributes:
        locale: Common Voice code, such as ``tr`` or ``ga-IE``.
        version: name of the release folder, such as ``cv-corpus-25.0-2026-03-09``.
        folder: the folder that holds the TSVs and ``clips/``.
        tables: the file of each table that the release has, by its name: ``train``,
            ``dev``, ``test``, ``validated``, ``other``, ``invalidated``, ``reported``.
        read: gives a table by its name. The columns ``path`` (absolute, or relative to
            `clips`) and ``sentence`` are needed, ``client_id`` and ``seconds`` (float) are
            used, all others are kept as strings. `cvrecipes.data.tsv.tsv_reader` makes one
            of `tables` that are TSVs.
        builtin: whether this is the sample that ships with cvrecipes.
        audio: the folder that file names of clips are relative to; None for ``clips``.
        source: the name of the source that opened it.
        common_voice: whether `tables` are Common Voice's own TSVs, one a table. Every clip
            then lies below `clips` (a name that leads out of it is refused), names may lack
            their ``.mp3``, and ``clip_durations.tsv`` tells durations.
    """

    locale: str
    version: str
    folder: Path
    tables: Mapping[str, Path]
    read: Callable[[str], Table] = field(compare=False, repr=False)
    builtin: bool = False
    audio: Path | None = None
    source: str = "folder"
    common_voice: bool = False

    @property
    def clips(self) -> Path:
        """The folder of the audio files."""
        return self.audio or self.folder / "clips"


@dataclass(frozen=True, slots=True)
class Clip:
    """One recorded sentence, as hooks see it.

    Attributes:
        name: file name inside the release's ``clips`` folder.
        path: where the audio is.
        split: ``train``, ``dev`` or ``test``.
        line: line number in the split's TSV, the header being line 1.
        speaker: the release's ``client_id``.
        raw: the sentence as released.
        seconds: duration.
        columns: every column of the row, by the release's names.
    """

    name: str
    path: Path
    split: str
    line: int
    speaker: str
    raw: str
    seconds: float
    columns: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A row that is not used, and why.

    Attributes:
        split: the split that the row would have been in.
        file: name of the TSV (or manifest) that holds the row.
        line: its line number in `file`, the header being line 1.
        clip: the audio file's name, empty when the row has none.
        rule: the words that such rows are counted by, such as ``too long``.
        detail: what `rule` means for this row, such as ``over 20 s``; may be empty.
        held_out: whether nothing is wrong with the row but that dev or test holds its clip,
            its speaker or its sentence.
        raw: the sentence as released.
    """

    split: str
    line: int
    clip: str
    rule: str
    detail: str = ""
    held_out: bool = False
    raw: str
    file: str = ""

    @property
    def reason(self) -> str:
        """Rule and detail, as ``left_out.tsv`` has them: ``too long: over 20 s``."""
        return f"{self.rule}: {self.detail}" if self.detail else self.rule


class LeftOuts(Sequence[LeftOut]):
    """Rows that are not used: an Arrow table that reads as a sequence of `LeftOut`.

    Attributes:
        table: a column for each attribute of `LeftOut`.
    """

    def __init__(self, table: pa.Table) -> None:
        self.table = table

    def __len__(self) -> int:
        return int(self.table.num_rows)

    @overload
    def __getitem__(self, index: int) -> LeftOut: ...
    @overload
    def __getitem__(self, index: slice) -> list[LeftOut]: ...
    def __getitem__(self, index: int | slice) -> LeftOut | list[LeftOut]:
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        return LeftOut(**self.table.slice(index % len(self), 1).to_pylist()[0])

    def __iter__(self) -> Iterator[LeftOut]:
        for batch in self.table.to_batches(max_chunksize=10_000):
            for row in batch.to_pylist():
                yield LeftOut(**row)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"LeftOuts({list(self[:20])!r}{', ...' if len(self) > 20 else ''})"


@dataclass(frozen=True, slots=True)
class Certificate:
    """What train shares with dev and test; everything is zero for ``strict-all``.

    Two sentences are the same when their normalized texts are; they are near-duplicates
    when only spaces, marks and signs inside words tell them apart.

    Attributes:
        policy: ``official`` or ``strict-all``.
        speakers: speakers of train who also speak in dev or test.
        sentences: sentences of train that are also read in dev or test.
        near_duplicates: further sentences of train that dev or test hold nearly alike.
        clips: clips of train by such a speaker or of such a sentence.
        shared: for dev and test apart, the same four counts, and ``recordings``: clips that
            are in both.
        unknown_speakers: clips of train whose speaker the release does not tell.
        lists: SHA-256 of the sorted clip names of train, dev and test.
    """

    policy: str
    speakers: int
    sentences: int
    near_duplicates: int
    clips: int
    shared: Mapping[str, Mapping[str, int]]
    unknown_speakers: int
    lists: Mapping[str, str]

    @property
    def hash(self) -> str:
        """One hash of the three lists, 16 hexadecimal digits."""
        joined = "\n".join(f"{split} {self.lists[split]}" for split in SPLITS)
        return hashlib.sha256(joined.encode()).hexdigest()[:16]

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for JSON."""
        return {
            "policy": self.policy,
            "hash": self.hash,
            "speakers": self.speakers,
            "sentences": self.sentences,
            "near_duplicates": self.near_duplicates,
            "clips": self.clips,
            "shared": {split: dict(counts) for split, counts in self.shared.items()},
            "unknown_speakers": self.unknown_speakers,
            "lists": dict(self.lists),
        }


@dataclass(frozen=True, slots=True)
class Corpus:
    """The clips of a run: one Arrow table a split, never decoded audio.

    Each table has the columns ``clip``, ``path``, ``speaker``, ``raw``, ``text``
    (normalized), ``near`` (what near-duplicates have in common), ``seconds`` (float32, null
    when not known), ``line`` and ``file``, and whatever else the release's TSV holds (age,
    gender, accents, votes...), as strings.

    Attributes:
        left_out: the rows that are not used, each with its reason.
        rows: lines of each file that was read, by the table's name.
        certificate: what train shares with dev and test.
    """

    train: pa.Table
    dev: pa.Table
    test: pa.Table
    left_out: Sequence[LeftOut]
    rows: Mapping[str, int] = field(default_factory=dict)
    certificate: Certificate | None = None

    def split(self, name: str) -> pa.Table:
        """The table of a split by its name."""
        tables: dict[str, pa.Table] = {"train": self.train, "dev": self.dev, "test": self.test}
        return tables[name]

    def hours(self, name: str) -> float:
        """Hours of speech in a split; clips of unknown length count nothing."""
        import pyarrow.compute as pc

        return float(pc.sum(self.split(name)["seconds"]).as_py() or 0.0) / 3600


@dataclass(frozen=True, slots=True)
class Pair:
    """A clip's reference and what the model heard.

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


@dataclass(frozen=True, slots=True)
class Rate:
    """An error rate with its counts and a 95 % interval.

    Attributes:
        value: (substitutions + deletions + insertions) / units, as a fraction.
        low, high: 95 % interval of a bootstrap; equal to `value` when there is too little to
            resample.
        units: reference words (WER) or characters (CER).
        interval_unit: what the bootstrap drew: ``speakers``, or ``clips`` where fewer than
            five speakers are known.
    """

    value: float
    low: float
    high: float
    substitutions: int
    deletions: int
    insertions: int
    units: int
    interval_unit: str = "speakers"


@dataclass(frozen=True, slots=True)
class Score:
    """WER and CER of one model on one split.

    Attributes:
        words, characters: the alignments that `wer` and `cer` were counted from, one for each
            pair, in the order of the pairs.
        headline: the rate that the recipe quotes first: ``wer`` or ``cer``.
    """

    wer: Rate
    cer: Rate
    words: tuple[Alignment, ...] = ()
    characters: tuple[Alignment, ...] = ()
    headline: str = "wer"

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
        }


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One line of the training table."""

    step: int
    epoch: float
    training_loss: float | None
    loss: float
    wer: float
    cer: float
    blank_share: float


@dataclass(frozen=True, slots=True)
class Trained:
    """What training leaves behind.

    Attributes:
        folder: a plain transformers folder (weights, config, processor).
        evaluations: one record an evaluation on dev, in order.
        losses: (step, training loss, learning rate) as logged.
        best_step: the step whose weights were kept.
        steps: optimizer steps taken.
        first_step_seconds: from the start of training to the end of the first step.
        device: the device that trained, in words.
        precision: ``fp32``, ``bf16`` or ``fp16``.
        parameters: number of weights.
        unreadable: clips of train and dev that turned out to be no audio while decoding.
        selected_on: the split whose WER chose the weights; None when the last were kept.
    """

    folder: Path
    evaluations: tuple[Evaluation, ...]
    losses: tuple[tuple[int, float, float], ...]
    best_step: int
    steps: int
    first_step_seconds: float
    device: str
    precision: str
    parameters: int
    unreadable: tuple[LeftOut, ...] = ()
    selected_on: str | None = None


@dataclass(frozen=True, slots=True)
class RunReport:
    """Everything a finished run says about itself; `facts` is the content of run.json."""

    folder: Path
    score: Score
    pairs: tuple[Pair, ...]
    facts: Mapping[str, Any]
