"""A recipe, resolved: all that cvrecipes knows about the writing of one language."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from cvrecipes.recipe.code import RecipeSteps, StepsFile, gather_steps
from cvrecipes.recipe.golden import Golden, inherited_pairs, read_golden
from cvrecipes.recipe.reviews import CORRECTIONS_FILE, Review, confirms
from cvrecipes.recipe.toml_file import CONFIRMED
from cvrecipes.recipe.variants import ANOTHER, MAIN, Variant, of_variant, variant_of
from cvrecipes.text.alphabet import Alphabet
from cvrecipes.text.failing import Steps
from cvrecipes.text.normalizer import Normalizer, Rules


@dataclass(frozen=True)
class Recipe:
    """One language, resolved: the parent's values filled in, every key checked.

    Attributes:
        locale: Common Voice code; the folder's name.
        script: ISO 15924 code.
        claim: the status in recipe.toml: ``reviewed``, ``drafted`` or ``generic``.
        headline: the rate to quote first, ``wer`` or ``cer``.
        training: training settings that differ from the preset.
        origin: ``built-in``, ``user`` or the plugin's name.
        steps: the registered steps that the rules name.
        code: each steps.py whose steps the rules may name, the nearest first.
        below: the folders of the same locale that this recipe builds on, the nearest first.
        folders: every folder that was read: its own, those below and the parent.
        changed: what ``--recipe-set`` changed, value by key.
        reviews: what people said of the recipe, in this version or an earlier one.
        variant: ``main``, or the name of its folder below ``variants``.
        patterns: values of a release's column ``variant`` that are this variant's.
        variants: every variant of the locale, the main one first; empty where there is one.
    """

    locale: str
    name: str
    native: str
    script: str
    claim: str
    headline: str
    sources: tuple[str, ...]
    notes: str
    alphabet: Alphabet
    rules: Rules
    extras: tuple[str, ...]
    training: Mapping[str, Any]
    folder: Path
    origin: str
    steps: Steps
    code: tuple[StepsFile, ...] = ()
    below: tuple[Path, ...] = ()
    folders: tuple[Path, ...] = ()
    changed: Mapping[str, str] = field(default_factory=dict)
    reviews: tuple[Review, ...] = ()
    variant: str = MAIN
    patterns: tuple[str, ...] = ()
    variants: tuple[Variant, ...] = ()

    @property
    def status(self) -> str:
        """The grade: what recipe.toml claims, or ``confirmed`` when its reviews say so.

        A ``generic`` recipe names no alphabet and no sources, so no review raises it.
        """
        if self.claim != "generic" and confirms(self.reviews, self.digest):
            return CONFIRMED
        return self.claim

    @cached_property
    def normalizer(self) -> Normalizer:
        """The recipe's rules, compiled. It can be pickled as long as every plugin's step can.

        Raises:
            Failure: a steps.py raises when it is loaded; the message names the line.
        """
        return Normalizer(self.rules, self.alphabet, self._named_steps, self.script)

    @cached_property
    def _named_steps(self) -> RecipeSteps:
        return gather_steps(self.rules.named_steps, self.steps, self.code)

    def normalize(self, text: str) -> str:
        """The text as the recipe has it: what a model learns to write and is scored against."""
        return self.normalizer(text)

    def another_variant(self, sentence: str, tag: str) -> str | None:
        """``another variant: latn`` for a sentence that this recipe is not about; else None.

        Arguments:
            sentence: as released.
            tag: the value of the release's column ``variant``; empty where there is none.
        """
        if not self.variants:
            return None
        name = variant_of(sentence, tag, self.variants)
        return None if name == self.variant else f"{ANOTHER}: {name}"

    @cached_property
    def digest(self) -> str:
        """A hash of everything that decides the text and the vocabulary."""
        return hashlib.sha256(
            json.dumps(self.resolved(), ensure_ascii=False, sort_keys=True).encode()
        ).hexdigest()[:16]

    def resolved(self) -> dict[str, Any]:
        """The recipe as plain data, parents filled in; saved beside every model."""
        data: dict[str, Any] = {
            "locale": self.locale,
            "name": self.name,
            "script": self.script,
            "headline": self.headline,
            "alphabet": {
                "letters": list(self.alphabet.letters),
                "marks": list(self.alphabet.marks),
                **({"loans": list(self.alphabet.loans)} if self.alphabet.loans else {}),
            },
            "text": {f.name: _plain(getattr(self.rules, f.name)) for f in fields(Rules)},
            "vocabulary": {"extras": list(self.extras)},
        }
        used = [file for file in self.code if {*file.lines} & {*self.rules.named_steps}]
        if used:
            data["code"] = [{"file": file.name, "hash": file.digest} for file in used]
        if self.variants:
            data["variant"] = self.variant
            data["variants"] = [variant.as_dict() for variant in self.variants]
        if self.changed:
            data["changed"] = dict(self.changed)
        return data

    @property
    def changes(self) -> str:
        """What ``--recipe-set`` changed, on one line: ``alphabet.add_letters = q w x``."""
        return ", ".join(f"{key} = {value}" for key, value in self.changed.items())

    def golden(self) -> list[Golden]:
        """The pairs of golden.tsv, then those inherited from the recipes below.

        Raises:
            Failure: a line of a golden.tsv is wrong; the message names it.
        """
        return inherited_pairs([folder / "golden.tsv" for folder in (self.folder, *self.below)])

    def golden_text(self, raw: str) -> str:
        """What golden.tsv expects for a sentence: its text, or ``!`` and why it is left out."""
        text = self.normalizer(raw)
        reason = self.normalizer.reason(text)
        return text if reason is None else f"!{reason}"

    def corrections(self) -> list[Golden]:
        """What reviewers want otherwise: of the recipe, and of those below of the same variant.

        Raises:
            Failure: a line of a corrections.tsv is wrong; the message names it.
        """
        folders = of_variant((self.folder, *self.below), self.variant)
        return [pair for folder in folders for pair in read_golden(folder / CORRECTIONS_FILE)]


def of_one_locale(recipes: Mapping[str, Recipe]) -> dict[str, Recipe]:
    """The recipes of all variants of a locale by name, each of which then knows the others."""
    if len(recipes) == 1:
        return dict(recipes)
    variants = tuple(Variant(name, one.script, one.patterns) for name, one in recipes.items())
    return {name: replace(one, variants=variants) for name, one in recipes.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    return list(value) if isinstance(value, tuple) else value
