"""The contract of a CTC family in training: one step, its output layer, and what is saved."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch

from cvrecipes import audio
from cvrecipes.decoding.recognizer import Recognizer
from cvrecipes.models.base import Base
from cvrecipes.models.families import attribute
from cvrecipes.models.inference import AcousticModel
from cvrecipes.models.vocabulary import save_processor
from cvrecipes.settings import preset
from support.tiny_models import RATE, TEXT, VOCABULARY, every_family, noise

# Outside of tests quiet_transformers silences these: torch warns of what WavLM and LASR do.
pytestmark = [
    pytest.mark.usefixtures("quiet_transformers"),
    pytest.mark.filterwarnings("ignore:Support for mismatched key_padding_mask"),
    pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths"),
]
Make = Callable[..., Base]


def trained_step(base: Base, folder: Path, **changes: Any) -> tuple[Any, Any, float, bool]:
    """A model after one step of our trainer on two clips: model, processor, loss, changed."""
    from datasets import Dataset
    from transformers import TrainingArguments

    from cvrecipes.training.collator import Collator
    from cvrecipes.training.model import build_model
    from cvrecipes.training.trainer import CTCTrainer

    settings = preset("default").changed(
        {"gradient_checkpointing": False, "ctc_zero_infinity": False, **changes}
    )
    rows: dict[str, list[Any]] = {"clip": [], "path": [], "text": [], "seconds": []}
    for number, seconds in enumerate((2.0, 3.0)):
        path = folder / f"{number}.wav"
        soundfile.write(path, noise(int(seconds * RATE), number), RATE)
        for name, value in zip(rows, (path.name, str(path), TEXT, seconds), strict=True):
            rows[name].append(value)
    processor = save_processor(VOCABULARY, base.where, folder / "processor", base.family)
    extractor = processor.feature_extractor
    torch.manual_seed(0)
    model = build_model(base, VOCABULARY, settings)
    head = attribute(model, base.family.head).weight.clone()
    before = {name: weight.clone() for name, weight in model.named_parameters()}
    trainer = CTCTrainer(
        vocabulary=VOCABULARY, settings=settings, judge=lambda *_: (0.0, 0.0), seed=0,
        extractor=extractor, model=model, data_collator=Collator(extractor, VOCABULARY),
        args=TrainingArguments(
            output_dir=str(folder / "out"), max_steps=1, learning_rate=0.01, use_cpu=True,
            report_to=[], disable_tqdm=True, remove_unused_columns=False, save_strategy="no",
            warmup_steps=0, logging_steps=1,
        ),
        train_dataset=Dataset.from_dict(rows), eval_dataset=Dataset.from_dict(rows),
    )  # fmt: skip
    loss = trainer.train().training_loss
    metrics = trainer.evaluate()
    assert np.isfinite(metrics["eval_loss"]) and 0 <= metrics["eval_blank_share"] <= 1
    after = dict(model.named_parameters())
    frozen = [name for name, weight in after.items() if not weight.requires_grad]
    assert all(torch.equal(after[name], before[name]) for name in frozen)
    assert bool(frozen) == bool(base.family.feature_encoder)
    changed = not torch.equal(attribute(model, base.family.head).weight, head)
    return model, processor, loss, changed


@every_family
def test_one_step_trains_and_the_saved_model_writes_the_same_here_and_in_transformers(
    model_type: str, base_of: Make, tmp_path: Path
) -> None:
    from cvrecipes.decoding.gate import check_reload
    from cvrecipes.records import Pair

    base = base_of(model_type)
    (tmp_path / "clips").mkdir()
    model, processor, loss, changed = trained_step(base, tmp_path / "clips")
    assert np.isfinite(loss) and loss > 0 and changed
    with torch.no_grad():  # so that it babbles instead of being silent
        head = attribute(model, base.family.head)
        head.weight.mul_(50)
        head.bias[VOCABULARY.blank] = -20
    folder = tmp_path / "model"
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    (folder / "vocab.json").write_text(json.dumps(VOCABULARY.numbers()))
    recognizer = Recognizer(folder, "cpu")
    extractor = processor.feature_extractor
    here = AcousticModel(model.eval(), extractor, "cpu").logits([noise(20_000)])[0]
    there = recognizer.acoustic.logits([noise(20_000)])[0]
    assert torch.equal(here, there)
    files = {path.name: str(path) for path in (tmp_path / "clips").glob("*.wav")}
    texts = {
        name: recognizer.transcribe(audio.load(path, RATE)).text for name, path in files.items()
    }
    assert any(texts.values()), "a silent model would prove nothing"
    pairs = [Pair(name, "s", TEXT, text, 2.0) for name, text in texts.items()]
    assert check_reload(folder, pairs, files) == 2


@every_family
def test_the_output_layer_starts_from_the_rows_of_the_same_characters(
    model_type: str, base_of: Make
) -> None:
    from safetensors.torch import load_file

    from cvrecipes.training.model import build_model, transplant_head

    base = base_of(model_type)
    known = {token: 31 - number for number, token in enumerate(("[PAD]", "|", "a", "h", "ß"))}
    (Path(base.where) / "vocab.json").write_text(json.dumps(known))
    model = build_model(base, VOCABULARY, preset("default"))
    assert transplant_head(model, base, VOCABULARY) == 4
    saved = load_file(Path(base.where) / "model.safetensors")
    name = base.family.saved_head or base.family.head
    head = attribute(model, base.family.head)
    for token in ("[PAD]", "|", "a", "h"):
        number = VOCABULARY.numbers()[token]
        assert torch.equal(head.weight[number], saved[f"{name}.weight"][known[token]])
        assert torch.equal(head.bias[number], saved[f"{name}.bias"][known[token]])


@every_family
def test_gradient_checkpointing_works(model_type: str, base_of: Make, tmp_path: Path) -> None:
    _, _, loss, changed = trained_step(base_of(model_type), tmp_path, gradient_checkpointing=True)
    assert np.isfinite(loss) and changed
