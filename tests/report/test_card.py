"""The model card: metadata that hubs read, its license, and code that runs."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from cvrecipes.records import RunReport
from cvrecipes.report import card


def front_matter(text: str) -> dict[str, Any]:
    start, head, body = text.split("---\n", 2)
    assert start == "" and body.strip()
    value = yaml.safe_load(head)
    assert isinstance(value, dict)
    return value


def test_the_model_card_has_metadata_that_hubs_read(micro_run: RunReport) -> None:
    text = (micro_run.folder / "model" / "README.md").read_text(encoding="utf-8")
    head = front_matter(text)
    assert head["language"] == "tr" and head["library_name"] == "transformers"
    assert head["pipeline_tag"] == "automatic-speech-recognition"
    assert head["metrics"] == ["wer", "cer"]
    (result,) = head["model-index"][0]["results"]
    assert result["dataset"]["split"] == "test"
    values = {metric["type"]: metric["value"] for metric in result["metrics"]}
    score = micro_run.score
    assert values["wer"] == pytest.approx(100 * score.wer.value, abs=0.01)
    assert values["cer"] == pytest.approx(100 * score.cer.value, abs=0.01)


def test_the_model_card_has_the_license_of_the_base_and_no_other(micro_run: RunReport) -> None:
    unknown = card.render({**micro_run.facts, "base_license": None}, micro_run.score)
    assert "license" not in front_matter(unknown)
    assert "its license is not known" in unknown and "apache" not in unknown
    text = card.render({**micro_run.facts, "base_license": "cc-by-nc-4.0"}, micro_run.score)
    assert front_matter(text)["license"] == "cc-by-nc-4.0" and "(license `cc-by-nc-4.0`)" in text


def test_names_are_no_markup_on_the_model_card(micro_run: RunReport) -> None:
    changes = {"language": "*Turkish* <b>|", "release": "a `b` |", "base": "x`y``z"}
    text = card.render({**micro_run.facts, **changes}, micro_run.score)
    assert "# \\*Turkish\\* \\<b\\>\\| speech recognition" in text
    assert "`` a `b` | ``" in text and "``` x`y``z ```" in text


def test_the_model_card_tells_the_figures_and_how_they_were_made(micro_run: RunReport) -> None:
    text = (micro_run.folder / "model" / "README.md").read_text(encoding="utf-8")
    known, wer = micro_run.facts, micro_run.score.wer
    assert f"| WER | {wer.value:.2%} |" in text and f"{wer.units} words" in text
    for one in (known["release"], known["recipe"]["hash"], "Seed 42", "preset `default`"):
        assert one in text
    assert "| train | 16 |" in text
    best = min(one["wer"] for one in known["evaluations"])
    assert f"selected on dev (WER {best:.1%}, CER " in text


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("locale", "nn-NO"), ("locale", "no"), ("locale", "zh-CN"),
        ("release", 'my "own": release # 2'), ("base", "/home/me/models: new/base # 1"),
        ("base", "C:\\models\\base"), ("base", "facebook/wav2vec2-xls-r-300m"),
    ],
)  # fmt: skip
def test_the_metadata_stays_valid_whatever_the_names(
    key: str, value: str, micro_run: RunReport
) -> None:
    head = front_matter(card.render({**micro_run.facts, key: value}, micro_run.score))
    assert isinstance(head["language"], str) and isinstance(head["model-index"][0]["name"], str)
    if key == "locale":
        assert head["language"] == value.split("-")[0]
    elif key == "release":
        assert value in head["model-index"][0]["results"][0]["dataset"]["name"]


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"watch": "test"}, "the WER of test was shown during training"),
        ({"select": "last"}, "The last weights were kept; nothing was selected."),
        ({"merge_dev": True}, "no dev to select on, as it was merged into train"),
        ({}, "no dev to select on, as the release has none"),
    ],
)
def test_the_model_card_says_why_nothing_was_selected(
    settings: dict[str, Any], says: str, micro_run: RunReport
) -> None:
    changed = {**micro_run.facts["settings"], **settings}
    known = {**micro_run.facts, "settings": changed, "selected_on": None}
    text = card.render(known, micro_run.score)
    assert says in " ".join(text.split()) and "selected on dev" not in text


@pytest.mark.parametrize(("rate", "channels"), [(16_000, 1), (44_100, 2)])
def test_the_code_in_the_model_card_runs(
    rate: int, channels: int, micro_run: RunReport, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    import numpy as np
    import soundfile

    text = (micro_run.folder / "model" / "README.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    noise = np.random.default_rng(0).uniform(-0.3, 0.3, (2 * rate, channels))
    soundfile.write(tmp_path / "speech.wav", noise, rate)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "")  # no ffmpeg
    monkeypatch.setattr("sys.stdout", printed := io.StringIO())
    exec(code.replace("path/to/this/folder", str(micro_run.folder / "model")), {})
    assert printed.getvalue().strip(), "this model babbles"


@pytest.mark.parametrize("key", ["scored_part", "builtin_sample"])
def test_a_card_without_a_wer_of_a_whole_test_set_has_no_model_index(
    key: str, micro_run: RunReport
) -> None:
    value = {"scored_part": {"clips": 3, "of": 4}, "builtin_sample": True}[key]
    head = front_matter(card.render({**micro_run.facts, key: value}, micro_run.score))
    assert "model-index" not in head and head["language"] == "tr"


def test_the_card_and_the_report_name_the_variant(micro_run: RunReport) -> None:
    facts = {**micro_run.facts, "recipe": {**micro_run.facts["recipe"], "variant": "latn"}}
    text = card.render(facts, micro_run.score)
    assert "sentences of other variants are left out.\n" in text and ".." not in text
    assert f"by the recipe `{facts['locale']}`, variant `latn`, with hash" in text


def test_the_card_says_that_every_row_of_dev_is_left_out(micro_run: RunReport) -> None:
    known = micro_run.facts
    dev = {"clips": 5, "share": 1.0, "reasons": {"digits": 5}}
    left_out = {**known["left_out"], "splits": {**known["left_out"]["splits"], "dev": dev}}
    text = card.render({**known, "selected_on": None, "left_out": left_out}, micro_run.score)
    assert "all 5 rows of dev are left out (5 digits), and no weights were selected." in text
    assert "release has none" not in text
