"""The page of ``review``: one file without anything outside it, for a phone or a screen."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from cvrecipes import __version__
from cvrecipes.recipe import Recipe
from cvrecipes.recipe.reviews import LEAST_RIGHT
from cvrecipes.report import html
from cvrecipes.review.answers import FORMAT, VERSION, page_id
from cvrecipes.review.corrections import spelling
from cvrecipes.review.marks import marked
from cvrecipes.review.rules import JOINERS, Rule, Shown, rules_of
from cvrecipes.review.selection import GOLDEN, MADE, Selection, Sentence
from cvrecipes.review.wording import change_words, unused_words, words

if TYPE_CHECKING:
    from markupsafe import Markup

# A file with this mark is a page of ``review``, which may be written over.
MARK = '<meta name="generator" content="cvrecipes review">'
_RIGHT_TO_LEFT = ("Arab", "Hebr", "Syrc", "Thaa", "Nkoo", "Adlm", "Rohg", "Mand", "Samr", "Yezi")
_SCRIPT = "review.js"
# Scripts that every device has a font for.
_EVERYWHERE = ("Latn", "Cyrl", "Grek")
# Rules whose changes say more than their words.
_WITH_PAIRS = ("step", "fold", "compatibility", "invisible")
# Rules that act on nearly every sentence.
_COMMON = (Rule("lower"), Rule("punctuation"), Rule("spaces"))
_FOREIGN = re.compile("([^\x00-\x7f→]+)")


def render_review(recipe: Recipe, selection: Selection) -> str:
    """The page as HTML.

    It may run the one script that it holds and load nothing (its Content-Security-Policy says so).
    """
    from markupsafe import Markup

    script = (html.TEMPLATES / _SCRIPT).read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; "
        "base-uri 'none'; form-action 'none'"
    )
    return html.render(
        "review.html.j2",
        {
            "mark": Markup(MARK),
            "policy": policy,
            "language": recipe.name,
            "native": recipe.native,
            "locale": recipe.locale,
            "direction": direction(recipe),
            "cased": any(rule.kind == "lower" for rule in rules_of(recipe)),
            "fonts": recipe.script not in _EVERYWHERE,
            "counted": selection.counted,
            "kept": spelling(recipe),
            "joiners": JOINERS,
            "case": recipe.rules.case,
            "recipe": recipe.digest,
            "version": __version__,
            "least": LEAST_RIGHT,
            "isolated": isolated,
            "cards": [_card(recipe, sentence) for sentence in selection.sentences],
            "unshown": [words(recipe, rule) for rule in selection.unshown],
            "letters": selection.letters,
            "data": Markup(_embedded(_data(recipe, selection))),
            "script": Markup(script),
        },
    )


def direction(recipe: Recipe) -> str:
    """``rtl`` where the script is written from right to left, else ``ltr``."""
    return "rtl" if recipe.script in _RIGHT_TO_LEFT else "ltr"


def is_page(start: str) -> bool:
    """Whether a file that starts like this is a page of ``review``."""
    return MARK in start


def _data(recipe: Recipe, selection: Selection) -> dict[str, Any]:
    """What the page gives back beside the answers."""
    sentences = [
        {
            "raw": sentence.raw,
            "text": sentence.shown.text,
            "reason": sentence.shown.reason,
            "origin": sentence.origin,
        }
        for sentence in selection.sentences
    ]
    return {
        "format": FORMAT,
        "version": VERSION,
        "locale": recipe.locale,
        "variant": recipe.variant,
        "recipe": recipe.digest,
        "normalizer": __version__,
        "page": page_id(recipe.locale, recipe.variant, recipe.digest, sentences),
        "sentences": sentences,
    }


def _embedded(data: Mapping[str, Any]) -> str:
    """JSON that ends no element of HTML and holds no character that a parser would change."""
    text = json.dumps(data, ensure_ascii=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _card(recipe: Recipe, sentence: Sentence) -> dict[str, Any]:
    above, below = marked(sentence.raw, sentence.shown.text, recipe.rules.case)
    return {
        "made": sentence.origin == MADE,
        "example": sentence.origin == GOLDEN and _shows_a_rule(sentence.shown),
        "above": above,
        "below": below,
        "text": sentence.shown.text,
        "unused": "" if sentence.shown.reason is None else unused_words(sentence.shown.reason),
        "same": sentence.raw == sentence.shown.text,
        "notes": list(_notes(recipe, sentence.shown)),
        "common": [words(recipe, rule) for rule in _COMMON if rule in sentence.shown.changes],
    }


def _shows_a_rule(seen: Shown) -> bool:
    """Whether a golden pair may have been written for a rule; nothing in golden.tsv says so."""
    return any(rule not in _COMMON for rule in seen.changes)


def _notes(recipe: Recipe, seen: Shown) -> Iterator[str]:
    """What each rule did, then what stays because of a rule."""
    for rule in seen.changes:
        if rule not in _COMMON:
            pairs = seen.changes[rule] if rule.kind in _WITH_PAIRS else ()
            yield f"{words(recipe, rule)} {change_words(rule, pairs)}".rstrip()
    for rule in sorted(seen.rules - {*seen.changes}):
        if rule.kind != "reason":
            yield words(recipe, rule)
    for letter in sorted(seen.letters):
        if letter.kind == "loan":
            yield words(recipe, letter)


def isolated(text: str) -> Markup:
    """English with signs of any script in it, each by itself whatever its direction."""
    from markupsafe import Markup, escape

    parts = _FOREIGN.split(text)
    return Markup("").join(
        Markup("<bdi>{}</bdi>").format(html.harmless(part)) if place % 2 else escape(part)
        for place, part in enumerate(parts)
    )
