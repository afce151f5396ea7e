"""A file of answers is read as what it is: text from a stranger."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cvrecipes.catalog import open_recipe
from cvrecipes.errors import Failure
from cvrecipes.plugins import new_manager
from cvrecipes.recipe import Recipe
from cvrecipes.review.answers import check_answers, read_answers
from support.reviewing import answered, saved

Change = Callable[[dict[str, Any]], object]


@pytest.fixture(scope="module")
def recipe() -> Recipe:
    return open_recipe("tr", new_manager(installed=False))[0]


@pytest.fixture
def data(recipe: Recipe) -> dict[str, Any]:
    answers: dict[str, Any] = json.loads(json.dumps(answered(recipe, {"hâlâ": "hâlâ"})))
    return answers


def test_a_file_as_the_page_saves_it_is_read(
    recipe: Recipe, data: dict[str, Any], tmp_path: Path
) -> None:
    answers = read_answers(saved(tmp_path, data))
    assert (answers.locale, answers.name, answers.speaker) == ("tr", "Ayşe", "native")
    assert len(answers.answers) == len(data["sentences"])
    (wrong,) = [answer for answer in answers.answers if answer.verdict == "wrong"]
    assert (wrong.raw, wrong.text, wrong.correction) == ("hâlâ", "hala", "hâlâ")
    check_answers(answers, recipe)


def test_a_correction_is_composed_and_on_one_line(data: dict[str, Any], tmp_path: Path) -> None:
    (wrong,) = [answer for answer in data["answers"] if answer["answer"] == "wrong"]
    wrong["correction"] = "  ha\u0302la\u0302  kar "
    answers = read_answers(saved(tmp_path, data))
    assert "hâlâ kar" in [answer.correction for answer in answers.answers]


def first(data: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = data["answers"][0]
    return answer


REFUSED: dict[str, tuple[Change, str]] = {
    "another format": (lambda d: d.update(format="x"), "is no file of answers"),
    "a later format": (lambda d: d.update(version=2), "has format 2"),
    "a key too many": (lambda d: d.update(extra=1), "does not have the keys"),
    "a key too few": (lambda d: d.pop("comment"), "does not have the keys"),
    "another variant": (lambda d: d.update(variant="latn"), "was changed after the page saved it"),
    "a sentence that was not on the page": (
        lambda d: d["sentences"][0].update(raw="başka"), "was changed after the page saved it"),
    "another text of a sentence": (
        lambda d: d["sentences"][0].update(text="başka"), "was changed after the page saved it"),
    "a sentence added": (
        lambda d: d["sentences"].append(d["sentences"][0]), "was changed after the page saved it"),
    "another locale": (lambda d: d.update(locale="az"), "was changed after the page saved it"),
    "a number beyond the page": (lambda d: first(d).update(sentence=99), "was not on its page"),
    "a number that is none": (lambda d: first(d).update(sentence=True), "was not on its page"),
    "an answer twice": (lambda d: d["answers"].append(first(d)), "answered twice"),
    "an unknown answer": (lambda d: first(d).update(answer="maybe"), "answered by 'maybe'"),
    "wrong without a correction": (
        lambda d: first(d).update(answer="wrong"), "wrong without a correction"),
    "right with a correction": (
        lambda d: first(d).update(correction="x"), "wrong without a correction"),
    "a correction that changes nothing": (
        lambda d: first(d).update(answer="wrong", correction=d["sentences"][0]["text"]), "is none"),
    "a correction that is a reason": (
        lambda d: first(d).update(answer="wrong", correction="!drop"), "is none"),
    "a control character": (
        lambda d: first(d).update(answer="wrong", correction="a\x1b[31m"), "U+001B"),
    "a line end in a name": (lambda d: d.update(name="a\nb"), "U+000A"),
    "a name that turns the direction": (lambda d: d.update(name="a\u202eb"), "U+202E"),
    "half a surrogate": (lambda d: d.update(comment="\ud800"), "U+D800"),
    "a long name": (lambda d: d.update(name="a" * 81), "longer than 80"),
    "a long correction": (
        lambda d: first(d).update(answer="wrong", correction="a" * 1001), "longer than 1000"),
    "no date": (lambda d: d.update(date="yesterday"), "has no date"),
    "an unknown speaker": (lambda d: d.update(speaker="god"), "none of native, learner, linguist"),
    "an unknown origin": (
        lambda d: d["sentences"][0].update(origin="dream"), "an origin that is none of"),
    "no answer": (lambda d: d.update(answers=[]), "holds no answer"),
    "answers that are no list": (lambda d: d.update(answers={}), "answers is no list"),
    "a name that is no text": (lambda d: d.update(name=7), "name is no text"),
    "a sentence that is no text": (
        lambda d: d["sentences"][0].update(reason=7), "something that is no text"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_a_file_that_no_page_saves_is_refused(
    case: str, data: dict[str, Any], tmp_path: Path
) -> None:
    change, complaint = REFUSED[case]
    change(data)
    path = saved(tmp_path, data)
    with pytest.raises(Failure) as refused:
        read_answers(path)
    assert refused.value.message.startswith(f"{path}: ") and complaint in refused.value.message


@pytest.mark.parametrize(
    ("content", "complaint"),
    [(b"{", "is not JSON"), (b"\xff\xfe", "is not JSON"), (b"[" * 100_000, "is not JSON"),
     (b" " * 1_000_001, "is too large"), (b"[]", "is no file of answers")],
    ids=["cut", "latin-1", "deep", "large", "a list"],
)  # fmt: skip
def test_a_file_that_is_something_else_is_refused(
    content: bytes, complaint: str, tmp_path: Path
) -> None:
    path = tmp_path / "answers.json"
    path.write_bytes(content)
    with pytest.raises(Failure, match=complaint):
        read_answers(path)


def test_texts_that_the_recipe_does_not_write_are_refused_with_the_same_hash(
    recipe: Recipe, tmp_path: Path
) -> None:
    from cvrecipes.review.answers import page_id

    data = answered(recipe)
    data["sentences"][0]["text"] = "başka"
    data["page"] = page_id("tr", "main", recipe.digest, data["sentences"])
    with pytest.raises(Failure, match="says that the recipe writes 'başka'"):
        check_answers(read_answers(saved(tmp_path, data)), recipe)


@pytest.mark.parametrize(
    "around",
    [
        lambda text: f"Merhaba :)\n\n{text}\nSelam, Ayşe".encode(),
        lambda text: "\n".join(f"> {line}" for line in text.splitlines()).encode(),
        lambda text: "\n".join(f"> > {line}" for line in f"Hi\n{text}".splitlines()).encode(),
        lambda text: text.encode("utf-16"),
        lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
        lambda text: text.encode("utf-8-sig"),
    ],
    ids=["greeting", "quoted", "quoted twice", "UTF-16", "UTF-16 big-endian", "UTF-8 with a mark"],
)
def test_a_pasted_or_converted_text_is_read_as_the_file(
    around: Callable[[str], bytes], data: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "pasted.txt"
    path.write_bytes(around(json.dumps(data, ensure_ascii=False, indent=1)))
    assert read_answers(path).file == read_answers(saved(tmp_path, data)).file
