"""The file of answers that a page of ``review`` gives back, read without trusting it."""

from __future__ import annotations

import codecs
import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from cvrecipes.errors import Failure, UsageError
from cvrecipes.recipe import Recipe
from cvrecipes.recipe.reviews import SPEAKERS, is_date
from cvrecipes.review.selection import MADE, ORIGINS
from cvrecipes.words import DIRECTION_CONTROLS

FORMAT, VERSION = "cvrecipes-review", 1
RIGHT, WRONG, UNSURE = "right", "wrong", "unsure"
# A page of 60 sentences with corrections is below 50 kB.
_MOST_BYTES = 1_000_000
_LONGEST = {"name": 80, "comment": 4000, "correction": 1000, "normalizer": 80}
KEYS = (
    "format", "version", "locale", "variant", "recipe", "normalizer", "page", "date", "name",
    "speaker", "comment", "sentences", "answers",
)  # fmt: skip
_QUOTED = re.compile(r"^[ \t]*(?:>[ \t]?)+", re.MULTILINE)
_SENTENCE = ("raw", "text", "reason", "origin")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a reviewer said of one sentence.

    Attributes:
        raw: the sentence as released.
        text: what the recipe wrote for it on the page.
        reason: why a run would leave it out; None if it would not.
        made: whether it was made up to show a rule, and is no text of the language.
        verdict: `RIGHT`, `WRONG` or `UNSURE`.
        correction: the text that the reviewer wants; empty unless `WRONG`.
    """

    raw: str
    text: str
    reason: str | None
    made: bool
    verdict: str
    correction: str = ""


@dataclass(frozen=True, slots=True)
class Answers:
    """A file of answers.

    Attributes:
        path: the file.
        variant: the way of writing that the recipe is about.
        recipe: hash of the recipe that the page was made from.
        date: when the file was saved.
        file: a hash of all that was answered; two files with the same hash are one review.
    """

    path: Path
    locale: str
    variant: str
    recipe: str
    date: str
    name: str
    speaker: str
    comment: str
    answers: tuple[Answer, ...]
    file: str


def page_id(locale: str, variant: str, recipe: str, sentences: Iterable[Mapping[str, Any]]) -> str:
    """A hash of what a page shows; a file whose sentences were changed has another."""
    shown = [[sentence[key] for key in _SENTENCE] for sentence in sentences]
    return _hash([FORMAT, VERSION, locale, variant, recipe, shown])


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, ensure_ascii=True).encode()).hexdigest()[:16]


def read_answers(path: Path) -> Answers:
    """Read a file of answers and check its form.

    Raises:
        UsageError: there is no such file.
        Failure: it is no file of answers, or was changed after the page gave it.
    """
    return _Reader(path).read()


class _Reader:
    def __init__(self, path: Path) -> None:
        self._path = path

    def _refuse(self, what: str, remedy: str | None = None) -> NoReturn:
        raise Failure(
            what, where=self._path, remedy=remedy or "ask for the file as the page saved it"
        )

    def read(self) -> Answers:
        data = self._json()
        if not isinstance(data, dict) or data.get("format") != FORMAT:
            self._refuse("is no file of answers of cvrecipes review")
        if data.get("version") != VERSION:
            self._refuse(
                f"has format {data.get('version')!r}, and this cvrecipes reads format {VERSION}",
                "update cvrecipes",
            )
        self._check_keys(data, KEYS, "the file")
        texts = [key for key in KEYS if key not in ("version", "sentences", "answers")]
        for key in texts:
            self._check_text(data[key], key, lines=key == "comment")
        if data["speaker"] not in SPEAKERS:
            self._refuse(f"has a speaker that is none of {', '.join(SPEAKERS)}")
        if not is_date(data["date"]):
            self._refuse("has no date such as 2026-05-01")
        sentences = self._sentences(data["sentences"])
        page = page_id(data["locale"], data["variant"], data["recipe"], sentences)
        if page != data["page"]:
            self._refuse(
                "was changed after the page saved it: its sentences, recipe, locale or variant "
                "are not those of the page"
            )
        answers = self._answers(data["answers"], sentences)
        if not answers:
            self._refuse("holds no answer")
        answered = {key: data[key] for key in ("page", "date", "name", "speaker", "answers")}
        return Answers(
            self._path, data["locale"], data["variant"], data["recipe"], data["date"],
            data["name"].strip(), data["speaker"], data["comment"].strip(), answers,
            _hash(sorted(answered.items(), key=lambda item: item[0])),
        )  # fmt: skip

    def _json(self) -> Any:
        try:
            if self._path.stat().st_size > _MOST_BYTES:
                self._refuse("is too large for a file of answers")
            content = self._path.read_bytes()
        except OSError as error:
            raise UsageError(f"cannot be read ({error.strerror})", where=self._path) from None
        try:
            return _parsed(content)
        except (ValueError, RecursionError):  # text in another encoding is a ValueError
            self._refuse("is not JSON")

    def _check_keys(self, value: Any, keys: Sequence[str], what: str) -> None:
        if not isinstance(value, dict) or set(value) != set(keys):
            self._refuse(f"{what} does not have the keys {', '.join(keys)}")

    def _check_text(self, value: Any, key: str, *, lines: bool = False) -> None:
        if not isinstance(value, str):
            self._refuse(f"{key} is no text")
        if len(value) > _LONGEST.get(key, _MOST_BYTES):
            self._refuse(f"{key} is longer than {_LONGEST[key]} characters")
        for character in value:
            control = unicodedata.category(character) in ("Cc", "Cs")
            if character in DIRECTION_CONTROLS or (control and not (lines and character == "\n")):
                self._refuse(f"{key} holds the control character U+{ord(character):04X}")

    def _sentences(self, value: Any) -> list[dict[str, Any]]:
        if not isinstance(value, list):
            self._refuse("sentences is no list")
        for number, sentence in enumerate(value, start=1):
            self._check_keys(sentence, _SENTENCE, f"sentence {number}")
            texts = [sentence["raw"], sentence["text"], sentence["origin"]]
            reason = sentence["reason"]
            if not all(isinstance(text, str) for text in [*texts, reason or ""]):
                self._refuse(f"sentence {number} holds something that is no text")
            if sentence["origin"] not in ORIGINS:
                self._refuse(
                    f"sentence {number} has an origin that is none of {', '.join(ORIGINS)}"
                )
        return value

    def _answers(self, value: Any, sentences: list[dict[str, Any]]) -> tuple[Answer, ...]:
        if not isinstance(value, list):
            self._refuse("answers is no list")
        answers: dict[int, Answer] = {}
        for answer in value:
            self._check_keys(answer, ("sentence", "answer", "correction"), "an answer")
            number, verdict = answer["sentence"], answer["answer"]
            if type(number) is not int or not 1 <= number <= len(sentences):
                self._refuse(f"an answer is about sentence {number!r}, which was not on its page")
            if number in answers:
                self._refuse(f"sentence {number} is answered twice")
            if verdict not in (RIGHT, WRONG, UNSURE):
                self._refuse(f"sentence {number} is answered by {verdict!r}")
            self._check_text(answer["correction"], "correction")
            correction = " ".join(unicodedata.normalize("NFC", answer["correction"]).split())
            if (verdict == WRONG) != bool(correction):
                self._refuse(f"sentence {number} is wrong without a correction, or the reverse")
            sentence = sentences[number - 1]
            same = correction == sentence["text"] and sentence["reason"] is None
            if correction[:1] == "!" or same:
                self._refuse(f"the correction of sentence {number} is none: {correction!r}")
            raw, text, reason = (sentence[key] for key in ("raw", "text", "reason"))
            made = sentence["origin"] == MADE
            answers[number] = Answer(raw, text, reason, made, verdict, correction)
        return tuple(answers[number] for number in sorted(answers))


def _parsed(content: bytes) -> Any:
    """The JSON in a file or a pasted message: in UTF-8, or UTF-16 with a byte order mark.

    What stands around the outermost braces, such as a greeting, and the ``>`` of a quoted message
    at the start of lines are left out.

    Raises:
        ValueError: there is no JSON.
        RecursionError: it is nested too deep.
    """
    wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    text = content.decode("utf-16" if wide else "utf-8-sig")
    try:
        return json.loads(text)
    except ValueError:
        lines = _QUOTED.sub("", text)
        start = lines.index("{")
        # Python's decoder stops at the end of the value.
        return json.JSONDecoder().raw_decode(lines[start:])[0]


def page_command(recipe: Recipe) -> str:
    """The command that makes a page for this recipe."""
    option = f" --variant {recipe.variant}" if recipe.variants else ""
    return f"cvrecipes review {recipe.locale}{option}"


def check_answers(answers: Answers, recipe: Recipe) -> None:
    """Refuse answers about another recipe, or about texts that the recipe does not write.

    Arguments:
        recipe: the recipe with the hash that the answers name.

    Raises:
        Failure: the page showed a text that this recipe does not write.
    """
    if answers.recipe != recipe.digest:
        return
    for answer in answers.answers:
        text = recipe.normalizer(answer.raw)
        if (text, recipe.normalizer.reason(text)) != (answer.text, answer.reason):
            raise Failure(
                f"says that the recipe writes {answer.text!r} for {answer.raw!r}, "
                f"and it writes {text!r}",
                where=answers.path,
                remedy="use the cvrecipes that wrote the page, or write a new page: "
                f"{page_command(recipe)}",
            )
