"""The reload gate: transformers alone must write the texts of the run."""

from __future__ import annotations

import shutil
import wave
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cvrecipes.decoding.gate import check_reload
from cvrecipes.errors import Failure
from cvrecipes.records import RunReport
from cvrecipes.run import run
from support.runs import nothing_finished

Make = Callable[..., Any]


def files_of(report: RunReport, release: Path) -> dict[str, str]:
    return {pair.clip: str(release / "clips" / pair.clip) for pair in report.pairs}


def test_the_gate_passes_the_model_of_a_run(micro_run: RunReport, micro_release: Path) -> None:
    files = files_of(micro_run, micro_release)
    assert check_reload(micro_run.folder / "model", micro_run.pairs, files) == 4


def test_the_gate_refuses_a_model_whose_weights_were_changed(
    micro_run: RunReport, micro_release: Path, tmp_path: Path
) -> None:
    from safetensors.torch import load_file, save_file

    folder = tmp_path / "model"
    shutil.copytree(micro_run.folder / "model", folder)
    weights = load_file(folder / "model.safetensors")
    weights["lm_head.weight"] = -weights["lm_head.weight"]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(Failure, match="AutoModelForCTC, writes"):
        check_reload(folder, micro_run.pairs, files_of(micro_run, micro_release))


@pytest.mark.parametrize("seconds", [90.0, 3.0])
def test_the_gate_leaves_out_clips_that_were_transcribed_in_windows(
    seconds: float, micro_run: RunReport, micro_release: Path, tmp_path: Path
) -> None:
    with wave.open(str(tmp_path / "long.wav"), "wb") as sound:
        sound.setparams((1, 2, 16_000, 0, "NONE", ""))
        sound.writeframes(bytes(2 * 31 * 16_000))
    # Whether or not the release knows how long the clip is.
    long = replace(micro_run.pairs[0], clip="long", hypothesis="of windows", seconds=seconds)
    files = {**files_of(micro_run, micro_release), "long": str(tmp_path / "long.wav")}
    folder = micro_run.folder / "model"
    assert check_reload(folder, [long], files) == 0
    assert check_reload(folder, [long, *micro_run.pairs], files) == 4


def test_the_gate_quotes_the_beginning_of_long_texts(
    micro_run: RunReport, micro_release: Path
) -> None:
    pair = replace(micro_run.pairs[0], hypothesis="word " * 200)
    with pytest.raises(Failure) as refused:
        check_reload(micro_run.folder / "model", [pair], files_of(micro_run, micro_release))
    assert len(refused.value.what) < 400 and "word ..." in refused.value.what


@pytest.mark.parametrize(
    ("text", "differs"),
    [
        ("bir iki üç", False),
        (" bir iki üç ", False),
        ("bir iki üc", False),  # one sign may flip between nearly equal scores
        ("bir  iki  üç", False),  # a delimiter, a blank and a delimiter are two spaces there
        ("bir ki uç", True),
        ("", True),
    ],
)
def test_the_gate_forgives_one_sign_and_any_white_space(text: str, differs: bool) -> None:
    from cvrecipes.decoding.gate import _differs

    assert _differs(text, "bir iki üç") is differs


def test_the_gate_stops_a_run_before_run_json(
    micro_request: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cvrecipes.decoding.recognizer import Recognizer

    monkeypatch.setattr(Recognizer, "text", lambda self, path: "something else altogether")
    with pytest.raises(Failure, match="loaded with"):
        run(micro_request(tmp_path / "out"))
    nothing_finished(tmp_path / "out")
