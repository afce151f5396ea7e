"""Reviews of a recipe by people who know the language, and the grade that they give.

``reviews.tsv`` beside recipe.toml has a line for each applied review; ``corrections.tsv`` has the
texts that a reviewer wants otherwise and that the recipe does not write yet. Both are written by
``cvrecipes review --apply`` (`cvrecipes.review.apply`).
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from cvrecipes.errors import Failure
from cvrecipes.recipe.toml_file import read_text
from cvrecipes.words import escaped, plural, unescaped

REVIEWS_FILE = "reviews.tsv"
CORRECTIONS_FILE = "corrections.tsv"
# How a reviewer knows the language.
SPEAKERS = {"native": "native speaker", "learner": "learner", "linguist": "linguist"}
# A review that gives the grade confirms so many sentences; about half of a page.
LEAST_RIGHT = 20


@dataclass(frozen=True, slots=True)
class Review:
    """One line of reviews.tsv.

    Attributes:
        date: when the sentences were judged, as ``2026-05-01``.
        name: how the reviewer wants to be named; empty if not at all.
        speaker: a key of `SPEAKERS`.
        right: how many sentences were confirmed; made-up words do not count.
        corrected: how many were corrected.
        unsure: how many the reviewer was not sure of.
        open: how many of these answers the recipe does not follow.
        recipe: hash of the recipe that the review holds for.
        file: a hash of the file of answers.
        comment: what the reviewer wrote beside the answers; may be empty.
    """

    date: str
    name: str
    speaker: str
    right: int
    corrected: int
    unsure: int
    open: int
    recipe: str
    file: str
    comment: str = ""

    def sentence(self, digest: str) -> str:
        """The review in words: who, when, how many.

        Arguments:
            digest: hash of the recipe as it is now.
        """
        counts = [f"{self.right} right", f"{self.corrected} corrected", f"{self.unsure} unsure"]
        words = f"{self.date}, {self.who}: {', '.join(counts)}"
        if self.open:
            words += f", {plural(self.open, 'correction')} open"
        return words if self.recipe == digest else f"{words}, of an earlier version of the recipe"

    @property
    def who(self) -> str:
        """``Ayşe (native speaker)``."""
        return f"{self.name or 'anonymous'} ({SPEAKERS[self.speaker]})"


def confirms(reviews: Sequence[Review], digest: str) -> bool:
    """Whether reviews give the grade ``confirmed`` to the recipe with this hash.

    A native speaker has confirmed at least `LEAST_RIGHT` sentences of this version of the recipe,
    and no correction of a native speaker is open.
    """
    native = [review for review in reviews if review.speaker == "native"]
    return not any(review.open for review in native) and any(
        review.recipe == digest and review.right >= LEAST_RIGHT for review in native
    )


def read_reviews(path: Path) -> list[Review]:
    """Read reviews.tsv; no review if there is no such file.

    Raises:
        Failure: a line has other columns, or a value that no review has.
    """
    if not path.is_file():
        return []
    return [
        _review(path, number, line.removesuffix("\r"))
        for number, line in enumerate(read_text(path).split("\n"), start=1)
        if line.strip() and not line.startswith("#")
    ]


def _review(path: Path, number: int, line: str) -> Review:
    cells = [unescaped(cell) for cell in line.split("\t")]
    wrong = ""
    most = len(fields(Review))
    cells += [""] * (len(cells) == most - 1)  # a line without a comment
    if len(cells) != most:
        wrong = f"needs {most - 1} or {most} columns"
    elif not all(cell.isascii() and cell.isdecimal() for cell in cells[3:7]):
        wrong = "has a count that is no number"
    elif cells[2] not in SPEAKERS:
        wrong = f"has a speaker that is none of {', '.join(SPEAKERS)}"
    elif not is_date(cells[0]):
        wrong = "has no date such as 2026-05-01"
    if wrong:
        remedy = "only cvrecipes review --apply writes this file"
        raise Failure(f"the line {wrong}", where=path, line=number, remedy=remedy)
    date, name, speaker, *counts, recipe, file, comment = cells
    right, corrected, unsure, still_open = map(int, counts)
    return Review(date, name, speaker, right, corrected, unsure, still_open, recipe, file, comment)


def is_date(text: object) -> bool:
    """Whether this is a date as ``2026-05-01``."""
    try:
        return isinstance(text, str) and datetime.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def reviews_text(reviews: Iterable[Review]) -> str:
    """The contents of reviews.tsv."""
    lines = [
        "# Reviews of this recipe, written by cvrecipes review --apply.",
        "# " + "\t".join(field.name for field in fields(Review)),
    ]
    lines += ["\t".join(map(escaped, astuple(review))) for review in reviews]
    return "\n".join(lines) + "\n"
