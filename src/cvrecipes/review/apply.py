"""What a file of answers does to a recipe: golden pairs, corrections, and a line of reviews.tsv.

Right answers become golden pairs. A correction that the recipe does not write yet would be a
golden pair that fails, so it waits in corrections.tsv, which ``cvrecipes test`` reports; when the
recipe is mended, the same file is applied again, and the correction becomes a golden pair.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cvrecipes.errors import Failure
from cvrecipes.files import write_text
from cvrecipes.recipe import Golden, Recipe, read_golden, read_text
from cvrecipes.recipe.golden import escaped
from cvrecipes.recipe.reviews import (
    CORRECTIONS_FILE,
    REVIEWS_FILE,
    SPEAKERS,
    Review,
    read_reviews,
    reviews_text,
)
from cvrecipes.review.answers import RIGHT, UNSURE, Answer, Answers, check_answers, page_command
from cvrecipes.review.corrections import settled_answer

_CORRECTIONS = """\
# What reviewers want otherwise and the recipe does not write yet: raw text, the text that is
# wanted, the review. cvrecipes test reports it. When the recipe is mended, apply the review's file
# again; its corrections then become golden pairs.
"""


@dataclass(frozen=True, slots=True)
class Open:
    """An answer that the recipe does not follow: it writes `written`, the reviewer `wanted`."""

    raw: str
    written: str
    wanted: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What applying a file of answers changes.

    Attributes:
        review: the line of reviews.tsv.
        pairs: raw and expected text of each new golden pair.
        present: how many answers were golden pairs before.
        made: how many of the right answers are about made-up words. They show that a rule does
            what it should; they are no golden pairs and do not count.
        settled: corrections that were read without capitals, punctuation and invisible signs: the
            raw text, the correction, and what it was read as.
        open: the answers that the recipe does not follow.
        repeated: whether the file was applied before.
    """

    review: Review
    pairs: tuple[tuple[str, str], ...]
    present: int
    made: int
    settled: tuple[tuple[str, str, str], ...]
    open: tuple[Open, ...]
    repeated: bool


def judge(answers: Answers, recipe: Recipe, *, older: bool = False) -> Outcome:
    """Compare a file of answers with what the recipe writes. Nothing is written.

    A review holds for the version of the recipe that its page was made from. When the file had
    corrections and the recipe was mended until it follows all of them, it holds for that version.

    Arguments:
        older: also take answers about another version of the recipe.

    Raises:
        Failure: the answers are about another version of the recipe, or about texts that it does
            not write.
    """
    check_answers(answers, recipe)
    repeated = any(review.file == answers.file for review in recipe.reviews)
    if answers.recipe != recipe.digest and not (older or repeated):
        raise Failure(
            f"is about version {answers.recipe} of the recipe, which is now {recipe.digest}",
            where=answers.path,
            remedy=f"write a new page: {page_command(recipe)}; or add --older, and what "
            "still holds becomes golden pairs, without the grade",
        )
    existing = {pair.raw: pair.expected for pair in recipe.golden()}
    pairs: dict[str, str] = {}
    present = 0
    still_open: list[Open] = []
    judged = [settled_answer(answer, recipe) for answer in answers.answers]
    for answer in judged:
        if answer.verdict == UNSURE:
            continue
        wanted, written = _wanted(answer), recipe.golden_text(answer.raw)
        if wanted != written:
            still_open.append(Open(answer.raw, written, wanted))
        elif answer.made:
            continue
        elif answer.raw in existing:
            present += 1
        else:
            pairs[answer.raw] = wanted
    verdicts = Counter((answer.verdict, answer.made) for answer in judged)
    right, made = verdicts[RIGHT, False], verdicts[RIGHT, True]
    unsure = verdicts[UNSURE, False] + verdicts[UNSURE, True]
    corrected = len(judged) - right - made - unsure
    mended = bool(corrected) and not still_open
    review = Review(
        answers.date, answers.name, answers.speaker, right, corrected, unsure, len(still_open),
        recipe.digest if mended else answers.recipe, answers.file, answers.comment,
    )  # fmt: skip
    changed = [(a, b) for a, b in zip(answers.answers, judged, strict=True) if a != b]
    read_as = tuple((old.raw, old.correction, new.correction or new.text) for old, new in changed)
    return Outcome(
        review, tuple(pairs.items()), present, made, read_as, tuple(still_open), repeated
    )


def _wanted(answer: Answer) -> str:
    """The expected text of the golden pair that an answer asks for."""
    if answer.verdict == RIGHT:
        return f"!{answer.reason}" if answer.reason is not None else answer.text
    return answer.correction


def write(outcome: Outcome, folder: Path) -> list[Path]:
    """Write what changes into a recipe folder; reviews.tsv, which gives the grade, comes last.

    Returns:
        The files that changed.
    """
    review = outcome.review
    contents: dict[Path, str] = {}
    golden = folder / "golden.tsv"
    if outcome.pairs:
        text = _ended(golden)
        who = f"{review.name}, {SPEAKERS[review.speaker]}" if review.name else review.who
        text += f"# Judged by {who}, {review.date}\n"
        contents[golden] = text + "".join(_line(*pair) for pair in outcome.pairs)
    corrections = folder / CORRECTIONS_FILE
    text = _corrections(corrections, outcome.open, review.file)
    if text:
        contents[corrections] = text
    reviews = [line for line in read_reviews(folder / REVIEWS_FILE) if line.file != review.file]
    contents[folder / REVIEWS_FILE] = reviews_text(
        sorted([*reviews, review], key=lambda line: (line.date, line.file))
    )
    changed = [path for path, text in contents.items() if not _holds(path, text)]
    for path in changed:
        write_text(path, contents[path])
    if not text and corrections.is_file():
        corrections.unlink()
        changed.append(corrections)
    return changed


def _corrections(path: Path, still_open: Sequence[Open], file: str) -> str:
    """corrections.tsv with what is open of one review, and what it holds of others; or nothing."""
    others = [pair for pair in read_golden(path) if pair.note != file]
    lines = [*_lines(others), *(_line(one.raw, one.wanted, file) for one in still_open)]
    return _CORRECTIONS + "".join(lines) if lines else ""


def _lines(pairs: Iterable[Golden]) -> Iterable[str]:
    return (_line(pair.raw, pair.expected, pair.note) for pair in pairs)


def _line(*cells: str) -> str:
    return "\t".join(map(escaped, cells)) + "\n"


def _ended(path: Path) -> str:
    """The text of a file, its last line ended; empty if there is no such file."""
    text = read_text(path) if path.is_file() else ""
    return text if not text or text.endswith("\n") else f"{text}\n"


def _holds(path: Path, text: str) -> bool:
    return path.is_file() and read_text(path) == text
