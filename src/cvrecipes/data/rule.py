"""A rule: one reason to leave rows out, and the function that finds them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

import pluggy

from cvrecipes.data.clips import ClipFiles
from cvrecipes.data.selection import Places, Selection
from cvrecipes.data.tables import Reading
from cvrecipes.models.ctc import Framing
from cvrecipes.recipe import Recipe
from cvrecipes.settings import Settings

# Remedies of several rules.
UNPACK = "is the release complete? unpack it again"
SETTING = "see: cvrecipes settings"


class Stage(Enum):
    """When a rule is applied; the rules of a list are in this order."""

    ROWS = "when the tables are read"
    CLIPS = "when the clips' files are inspected; with --limit, of the chosen clips only"
    CORPUS = "when all splits are known"


class Splits(Enum):
    """The splits that a rule holds for; values as the docs have them."""

    ALL = "all"
    TRAINED = "train, and dev with `merge_dev`"
    TRAIN = "train"


class Match(NamedTuple):
    """Rows that a rule leaves out.

    Attributes:
        places: places in the selection's table, each once.
        detail: one text for all rows, or one for each.
        kind: the words that these rows are counted by; None for the rule's name.
    """

    places: Places | Sequence[int]
    detail: str | Sequence[str] = ""
    kind: str | None = None


def by_kind(rows: Iterable[tuple[int, tuple[str, str]]]) -> Iterator[Match]:
    """Rows, each with its kind and detail, gathered by kind."""
    gathered: dict[str, tuple[list[int], list[str]]] = {}
    for place, (kind, detail) in rows:
        places, details = gathered.setdefault(kind, ([], []))
        places.append(place)
        details.append(detail)
    for kind, (places, details) in gathered.items():
        yield Match(places, details, kind)


@dataclass(frozen=True, slots=True)
class Context:
    """What a rule may use besides the rows.

    Attributes:
        settings: the settings of the run.
        seed: decides what is drawn at random.
        recipe: the language's recipe.
        framing: the base model's frames.
        hooks: the plugins.
        reading: every table of the release.
        files: the clips' files.
        selections: all splits by name.
        trained: the splits that are trained on: none, train, or train and dev.
    """

    settings: Settings
    seed: int
    recipe: Recipe
    framing: Framing
    hooks: pluggy.PluginManager
    reading: Reading
    files: ClipFiles
    selections: Mapping[str, Selection]
    trained: frozenset[str]


Find = Callable[[Selection, Places, Context], Iterator[Match]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A reason to leave a row out.

    Attributes:
        name: the words that its rows are counted by.
        asks: what is wrong with such a row, as a sentence for the docs.
        splits: the splits that it holds for.
        stage: when it is applied.
        remedy: what a user can do; ``{locale}`` stands for the locale.
        find: gives the rows among `places`, all of them kept so far.
        settings: the settings that govern it.
        held_out: whether nothing is wrong with the row but that dev or test holds its clip, its
            speaker or its sentence. Such rows are counted apart.
        kinds: where one search finds rows for several reasons: the words that they are counted
            by, each with what is wrong, in place of `name` and `asks`.
        open: whether a plugin or a file's reader may count further rows by its own words.
    """

    name: str
    asks: str
    splits: Splits
    stage: Stage
    remedy: str
    find: Find
    settings: tuple[str, ...] = ()
    held_out: bool = False
    kinds: Mapping[str, str] = field(default_factory=dict)
    open: bool = False

    @property
    def reasons(self) -> Mapping[str, str]:
        """The words that its rows are counted by, each with what is wrong.

        The reasons of a plugin or a file's reader are not known in advance.
        """
        return self.kinds if self.kinds or self.open else {self.name: self.asks}

    def holds_for(self, split: str, trained: frozenset[str]) -> bool:
        """Whether the rule applies to a split, when `trained` are the splits trained on."""
        if self.splits is Splits.ALL:
            return True
        return split in trained and (self.splits is Splits.TRAINED or split == "train")

    def apply(self, selection: Selection, places: Places, context: Context) -> None:
        """Leave out what `find` finds among `places`."""
        for match in self.find(selection, places[selection.kept[places]], context):
            selection.leave_out(
                match.places, match.kind or self.name, match.detail, held_out=self.held_out
            )
