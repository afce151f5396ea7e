"""The contract of a CTC family: what its record says is what transformers computes.

Every family of the installed transformers runs with a tiny random configuration; one without a
record fails here.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from cvrecipes.errors import UsageError
from cvrecipes.models.base import Base, family_of, framing_of
from cvrecipes.models.families import FAMILIES, MODEL_SETTINGS, REFUSED, attribute, refuse_settings
from cvrecipes.models.inference import best_path, infer
from cvrecipes.settings import Settings, preset
from support.tiny_models import (
    CONFIGS,
    RATE,
    VOCABULARY,
    acoustic_of,
    config_of,
    every_family,
    installed,
    noise,
)

LENGTHS = (4000, 16_000, 24_007, 33_333, 48_000)
# Outside of tests quiet_transformers silences these: torch warns of what WavLM and LASR do.
pytestmark = [
    pytest.mark.usefixtures("quiet_transformers"),
    pytest.mark.filterwarnings("ignore:Support for mismatched key_padding_mask"),
    pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths"),
]
Make = Callable[..., Base]


# ---------------------------------------------------------------- records


def test_every_family_of_transformers_has_a_record_or_a_reason() -> None:
    assert set(installed()) - set(FAMILIES) - set(REFUSED) == set()


def test_every_record_is_tried_here() -> None:
    assert set(CONFIGS) == set(FAMILIES)


@pytest.mark.parametrize("model_type", sorted(REFUSED))
def test_a_refused_family_is_refused_with_its_reason(model_type: str) -> None:
    with pytest.raises(UsageError, match=f"is a {model_type} model, which") as refused:
        family_of({"model_type": model_type}, "some/model")
    assert "some/model" in refused.value.message and "\n" not in refused.value.message


@every_family
def test_every_name_of_a_record_is_in_its_configuration_and_its_model(
    model_type: str, base_of: Make
) -> None:
    from transformers import AutoModelForCTC

    base = base_of(model_type)
    family, model = base.family, AutoModelForCTC.from_pretrained(base.where)
    for setting in family.settings:
        assert family.value(model.config, setting) is not None, setting
    missing = [name for name in MODEL_SETTINGS if name not in family.settings]
    assert not [name for name in missing if hasattr(model.config, name)]
    assert attribute(model, family.head).weight.shape[0] == 32
    assert base.sizes["hidden_size"] == 16
    if family.feature_encoder:
        assert list(attribute(model, family.feature_encoder).parameters())
    inputs = acoustic_of(base)._inputs([noise(8000)])
    assert set(inputs) == {family.input_name, family.mask_name}


# ---------------------------------------------------------------- frames and sizes

ADAPTED = [
    (model_type, adapter)
    for model_type in sorted(FAMILIES)
    for adapter in (
        ({}, {"add_adapter": True, "num_adapter_layers": 2})
        if model_type in ("wav2vec2", "wav2vec2-bert", "wav2vec2-conformer", "wavlm",
                          "data2vec-audio")
        else ({},)
    )
]  # fmt: skip


@pytest.mark.parametrize(("model_type", "changes"), ADAPTED)
def test_frames_counted_from_the_config_are_those_the_model_computes(
    model_type: str, changes: dict[str, Any], base_of: Make
) -> None:
    base = base_of(model_type, **changes)
    acoustic = acoustic_of(base)
    assert acoustic.framing == base.framing
    counted = base.framing.frames(np.array(LENGTHS) / RATE).tolist()
    model = acoustic._model
    for length, count in zip(LENGTHS, counted, strict=True):
        inputs = acoustic._inputs([noise(length)])
        with torch.inference_mode():
            computed = model(**inputs).logits.shape[1]
        # A spectrum padded to a whole number of stacked frames gives one more, of padding.
        assert computed - (base.framing.extracted > 0) <= count <= computed
        assert len(acoustic.logits([noise(length)])[0]) == count
    together = acoustic.logits([noise(length) for length in LENGTHS])
    assert [len(logits) for logits in together] == counted
    own = getattr(model, "_get_feat_extract_output_lengths", None)
    own = own or model._get_subsampling_output_length
    inputs = acoustic._inputs([noise(length) for length in LENGTHS])
    assert own(inputs[base.family.mask_name].sum(-1)).tolist() == counted


@every_family
def test_the_fewest_samples_are_enough_for_a_model_and_shorter_clips_are_padded(
    model_type: str, base_of: Make
) -> None:
    acoustic = acoustic_of(base_of(model_type))
    for length in (1, acoustic.framing.fewest_samples):
        (logits,) = acoustic.logits([noise(length)])
        assert len(logits) >= 1 and torch.isfinite(logits).all()


@pytest.mark.parametrize(("model_type", "changes"), ADAPTED)
def test_weights_are_counted_exactly(
    model_type: str, changes: dict[str, Any], base_of: Make
) -> None:
    from transformers import AutoModelForCTC

    base = base_of(model_type, **changes)
    model = AutoModelForCTC.from_pretrained(base.where)
    # Granite's encoder holds the output layer a second time, and a way back from it.
    classes = (base.family.head, "encoder.out.", "encoder.out_mid.")
    real = sum(w.numel() for name, w in model.named_parameters() if not name.startswith(classes))
    assert base.parameters == real


@every_family
def test_weights_of_a_model_of_real_size_are_counted_exactly(model_type: str) -> None:
    from transformers import AutoConfig, AutoModelForCTC

    if model_type not in installed():
        pytest.skip(f"this version of transformers has no {model_type}")
    config = AutoConfig.for_model(model_type)
    config.vocab_size = config.vocab_size or 32
    family = FAMILIES[model_type]
    with torch.device("meta"):
        model = AutoModelForCTC.from_config(config)
    classes = (family.head, "encoder.out.", "encoder.out_mid.")
    real = sum(w.numel() for name, w in model.named_parameters() if not name.startswith(classes))
    assert family.parameters(config.to_dict()) == real > 50e6


# ---------------------------------------------------------------- padding


@every_family
def test_a_clip_has_the_same_logits_in_a_batch_as_alone(model_type: str, base_of: Make) -> None:
    acoustic = acoustic_of(base_of(model_type))
    clips = [noise(length, seed) for seed, length in enumerate((*LENGTHS, 16_000))]
    seconds = [len(clip) / RATE for clip in clips]
    seen: dict[int, torch.Tensor] = {}
    sizes = {e.index: len(e.frames) for e in infer(
        acoustic, clips, seconds, best_path, observe=seen.__setitem__)}  # fmt: skip
    assert sorted(seen) == sorted(sizes) == list(range(len(clips)))
    for index, clip in enumerate(clips):
        (alone,) = acoustic.logits([clip])
        assert seen[index].shape == alone.shape
        assert torch.allclose(seen[index], alone, atol=2e-5), index


@every_family
def test_a_family_takes_equal_lengths_only_where_its_padding_leaks(
    model_type: str, base_of: Make
) -> None:
    layer_norm = {"feat_extract_norm": "layer"} if hasattr(
        config_of(model_type), "feat_extract_norm") else {}  # fmt: skip
    wide: dict[str, Any] = {}
    if model_type == "data2vec-audio":
        wide = {"num_conv_pos_embeddings": 5, "conv_pos_kernel_size": 19}
    acoustic = acoustic_of(base_of(model_type, **layer_norm, **wide))
    clips = [noise(length, seed) for seed, length in enumerate(LENGTHS)]
    together = acoustic.logits(clips)
    alone = [acoustic.logits([clip])[0] for clip in clips]
    same = [torch.allclose(a, b, atol=2e-5) for a, b in zip(together, alone, strict=True)]
    assert all(same) != acoustic.equal_lengths


@every_family
def test_a_clip_of_any_length_is_cut_into_windows_that_join_exactly(
    model_type: str, base_of: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cvrecipes.models.inference.WINDOW_SECONDS", 4.0)
    monkeypatch.setattr("cvrecipes.models.inference.OVERLAP_SECONDS", 1.0)
    acoustic = acoustic_of(base_of(model_type))
    clip = noise(11 * RATE + 77)
    (whole,) = acoustic.logits([clip])
    joined = torch.cat(list(acoustic.windows(clip, 2)))
    assert joined.shape == whole.shape
    (emission,) = infer(acoustic, [clip], [11.0], best_path)
    assert emission.frames.shape == (len(whole),)


# ---------------------------------------------------------------- settings


@every_family
def test_a_changed_setting_without_a_counterpart_is_refused(model_type: str) -> None:
    family = FAMILIES[model_type]
    refuse_settings(family, Settings())
    for name in ("hidden_dropout", "mask_time_prob", "mask_feature_prob", "layerdrop"):
        changed = Settings().changed({name: 0.1})
        if name in family.settings:
            refuse_settings(family, changed)
        else:
            with pytest.raises(UsageError, match=f"{name} has no counterpart in {model_type}"):
                refuse_settings(family, changed)
        refuse_settings(family, Settings().changed({name: 0.0}))


def test_a_default_that_a_family_lacks_is_named_in_a_line(
    base_of: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    from cvrecipes.training.model import build_model

    build_model(base_of("parakeet_ctc"), VOCABULARY, preset("default"))
    assert "parakeet_ctc models have no mask_time_prob" in capsys.readouterr().err


def test_a_family_that_the_installed_transformers_lacks_is_named(
    base_of: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    from transformers.models.auto import modeling_auto

    from cvrecipes.training.model import build_model

    base = base_of("wavlm")
    monkeypatch.delitem(modeling_auto.MODEL_FOR_CTC_MAPPING_NAMES, "wavlm")
    with pytest.raises(UsageError, match="has no wavlm models for CTC; pip install --upgrade"):
        build_model(base, VOCABULARY, preset("default"))


def test_the_frames_of_known_models() -> None:
    framings = {
        "wav2vec2": 0.02, "wav2vec2-bert": 0.02, "parakeet_ctc": 0.08, "lasr_ctc": 0.04,
        "granite_speech5_ctc": 0.08, "omniasr_ctc": 0.02,
    }  # fmt: skip
    for model_type, seconds in framings.items():
        config = {"model_type": model_type, "encoder_config": {}, "audio_config": {}}
        assert framing_of(config).frame_seconds == pytest.approx(seconds), model_type


def test_the_page_on_base_models_says_what_the_records_say() -> None:
    import re

    page = Path(__file__).parents[2] / "docs" / "howto" / "base-models.md"
    rows = re.findall(
        r"^\| `([\w-]+)`[^|]*\| (\w+) \| (\d+) ms \| ([^|]*)\|$",
        page.read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    assert {row[0] for row in rows} == set(FAMILIES)
    masks = {name for name in MODEL_SETTINGS if name.startswith("mask_")}
    for model_type, hears, milliseconds, missing in rows:
        family = FAMILIES[model_type]
        assert hears == {"input_values": "samples", "input_features": "spectra"}[family.input_name]
        framing = family.framing({"encoder_config": {}, "audio_config": {}}, {})
        assert round(framing.frame_seconds * 1000) == int(milliseconds)
        named = set(re.findall(r"`(\w+)`", missing)) | (masks if "masks" in missing else set())
        assert named == set(MODEL_SETTINGS) - set(family.settings), model_type
