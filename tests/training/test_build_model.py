"""The model a training starts from: its output layer, frozen parts and precision."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch

from cvrecipes.job import Job
from cvrecipes.models.base import open_base
from cvrecipes.models.ctc import Vocabulary
from cvrecipes.settings import Settings, preset
from cvrecipes.training.model import build_model, transplant_head
from support.training import changed, trained_on

pytestmark = pytest.mark.usefixtures("quiet_transformers")


def test_the_output_layer_starts_from_the_rows_of_the_same_characters(job: Job) -> None:
    from safetensors.torch import load_file

    base = open_base("tiny")
    model = build_model(base, job.vocabulary, preset("tiny"))
    weights = load_file(Path(base.where) / "model.safetensors")
    from cvrecipes.files import read_json

    numbers = read_json(Path(base.where) / "vocab.json")
    shared = set(numbers) & set(job.vocabulary.tokens)
    assert {"[PAD]", "|", "a"} <= shared
    for token in shared:
        row, source = job.vocabulary.numbers()[token], numbers[token]
        assert torch.equal(model.lm_head.weight[row], weights["lm_head.weight"][source].float())
        assert torch.equal(model.lm_head.bias[row], weights["lm_head.bias"][source].float())
    assert transplant_head(model, base, job.vocabulary) == len(shared)


def test_without_transplanting_the_output_layer_is_fresh(job: Job) -> None:
    from safetensors.torch import load_file

    model = build_model(job.base, job.vocabulary, Settings(transplant_head=False,
        gradient_checkpointing=False))  # fmt: skip
    # The vocabularies are equal, so the rows are loaded as any other weights are.
    weights = load_file(Path(job.base.where) / "model.safetensors")
    assert torch.equal(model.lm_head.weight, weights["lm_head.weight"])
    smaller = Vocabulary(("|", "a", "[UNK]", "[PAD]"))
    model = build_model(job.base, smaller, Settings(transplant_head=False,
        gradient_checkpointing=False))  # fmt: skip
    assert model.lm_head.weight.shape == (4, 16)
    assert not any(
        torch.equal(model.lm_head.weight[row], source)
        for row in range(4)
        for source in weights["lm_head.weight"]
    )


def test_a_base_without_an_output_layer_gives_no_rows(job: Job, tmp_path: Path) -> None:
    folder = tmp_path / "base"
    shutil.copytree(job.base.where, folder)
    (folder / "vocab.json").unlink()
    model = build_model(job.base, job.vocabulary, job.plan.settings)
    assert transplant_head(model, open_base(str(folder)), job.vocabulary) == 0


@pytest.mark.parametrize("frozen", [True, False])
def test_the_feature_encoder_is_frozen_when_asked(job: Job, frozen: bool) -> None:
    settings = job.plan.settings.changed({"freeze_feature_encoder": frozen})
    model = build_model(job.base, job.vocabulary, settings)
    convolutions = list(model.wav2vec2.feature_extractor.parameters())
    assert convolutions and all(weight.requires_grad != frozen for weight in convolutions)
    assert all(weight.requires_grad for weight in model.lm_head.parameters())


def test_the_model_is_fp32_with_the_classes_of_the_vocabulary(job: Job) -> None:
    model = build_model(open_base("tiny"), job.vocabulary, preset("tiny"))
    assert {weight.dtype for weight in model.parameters()} == {torch.float32}
    assert model.config.vocab_size == model.lm_head.out_features == len(job.vocabulary)
    assert model.config.pad_token_id == job.vocabulary.blank


def test_the_frozen_convolutions_do_not_change_and_the_rest_does(job: Job, tmp_path: Path) -> None:
    from safetensors.torch import load_file

    trained_on(changed(job, max_steps=2, learning_rate=0.01), tmp_path / "run")
    after = load_file(tmp_path / "run" / "model" / "model.safetensors")
    before = load_file(Path(job.base.where) / "model.safetensors")
    convolutions = [name for name in after if "feature_extractor" in name]
    assert convolutions and all(torch.equal(after[n], before[n]) for n in convolutions)
    assert not torch.equal(after["lm_head.weight"], before["lm_head.weight"])
