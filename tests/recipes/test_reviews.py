"""reviews.tsv, and the grade that nothing else gives."""

from __future__ import annotations

from pathlib import Path

import pytest

from cvrecipes.catalog import open_recipe
from cvrecipes.errors import Failure
from cvrecipes.recipe.reviews import LEAST_RIGHT, Review, confirms, read_reviews, reviews_text
from cvrecipes.testing import check_recipe

GOOD = Review("2026-05-01", "Ayşe\t\\n", "native", 20, 1, 2, 0, "abc", "def")


def review(**changes: object) -> Review:
    values = {name: getattr(GOOD, name) for name in GOOD.__slots__}
    return Review(**{**values, **changes})


def test_reviews_are_read_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "reviews.tsv"
    path.write_text(reviews_text([GOOD, review(name="", open=3)]), encoding="utf-8")
    assert read_reviews(path) == [GOOD, review(name="", open=3)]
    assert read_reviews(tmp_path / "none.tsv") == []


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("2026-05-01\tA\tnative\t1\t0\t0\t0\tabc", "needs 9 or 10 columns"),
        ("2026-05-01\tA\tnative\tone\t0\t0\t0\tabc\tdef", "a count that is no number"),
        ("2026-05-01\tA\tnative\t-1\t0\t0\t0\tabc\tdef", "a count that is no number"),
        ("2026-05-01\tA\texpert\t1\t0\t0\t0\tabc\tdef", "none of native, learner, linguist"),
        ("1.5.2026\tA\tnative\t1\t0\t0\t0\tabc\tdef", "no date such as"),
    ],
)
def test_a_line_that_no_review_wrote_is_named(tmp_path: Path, line: str, complaint: str) -> None:
    path = tmp_path / "reviews.tsv"
    path.write_text(f"# a comment\n{line}\n", encoding="utf-8")
    with pytest.raises(Failure, match=complaint) as refused:
        read_reviews(path)
    assert refused.value.line == 2


@pytest.mark.parametrize(
    ("reviews", "expected"),
    [
        ([GOOD], True),
        ([], False),
        ([review(right=LEAST_RIGHT - 1)], False),
        ([review(recipe="older")], False),
        ([review(speaker="linguist")], False),
        ([GOOD, review(recipe="older", open=1)], False),
        ([GOOD, review(speaker="learner", open=1)], True),
    ],
)
def test_the_rule_of_the_grade(reviews: list[Review], expected: bool) -> None:
    assert confirms(reviews, "abc") is expected


def test_no_recipe_can_claim_the_grade(own_recipe: Path) -> None:
    text = 'name = "X"\nscript = "Latn"\nstatus = "confirmed"\n'
    (own_recipe / "recipe.toml").write_text(text, encoding="utf-8")
    with pytest.raises(Failure, match="no recipe says of itself that it is confirmed") as refused:
        open_recipe("xx")
    assert refused.value.line == 3 and "cvrecipes review xx" in refused.value.message


def test_the_kit_refuses_a_review_whose_golden_pairs_are_not_there(own_recipe: Path) -> None:
    text = (own_recipe / "recipe.toml").read_text(encoding="utf-8")
    text = text.replace('"generic"', '"drafted"\nsources = ["me"]')
    (own_recipe / "recipe.toml").write_text(text, encoding="utf-8")
    pairs = "".join(f"A{'b' * count}\ta{'b' * count}\n" for count in range(6))
    (own_recipe / "golden.tsv").write_text(pairs, encoding="utf-8")
    digest = open_recipe("xx")[0].digest
    path = own_recipe / "reviews.tsv"
    path.write_text(reviews_text([review(right=40, recipe=digest)]), encoding="utf-8")
    recipe = open_recipe("xx")[0]
    assert recipe.status == "confirmed"
    problems = check_recipe(recipe)
    assert "a confirmed recipe needs 20 golden pairs, it has 6" in problems[0]
    assert f"{path}: a review confirmed 40 sentences, and there are 6 golden pairs" in problems[1]
