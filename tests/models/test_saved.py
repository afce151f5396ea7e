"""Trained models: found in a run or by themselves, and refused in one line when damaged."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cvrecipes.errors import CvrecipesError, Failure, UsageError
from cvrecipes.models.ctc import Vocabulary
from cvrecipes.models.families import FAMILIES
from cvrecipes.models.saved import load, model_folder, saved_recipe
from cvrecipes.models.vocabulary import save_processor
from cvrecipes.records import RunReport

Call = Callable[..., Any]


def copied(micro_run: RunReport, tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    shutil.copytree(micro_run.folder / "model", folder)
    return folder


def test_a_run_folder_and_its_model_folder_are_the_same_model(
    micro_run: RunReport,
) -> None:
    outer, inner = load(micro_run.folder, "cpu"), load(str(micro_run.folder / "model"), "cpu")
    assert inner.where == outer.where == str(micro_run.folder / "model")
    assert inner.vocabulary == outer.vocabulary
    silence = np.zeros(16_000, np.float32)
    (here,), (there,) = inner.acoustic.logits([silence]), outer.acoustic.logits([silence])
    assert here.shape[1] == len(inner.vocabulary) and here.equal(there)


def test_the_recipe_of_a_model_is_read_from_its_run_or_its_own_folder(
    micro_run: RunReport, tmp_path: Path
) -> None:
    recipe = saved_recipe(micro_run.folder)
    assert recipe is not None and recipe["locale"] == "tr"
    assert saved_recipe(micro_run.folder / "model") == recipe
    assert saved_recipe(tmp_path) is None and saved_recipe("some/model") is None


def test_what_can_only_be_a_hub_repository_is_no_folder() -> None:
    assert model_folder("some/model") is None


def test_a_vocabulary_of_another_size_than_the_model_is_a_failure(
    micro_run: RunReport, tmp_path: Path
) -> None:
    folder = copied(micro_run, tmp_path)
    numbers = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))
    numbers["ß"] = len(numbers)
    (folder / "vocab.json").write_text(json.dumps(numbers), encoding="utf-8")
    with pytest.raises(Failure, match=r"writes 35 classes, its vocabulary holds 36"):
        load(folder, "cpu")


@pytest.mark.parametrize(
    ("harm", "kind", "says"),
    [
        ("absent", UsageError, "no such model folder"),
        ("empty", UsageError, "it has no config.json"),
        ("config.json", Failure, "is not JSON"),
        ("model.safetensors", Failure, "cannot be loaded"),
        ("no weights", Failure, "cannot be loaded"),
        ("tokenizer", Failure, "cannot be loaded"),
        ("cut weights", Failure, "cannot be loaded"),
        ("vocab.json", Failure, "cannot be loaded"),
        ("other shapes", Failure, "cannot be loaded"),
        ("fewer weights", Failure, "cannot be loaded"),
    ],
)
def test_a_folder_that_is_no_model_is_refused_in_one_line(
    harm: str, kind: type[CvrecipesError], says: str, micro_run: RunReport, tmp_path: Path
) -> None:
    folder = copied(micro_run, tmp_path)
    if harm == "absent":
        folder = tmp_path / "nowhere"
    elif harm == "empty":
        folder = tmp_path / "empty"
        folder.mkdir()
    elif harm == "config.json":
        (folder / "config.json").write_text("{", encoding="utf-8")
    elif harm == "model.safetensors":
        (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    elif harm == "no weights":
        (folder / "model.safetensors").unlink()
    elif harm == "tokenizer":
        for name in ("vocab.json", "tokenizer_config.json", "processor_config.json"):
            (folder / name).unlink()
    elif harm == "vocab.json":
        (folder / "vocab.json").unlink()
    elif harm in ("other shapes", "fewer weights"):
        from safetensors.torch import load_file, save_file

        weights = load_file(folder / "model.safetensors")
        head = weights.pop("lm_head.weight")
        if harm == "other shapes":
            weights["lm_head.weight"] = head[:5].clone()
        save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    else:
        data = (folder / "model.safetensors").read_bytes()
        (folder / "model.safetensors").write_bytes(data[: len(data) // 2])
    with pytest.raises(kind, match=says) as refused:
        load(folder, "cpu")
    assert "\n" not in refused.value.message


def test_a_package_that_transformers_wants_for_a_family_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import transformers

    def refuse(*_: object, **__: object) -> None:
        raise ImportError("Parakeet requires librosa. You can install them with pip:\n"
                          "`pip install librosa`\n")  # fmt: skip

    monkeypatch.setattr(transformers.AutoFeatureExtractor, "from_pretrained", refuse)
    vocabulary = Vocabulary(("|", "a", "[UNK]", "[PAD]"))
    with pytest.raises(Failure, match=r"needs another package for wavlm .*; pip install librosa$"):
        save_processor(vocabulary, "base", tmp_path / "processor", FAMILIES["wavlm"])


@pytest.mark.parametrize("command", ["transcribe", "evaluate"])
@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("checkpoint of a finished run", "is a checkpoint of a training, not a finished model"),
        ("checkpoint", "finish the run with --resume first"),
        ("run", "is an unfinished run, which has no model yet"),
    ],
)
def test_a_folder_that_is_only_on_the_way_to_a_model_is_named(
    command: str, given: str, says: str, call: Call, micro_run: RunReport, micro_files: list[Path],
    micro_release: Path, tmp_path: Path,
) -> None:  # fmt: skip
    run = tmp_path / "run"
    shutil.copytree(micro_run.folder, run)
    if given != "checkpoint of a finished run":
        shutil.rmtree(run / "model")
        (run / "run.json").unlink()
    model = run if given == "run" else run / "checkpoints" / "checkpoint-6"
    more = [micro_files[0]] if command == "transcribe" else ["--data", micro_release]
    got = call(command, model, *more)
    assert got.code == 2 and says in got.complaint
    if given == "checkpoint of a finished run":
        assert f"give {run / 'model'}" in got.complaint
