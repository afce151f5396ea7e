"""The model card: README.md of the saved model."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cvrecipes.records import Score
from cvrecipes.report import html
from cvrecipes.report.facts import (
    dev_rates,
    inside_alphabet,
    no_class,
    recipe_changes,
    scored_clips,
    scored_part,
    variant,
)
from cvrecipes.report.speakers import interval_unit, sharing
from cvrecipes.words import all_left_out

if TYPE_CHECKING:
    from huggingface_hub import EvalResult

_TASK = "automatic-speech-recognition"


def render(facts: Mapping[str, Any], score: Score) -> str:
    """The card, with the metadata block that model hubs read.

    Arguments:
        facts: the content of run.json.
        score: of the test split.
    """
    from markupsafe import Markup

    rates = [("WER", score.wer, "words"), ("CER", score.cer, "characters")]
    return html.render(
        "card.md.j2",
        {
            "facts": facts,
            "score": score,
            "rates": rates[::-1] if score.headline == "cer" else rates,
            # Has lines of its own, and is escaped as YAML.
            "metadata": Markup(metadata(facts, score)),
            "part": scored_part(facts),
            "selection": _selection(facts),
            "scored": scored_clips(facts),
            "interval": interval_unit(facts),
            "inside": inside_alphabet(facts),
            "no_class": no_class(facts),
            "sharing": sharing(facts),
            "changes": recipe_changes(facts),
            "variant": variant(facts),
            "license": _license(facts),
        },
    )


def metadata(facts: Mapping[str, Any], score: Score) -> str:
    """The metadata block as YAML, made and checked by huggingface_hub.

    The license is that of the base model, of which these weights are a derivative; it is left
    out where it is not known. There are no results for leaderboards unless they are of a whole
    test split of real speech.
    """
    from huggingface_hub import ModelCardData

    on_hub = facts["base"].count("/") == 1 and not Path(facts["base"]).exists()
    whole = not facts["builtin_sample"] and facts["scored_part"] is None
    data = ModelCardData(
        language=facts["locale"].split("-")[0],
        license=facts["base_license"],
        library_name="transformers",
        pipeline_tag=_TASK,
        base_model=facts["base"] if on_hub else None,
        tags=[_TASK, "ctc", "common-voice", "cvrecipes"],
        metrics=["wer", "cer"],
        model_name=f"{facts['base'].rsplit('/', 1)[-1]}-{facts['locale']}" if whole else None,
        eval_results=_results(facts, score) if whole else None,
    )
    return str(data.to_yaml())


def _results(facts: Mapping[str, Any], score: Score) -> list[EvalResult]:
    from huggingface_hub import EvalResult

    return [
        EvalResult(
            task_type=_TASK,
            dataset_type="common_voice",
            dataset_name=f"{facts['release']} {facts['locale']}",
            dataset_config=facts["locale"],
            dataset_split=facts["scored_on"],
            metric_type=name,
            metric_value=round(100 * value, 2),
        )
        for name, value in (("wer", score.wer.value), ("cer", score.cer.value))
    ]


def _license(facts: Mapping[str, Any]) -> str:
    if facts["base_license"] is None:
        return "its license is not known; find it out before you use or share this model"
    return f"license {html.code(facts['base_license'])}"


def _selection(facts: Mapping[str, Any]) -> str:
    """How the weights were chosen, and what test had to do with it."""
    settings = facts["settings"]
    if facts["selected_on"]:
        return (
            f"The weights were selected on {facts['selected_on']} ({dev_rates(facts)} there); "
            "test was used once, for the numbers above."
        )
    if settings["watch"] == "test":
        return (
            "The last weights were kept and nothing was selected, but the WER of test was shown "
            "during training."
        )
    if settings["select"] == "best":
        reasons = facts["left_out"]["splits"]["dev"]["reasons"]
        if reasons and not settings["merge_dev"]:
            why = all_left_out("dev", reasons)
            return f"The last weights were kept: {why}, and no weights were selected."
        why = "it was merged into train" if settings["merge_dev"] else "the release has none"
        return f"The last weights were kept: there was no dev to select on, as {why}."
    return "The last weights were kept; nothing was selected."
