"""What a run refuses, in one line and before it writes anything."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cvrecipes.errors import UsageError
from cvrecipes.run import run
from support.runs import replaced

Call = Callable[..., Any]
Make = Callable[..., Any]


@pytest.mark.parametrize(
    ("assignment", "says"),
    [
        ("learning_rat=1", "did you mean learning_rate"),
        ("nonsense=1", "unknown setting 'nonsense'"),
        ("lr=1e-4", "unknown setting 'lr'; did you mean learning_rate?"),
        ("num-train-epochs=3", "unknown setting 'num_train_epochs'; did you mean epochs?"),
        ("learning_rate=fast", "must be a number, not 'fast'"),
        ("learning_rate=nan", "must be a number, not 'nan'"),
        ("max_steps=2.5", "must be a whole number"),
        ("merge_dev=perhaps", "must be true or false"),
        ("layerdrop=1.5", "must be at most 0.99"),
        ("warmup_steps=-1", "must be at least 0"),
        ("learning_rate=0", "must be at least 1e-09"),
        ("learning_rate=1e300", "must be at most 1"),
        ("threads=1000000", "must be at most 1024"),
        ("workers=100000", "must be at most 256"),
        ("mask_time_length=1000000", "frames of the longest clip; --set mask_time_length="),
        ("select=worst", "must be one of best, last"),
        ("epochs", "is not of the form key=value"),
    ],
)
def test_a_wrong_setting_is_refused_in_one_line(
    assignment: str, says: str, call: Call, micro_words: list[str], tmp_path: Path
) -> None:
    got = call(*micro_words, "--set", assignment, "--out", tmp_path / "out")
    assert got.code == 2 and says in got.complaint
    assert got.out == "" and not (tmp_path / "out").exists()


def test_a_base_without_a_ctc_form_is_refused_before_anything_is_read(
    call: Call, micro_words: list[str], tmp_path: Path
) -> None:
    base = tmp_path / "whisper"
    base.mkdir()
    (base / "config.json").write_text('{"model_type": "whisper"}', encoding="utf-8")
    (base / "model.safetensors").write_bytes(b"")
    got = call(*replaced(micro_words, "--base", base), "--out", tmp_path / "out")
    assert got.code == 2 and "whisper model, which has no CTC form" in got.complaint
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("change", "code", "says"),
    [
        ("no folder", 2, "there is no model folder"),
        ("no weights", 2, "no .safetensors weights"),
        ("no config", 2, "has no config.json"),
        ("not JSON", 1, "is not JSON"),
        ("8 kHz", 2, "expects 8000 Hz"),
        ("not on the Hub", 1, "not in the local cache"),
    ],
)
def test_a_base_that_cannot_be_used_is_refused_in_one_line(
    change: str, code: int, says: str, call: Call, micro_words: list[str], micro_base: Path,
    tmp_path: Path,
) -> None:  # fmt: skip
    base = tmp_path / "base"
    shutil.copytree(micro_base, base)
    given: object = base
    if change == "no folder":
        given = tmp_path / "absent"
    elif change == "no weights":
        (base / "model.safetensors").unlink()
    elif change == "no config":
        (base / "config.json").unlink()
    elif change == "not JSON":
        (base / "config.json").write_text("{", encoding="utf-8")
    elif change == "8 kHz":
        extractor = json.loads((base / "preprocessor_config.json").read_text(encoding="utf-8"))
        extractor["sampling_rate"] = 8000
        text = json.dumps(extractor)
        (base / "preprocessor_config.json").write_text(text, encoding="utf-8")
    else:
        given = "nobody/nothing-of-this-name"
    got = call(*replaced(micro_words, "--base", given), "--out", tmp_path / "out")
    assert got.code == code and says in got.complaint
    assert not (tmp_path / "out").exists()


def test_weights_that_are_no_safetensors_end_in_one_line(
    call: Call, micro_words: list[str], micro_base: Path, tmp_path: Path
) -> None:
    base = tmp_path / "base"
    shutil.copytree(micro_base, base)
    (base / "model.safetensors").write_bytes(b"these are no weights")
    got = call(*replaced(micro_words, "--base", base), "--out", tmp_path / "out")
    assert got.code == 1 and "base model" in got.complaint
    assert "defect" not in got.complaint


def test_a_folder_that_is_not_empty_is_left_alone(
    call: Call, micro_words: list[str], tmp_path: Path
) -> None:
    (tmp_path / "mine.txt").write_text("precious", encoding="utf-8")
    got = call(*micro_words, "--out", tmp_path)
    assert got.code == 2 and "not empty" in got.complaint
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("harm", ["no folder", "no column", "no test", "device", "setting"])
def test_what_is_wrong_here_is_reported_before_the_base_model_is_asked_for(
    harm: str, call: Call, micro_words: list[str], micro_release: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    import torch

    monkeypatch.setattr("cvrecipes.run.open_base", lambda _: pytest.fail("the base is opened"))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    release = tmp_path / "tr"
    shutil.copytree(micro_release, release)
    words = replaced(micro_words, "--data", release)
    if harm == "no folder":
        words = replaced(words, "--data", tmp_path / "nowhere")
    elif harm == "no column":
        text = (release / "test.tsv").read_text(encoding="utf-8")
        text = text.replace("\tsentence\t", "\twords\t", 1)
        (release / "test.tsv").write_text(text, encoding="utf-8")
    elif harm == "no test":
        (release / "test.tsv").unlink()
    elif harm == "device":
        words = replaced(words, "--device", "cuda")
    else:
        words += ["--set", "learning_rate=fast"]
    got = call(*words, "--out", tmp_path / "out")
    assert got.code in (1, 2) and got.complaint
    assert not (tmp_path / "out").exists()


def test_a_full_folder_is_refused_before_the_release_is_read(
    call: Call, micro_words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.txt").write_text("precious", encoding="utf-8")
    monkeypatch.setattr("cvrecipes.run.prepare", lambda *_: pytest.fail("it reads"))
    assert call(*micro_words, "--out", tmp_path).code == 2


def test_a_release_of_another_locale_is_refused_and_named(
    call: Call, micro_words: list[str], tmp_path: Path
) -> None:
    words = ["run", "de", *micro_words[2:]]
    got = call(*words, "--out", tmp_path / "out")
    assert got.code == 2 and "is a release of tr, not of de" in got.complaint
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["run", "xx"], "no recipe for 'xx'"),
        (["run", "tr", "--data", "nowhere"], "there is no such folder"),
        (["run", "tr", "--preset", "blg"], "did you mean blog"),
        (["run", "tr", "--preset", "blog", "--device", "cpu", "--out", "o"], "fp16"),
        (["run", "tr", "--device", "abacus", "--out", "o"], "unknown device 'abacus'"),
    ],
)
def test_what_is_not_there_is_named_in_one_line(
    words: list[str], says: str, call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    got = call(*words)
    assert got.code == 2 and says in got.complaint


def test_what_is_neither_file_nor_folder_is_no_release(call: Call) -> None:
    got = call("run", "tr", "--data", os.devnull, "--dry-run")
    assert got.code == 2 and "is a file, but neither an archive nor a manifest" in got.complaint


def test_a_wrong_device_is_refused_before_the_folder_is_made(
    micro_request: Make, tmp_path: Path
) -> None:
    from dataclasses import replace

    with pytest.raises(UsageError):
        run(replace(micro_request(tmp_path / "out"), device="abacus"))
    assert not (tmp_path / "out").exists()
