"""What a person does with a page of review, without a browser."""

from __future__ import annotations

import json
import re
from collections.abc import Container, Mapping
from pathlib import Path
from typing import Any

from cvrecipes.recipe import Recipe
from cvrecipes.review.answers import FORMAT, VERSION, page_id
from cvrecipes.review.page import render_review
from cvrecipes.review.selection import select


def embedded(page: str) -> dict[str, Any]:
    """The data that a page gives back beside the answers."""
    match = re.search(
        r'<script type="application/json" [^>]*id="page">(.*?)</script>', page, re.DOTALL
    )
    assert match is not None
    data: dict[str, Any] = json.loads(match[1])
    return data


def answered(recipe: Recipe, corrections: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The answers of somebody who confirms the whole page but for some raw sentences.

    Arguments:
        corrections: what must be written, by raw sentence; the page must hold each.
    """
    data = embedded(render_review(recipe, select(recipe)))
    wanted = dict(corrections or {})
    answers = []
    for number, sentence in enumerate(data["sentences"], start=1):
        text = wanted.pop(sentence["raw"], "")
        answers.append(
            {"sentence": number, "answer": "wrong" if text else "right", "correction": text}
        )
    assert not wanted, f"not on the page: {wanted}"
    return {
        **data,
        "date": "2026-05-01",
        "name": "Ayşe",
        "speaker": "native",
        "comment": "",
        "answers": answers,
    }


def about(
    recipe: Recipe, raws: list[str], *, made: Container[str] = (), **changes: Any
) -> dict[str, Any]:
    """Right answers about sentences of one's own, as if a page had had them.

    Arguments:
        made: the sentences that the page made up.
    """
    sentences = []
    for raw in raws:
        origin = "made" if raw in made else "release"
        text = recipe.normalize(raw)
        reason = recipe.normalizer.reason(text)
        sentences.append({"raw": raw, "text": text, "reason": reason, "origin": origin})
    return {
        "format": FORMAT,
        "version": VERSION,
        "locale": recipe.locale,
        "variant": recipe.variant,
        "recipe": recipe.digest,
        "normalizer": "0",
        "page": page_id(recipe.locale, recipe.variant, recipe.digest, sentences),
        "date": "2026-05-01",
        "name": "",
        "speaker": "native",
        "comment": "",
        "sentences": sentences,
        "answers": [
            {"sentence": number, "answer": "right", "correction": ""}
            for number in range(1, len(raws) + 1)
        ],
        **changes,
    }


def saved(folder: Path, data: Mapping[str, Any], name: str = "answers.json") -> Path:
    """The file that a browser would have saved."""
    path = folder / name
    path.write_text(json.dumps(data), encoding="utf-8")
    return path
