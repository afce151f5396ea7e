"""The model card: README.md of the saved model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cvrecipes.records import Score
from cvrecipes.report.facts import part_of_test, sharing
from cvrecipes.words import length


def _quoted(text: str) -> str:
    """A YAML string: JSON's quoting is YAML's."""
    return json.dumps(text, ensure_ascii=False)


def render(facts: Mapping[str, Any], score: Score) -> str:
    """The card, with the metadata block that model hubs read."""
    locale = facts["locale"]
    language = locale.split("-")[0]
    sample = (
        "\n> Trained on the sample release that ships with cvrecipes: **synthetic voices**. "
        "It shows that the pipeline works; it does not recognize real speech well.\n"
        if facts.get("builtin_sample")
        else ""
    )
    part = part_of_test(facts)
    warning = f"\n> Scored on {part}: not to be compared with other models.\n" if part else ""
    rows = "\n".join(
        f"| {split} | {one['clips']} | {length(one['hours'] * 3600)} | {one['speakers']} |"
        for split, one in facts["splits"].items()
    )
    on_hub = facts["base"].count("/") == 1 and not Path(facts["base"]).exists()
    base = f"base_model: {_quoted(facts['base'])}\n" if on_hub else ""
    merged = ", dev merged into train" if facts["settings"]["merge_dev"] else ""
    return f"""---
language: {_quoted(language)}
license: apache-2.0
library_name: transformers
pipeline_tag: automatic-speech-recognition
{base}tags: [automatic-speech-recognition, ctc, common-voice, cvrecipes]
metrics: [wer, cer]
{_index(facts, score)}---

# {facts["language"]} speech recognition ({locale})
{sample}{warning}
| | rate | 95 % interval | S | D | I | units |
|---|---|---|---|---|---|---|
| WER | {score.wer.value:.2%} | {score.wer.low:.2%} to {score.wer.high:.2%} | {
        score.wer.substitutions
    } | {score.wer.deletions} | {score.wer.insertions} | {score.wer.units} words |
| CER | {score.cer.value:.2%} | {score.cer.low:.2%} to {score.cer.high:.2%} | {
        score.cer.substitutions
    } | {score.cer.deletions} | {score.cer.insertions} | {score.cer.units} characters |

Measured on the test split of `{facts["release"]}` ({facts["split"]} split{
        merged
    }), normalized by the
recipe `{locale}` with hash `{facts["recipe"]["hash"]}`, which is saved here as `recipe.json`.
{_selection(facts)}
{facts["left_out"]["share"]:.2%} of the rows were left out, for reasons that the run folder lists.
{_sentence(sharing(facts))}

| split | clips | speech | speakers |
|---|---|---|---|
{rows}

Base model: `{facts["base"]}`. Seed {facts["seed"]}, preset `{facts["preset"]}`.
Made with cvrecipes {facts["versions"]["cvrecipes"]}.

```python
import soundfile
from transformers import pipeline

asr = pipeline("automatic-speech-recognition", model="path/to/this/folder")
samples, rate = soundfile.read("speech.wav", always_2d=True)
print(asr({{"raw": samples.mean(axis=1), "sampling_rate": rate}})["text"])
```

Any sampling rate will do: the pipeline resamples to 16 kHz, for which it needs torchaudio.
"""


def _index(facts: Mapping[str, Any], score: Score) -> str:
    """What leaderboards read; nothing where the WER is not one of the whole of a test set."""
    if facts.get("builtin_sample") or facts.get("part_of_test"):
        return ""
    locale = facts["locale"]
    return f"""model-index:
- name: {_quoted(facts["base"].rsplit("/", 1)[-1] + "-" + locale)}
  results:
  - task: {{type: automatic-speech-recognition}}
    dataset: {{name: {_quoted(facts["release"] + " " + locale)}, type: common_voice, split: test}}
    metrics:
    - {{type: wer, value: {100 * score.wer.value:.2f}}}
    - {{type: cer, value: {100 * score.cer.value:.2f}}}
"""


def _selection(facts: Mapping[str, Any]) -> str:
    """How the weights were chosen, and what test had to do with it."""
    settings = facts["settings"]
    if facts["selected_on"]:
        return (
            f"The weights were selected on {facts['selected_on']}; "
            "test was used once, for the numbers above."
        )
    if settings["watch"] == "test":
        return (
            "The last weights were kept and nothing was selected, but the WER of test was shown "
            "during training."
        )
    if settings["select"] == "best":
        why = "it was merged into train" if settings["merge_dev"] else "the release has none"
        return f"The last weights were kept: there was no dev to select on, as {why}."
    return "The last weights were kept; nothing was selected."


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}." if words else ""
