"""The model card: README.md of the saved model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cvrecipes.records import Score


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
    watch = (
        "The weights were selected on dev; test was used once, for the numbers above."
        if facts["settings"]["select"] == "best" and facts["settings"]["watch"] == "dev"
        else "The last weights were kept; nothing was selected."
    )
    rows = "\n".join(
        f"| {split} | {one['clips']} | {one['hours']:.2f} | {one['speakers']} |"
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
model-index:
- name: {_quoted(facts["base"].rsplit("/", 1)[-1] + "-" + locale)}
  results:
  - task: {{type: automatic-speech-recognition}}
    dataset: {{name: {_quoted(facts["release"] + " " + locale)}, type: common_voice, split: test}}
    metrics:
    - {{type: wer, value: {100 * score.wer.value:.2f}}}
    - {{type: cer, value: {100 * score.cer.value:.2f}}}
---

# {facts["language"]} speech recognition ({locale})
{sample}
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
{watch} {facts["left_out"]["share"]:.2%} of the rows were left out, for reasons that the run
folder lists.

| split | clips | hours | speakers |
|---|---|---|---|
{rows}

Base model: `{facts["base"]}`. Seed {facts["seed"]}, preset `{facts["preset"]}`.
Made with cvrecipes {facts["versions"]["cvrecipes"]}.

```python
from transformers import pipeline

asr = pipeline("automatic-speech-recognition", model="path/to/this/folder")
print(asr("speech.wav")["text"])
```
"""
