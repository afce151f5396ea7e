"""The Python API, for notebooks and scripts.

Everything here is documented in docs/api.md and stays as it is within a minor version; every
other module may change. Nothing heavy is imported before a function needs it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cvrecipes.errors import CvrecipesError, Failure, UsageError
from cvrecipes.hookspecs import hookimpl
from cvrecipes.plugins import Registration, register_plugin
from cvrecipes.records import Corpus, EvaluationReport, Pair, Rate, RunReport, Score

if TYPE_CHECKING:
    from cvrecipes.recipe import Recipe

__all__ = [
    "Corpus",
    "CvrecipesError",
    "EvaluationReport",
    "Failure",
    "Rate",
    "Registration",
    "RunReport",
    "Score",
    "Transcription",
    "UsageError",
    "evaluate",
    "hookimpl",
    "list_locales",
    "open_recipe",
    "read_release",
    "register_plugin",
    "run",
    "score",
    "transcribe",
]


@dataclass(frozen=True, slots=True)
class Transcription:
    """The text of one file.

    Attributes:
        file: the audio file.
        text: what the model wrote.
        seconds: duration of the audio.
    """

    file: Path
    text: str
    seconds: float


def list_locales() -> list[str]:
    """The locales that have a recipe: the built-in ones, plugins' and the user's own.

    Raises:
        Failure: a plugin is wrong.
    """
    from cvrecipes.catalog import find_recipes
    from cvrecipes.plugins import new_manager

    return list(find_recipes(new_manager()).recipes)


def open_recipe(
    locale: str, *, changes: Mapping[str, str] | None = None, variant: str = "auto"
) -> Recipe:
    """Open the recipe of a language.

    ``recipe.normalize(sentence)`` gives the normalized text. A recipe can be pickled, so that
    ``datasets.map`` may use it with several processes.

    Arguments:
        locale: a Common Voice code, such as ``tr`` or ``ga-IE``.
        changes: recipe keys to change, such as ``{"alphabet.add_letters": "q w x"}``.
        variant: the way of writing, such as ``latn`` for ``ady``; ``auto`` is the main one.

    Raises:
        UsageError: there is no recipe for `locale`, or a change does not fit.
        Failure: the recipe, its steps or its hooks are wrong.
    """
    from cvrecipes import catalog

    return catalog.open_recipe(locale, changes=changes, variant=variant)[0]


def read_release(
    locale: str,
    data: str | Path | None = None,
    *,
    settings: Mapping[str, Any] | None = None,
    changes: Mapping[str, str] | None = None,
    variant: str = "auto",
    limit: int | None = None,
    seed: int = 42,
    audio: bool = True,
    encoding: str | None = None,
) -> Corpus:
    """Read a release as a run would: train, dev and test as Arrow tables, and the rows left out.

    Arguments:
        data: what ``--data`` takes; None to look for a release as ``cvrecipes run`` does.
        settings: settings that differ from the preset ``default``, such as
            ``{"split": "strict-all"}``.
        changes: recipe keys to change.
        variant: the way of writing; ``auto`` is the one that most sentences are in.
        limit: at most so many clips a split, drawn by `seed`.
        audio: whether to inspect the audio files; without, the tables alone are read.
        encoding: of the tables, as ``--encoding`` takes it.

    Raises:
        UsageError: there is no release, or it lacks a table that was asked for.
        Failure: it cannot be read, or no clip is left to train or to test on.
    """
    from cvrecipes import catalog
    from cvrecipes.data.corpus import read_corpus
    from cvrecipes.data.release import find_data, open_release
    from cvrecipes.data.variants import settle_variant
    from cvrecipes.models.ctc import Framing
    from cvrecipes.plan import Request, make_plan

    recipe, hooks = catalog.open_recipe(locale, changes=changes, variant=variant)
    release = open_release(
        find_data(locale, _text(data)), locale, hooks, audio=audio, encoding=encoding
    )
    recipe, hooks = settle_variant(recipe, hooks, release, variant=variant, changes=changes)
    plan = make_plan(Request(locale, changes=settings), recipe, builtin_sample=False)
    return read_corpus(
        release, recipe, hooks, Framing(), plan.settings, limit=limit, seed=seed, audio=audio
    )


def run(
    locale: str,
    *,
    data: str | Path | None = None,
    out: str | Path | None = None,
    base: str | None = None,
    preset: str | None = None,
    settings: Mapping[str, Any] | None = None,
    changes: Mapping[str, str] | None = None,
    variant: str = "auto",
    limit: int | None = None,
    seed: int = 42,
    device: str = "auto",
    resume: bool = False,
    encoding: str | None = None,
) -> RunReport:
    """Train and score a recognizer, as ``cvrecipes run`` does.

    Arguments:
        data, out, base, preset, limit, seed, device, resume, encoding: as the options of
            ``cvrecipes run``.
        settings: what ``--set`` takes, by name.
        changes: what ``--recipe-set`` takes, by key.
        variant: what ``--variant`` takes.

    Raises:
        UsageError: the request cannot be carried out as it stands.
        Failure: something went wrong on the way; what is in `out` can be resumed.
    """
    from cvrecipes.plan import Request
    from cvrecipes.run import run as run_request

    return run_request(
        Request(
            locale=locale,
            data=_text(data),
            out=None if out is None else Path(out),
            base=base,
            preset=preset,
            changes=settings,
            recipe_changes=changes or {},
            variant=variant,
            limit=limit,
            seed=seed,
            device=device,
            resume=resume,
            encoding=encoding,
        )
    )


def evaluate(
    model: str | Path,
    *,
    data: str | Path | None = None,
    locale: str | None = None,
    split: str = "test",
    changes: Mapping[str, str] | None = None,
    variant: str = "auto",
    limit: int | None = None,
    seed: int = 42,
    device: str = "auto",
    other_locale: bool = False,
    encoding: str | None = None,
) -> EvaluationReport:
    """Score a model on a split of a release, as ``cvrecipes evaluate`` does.

    Arguments:
        model: a run folder, a model folder, or a Hub name.
        locale: the release's locale; None for the one that the model was trained for.
        data, split, limit, seed, device, encoding: as the options of ``cvrecipes evaluate``.
        changes: what ``--recipe-set`` takes, by key.
        variant: what ``--variant`` takes.
        other_locale: score a model of another locale or variant, too.

    Returns:
        A record with ``score``, ``pairs`` and ``facts`` (what ``evaluate --json`` prints).

    Raises:
        UsageError: the model's locale is not known or another one, or the split is not there.
        Failure: the model or the release cannot be read.
    """
    from cvrecipes.evaluate import evaluate_model

    return evaluate_model(
        str(model),
        data=_text(data),
        locale=locale,
        split=split,
        limit=limit,
        seed=seed,
        device=device,
        recipe_changes=changes,
        variant=variant,
        other_locale=other_locale,
        encoding=encoding,
    )


def transcribe(
    model: str | Path, files: Iterable[str | Path], *, device: str = "auto"
) -> list[Transcription]:
    """Write down the speech in audio files of any length.

    Arguments:
        model: a run folder, a model folder, or a Hub name.

    Raises:
        UsageError: there is no such model.
        Failure: the model cannot be loaded, or a file is no audio.
    """
    from cvrecipes.decoding.recognizer import Recognizer
    from cvrecipes.decoding.transcribe import transcribe_files

    def stop(error: CvrecipesError) -> None:
        raise error

    recognizer = Recognizer(model, device)
    paths = [Path(file) for file in files]
    return [
        Transcription(path, result.text, result.seconds)
        for path, result in transcribe_files(recognizer, paths, stop)
    ]


def score(
    references: Sequence[str],
    hypotheses: Sequence[str],
    *,
    locale: str,
    speakers: Sequence[str] | None = None,
    normalize: bool = False,
) -> Score:
    """WER and CER with 95 % intervals.

    Arguments:
        references, hypotheses: one text a clip, in the same order.
        locale: the language, whose recipe says what a word is.
        speakers: who speaks each clip, for the interval; None when it is not known.
        normalize: normalize both sides by the recipe first; without, texts count as they are.

    Raises:
        UsageError: the lists differ in length, or there is no recipe for `locale`.
        Failure: there is nothing to score.
    """
    from cvrecipes import catalog
    from cvrecipes.scoring import score_pairs

    names = [""] * len(references) if speakers is None else list(speakers)
    for what, count in (("hypotheses", len(hypotheses)), ("speakers", len(names))):
        if count != len(references):
            raise UsageError(f"there are {len(references)} references and {count} {what}")
    recipe, hooks = catalog.open_recipe(locale)
    prepare = recipe.normalize if normalize else str
    pairs = [
        Pair(str(number), speaker, prepare(reference), prepare(hypothesis), float("nan"))
        for number, (speaker, reference, hypothesis) in enumerate(
            zip(names, references, hypotheses, strict=True)
        )
    ]
    return score_pairs(pairs, recipe, hooks)


def _text(data: str | Path | None) -> str | None:
    return None if data is None else str(data)
