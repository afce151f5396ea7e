"""What a release and its corpus are made of."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, overload

if TYPE_CHECKING:
    import pyarrow as pa

SPLITS = ("train", "dev", "test")
# The split of a line that cannot be read, where nothing tells its split.
UNKNOWN_SPLIT = "unknown"
# Counts a clip whose file cannot be decoded, whether reading, training or transcribing finds it.
UNREADABLE_AUDIO = "unreadable audio"
# The column of tags that a source took out of transcripts, such as ``[laugh][disfluency]``.
TRANSCRIPT_TAGS = "transcript_tags"


@dataclass(frozen=True, slots=True)
class BadRow:
    """A line of a file that is no row of the table.

    Attributes:
        line: its number, the header being line 1.
        reason: a few words that such lines are counted by, then perhaps a colon and detail.
        raw: what the line holds.
        split: the table that the line belongs to, in a file with several; None when it does not
            say.
    """

    line: int
    reason: str
    raw: str
    split: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of one file, as read, with every line of the file accounted for.

    Attributes:
        rows: string columns, plus ``line`` (int64, the header being line 1).
        bad: lines that are no rows.
        lines: lines of the file without its header; always ``rows.num_rows + len(bad)``.
        nowhere: further lines that are no rows, of a file with several tables, whose table is not
            known. Each of its tables has them, and they are counted once, with no split.
    """

    rows: pa.Table
    bad: tuple[BadRow, ...]
    lines: int
    nowhere: tuple[BadRow, ...] = ()


class Segment(NamedTuple):
    """The audio of one clip: a file, or a part of it.

    Attributes:
        path: the file.
        start, end: seconds in the file; None where the file begins, and where it ends.
    """

    path: str
    start: float | None = None
    end: float | None = None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Segment:
        """The audio of a row of a `Corpus`."""
        return cls(row["path"], row.get("start"), row.get("end"))

    @property
    def fragment(self) -> str:
        """The part as in an address, ``#t=1.5,4``; empty for a whole file.

        Source: W3C, Media Fragments URI 1.0 (2012), 4.2.1, seconds.
        """
        if self.start is None and self.end is None:
            return ""
        first, last = ("" if s is None else f"{s:.6f}".rstrip("0").rstrip(".") for s in self[1:])
        return f"#t={first},{last}" if last else f"#t={first}"


def segments(table: pa.Table) -> list[Segment]:
    """The audio of each row of a `Corpus` table."""
    columns = [table[name].to_pylist() for name in Segment._fields]
    return [Segment(*values) for values in zip(*columns, strict=True)]


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
            `clips`) and ``sentence`` are needed; ``client_id``, ``seconds`` (float) and, for
            clips that are parts of files, ``start`` and ``end`` (float, seconds) are used; all
            others are kept as strings. `cvrecipes.data.tsv.tsv_reader` makes one of `tables`
            that are TSVs.
        builtin: whether this is the sample that ships with cvrecipes.
        encoding: what the user named for its tables; None for UTF-8.
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
    encoding: str | None = None

    @property
    def clips(self) -> Path:
        """The folder of the audio files."""
        return self.audio or self.folder / "clips"


@dataclass(frozen=True, slots=True)
class Clip:
    """One recorded sentence, as hooks see it.

    Attributes:
        name: file name inside the release's ``clips`` folder, and which part of the file.
        path: where the audio is.
        split: ``train``, ``dev`` or ``test``.
        line: line number in the split's TSV, the header being line 1.
        speaker: the release's ``client_id``.
        raw: the sentence as released.
        seconds: duration.
        columns: every column of the row, by the release's names.
        start, end: seconds in the file, of a clip that is a part of it; None elsewhere.
    """

    name: str
    path: Path
    split: str
    line: int
    speaker: str
    raw: str
    seconds: float
    columns: Mapping[str, str]
    start: float | None = None
    end: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A row that is not used, and why.

    Attributes:
        split: the split that the row would have been in; `UNKNOWN_SPLIT` for a line that does not
            say, in a file of several splits.
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
    """What train shares with dev and test; everything known is zero for ``strict-all``.

    Two sentences are the same when their normalized texts are; they are near-duplicates
    when only spaces, marks and signs inside words tell them apart.

    Attributes:
        policy: ``official`` or ``strict-all``.
        speakers: known speakers of train who also speak in dev or test; None when no speaker
            of train, or none of dev and test, is known.
        sentences: sentences of train that are also read in dev or test.
        near_duplicates: further sentences of train that dev or test hold nearly alike.
        clips: clips of train by such a speaker or of such a sentence; None where `speakers` is.
        clips_at_least: those of them that are known without the speakers that nobody names.
        shared: for dev and test apart, the same counts, and ``recordings``: clips that are in
            both.
        unknown_speakers: clips of train, dev and test whose speaker the release does not name.
        lists: SHA-256 of the clips of train, dev and test with their speakers, sorted.
    """

    policy: str
    speakers: int | None
    sentences: int
    near_duplicates: int
    clips: int | None
    clips_at_least: int
    shared: Mapping[str, Mapping[str, int | None]]
    unknown_speakers: Mapping[str, int]
    lists: Mapping[str, str]

    @property
    def complete(self) -> bool:
        """Whether the speaker of every clip is known; if not, the counts may be too low."""
        return not any(self.unknown_speakers.values())

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
            "clips_at_least": self.clips_at_least,
            "shared": {split: dict(counts) for split, counts in self.shared.items()},
            "unknown_speakers": dict(self.unknown_speakers),
            "lists": dict(self.lists),
        }


@dataclass(frozen=True, slots=True)
class Corpus:
    """The clips of a run: one Arrow table a split, never decoded audio.

    Each table has the columns ``clip``, ``path``, ``start`` and ``end`` (of a clip that is a part
    of its file, float64 seconds; null elsewhere), ``speaker``, ``raw``, ``text`` (normalized),
    ``near`` (what near-duplicates have in common), ``seconds`` (float32, null when not known),
    ``line`` and ``file``, and whatever else the release's TSV holds (age, gender, accents,
    votes...), as strings. ``clip`` tells clips apart: it is the file's name and, of a part,
    the fragment (see `Segment`).

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

    def hours(self, name: str) -> float | None:
        """Hours of speech in a split; None when the length of a clip is not known."""
        import pyarrow.compute as pc

        seconds = self.split(name)["seconds"]
        if seconds.null_count:
            return None
        return float(pc.sum(seconds).as_py() or 0.0) / 3600
