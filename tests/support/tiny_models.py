"""A tiny model of random weights of every CTC family, saved as people save theirs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cvrecipes.models.base import Base
from cvrecipes.models.ctc import Vocabulary
from cvrecipes.models.families import FAMILIES
from cvrecipes.models.inference import AcousticModel

RATE = 16_000
VOCABULARY = Vocabulary(("|", *"abcdefgh", "[UNK]", "[PAD]"))
TEXT = "abba cd"
every_family = pytest.mark.parametrize("model_type", sorted(FAMILIES))

# What makes each model small; everything else is the family's default.
_CONVOLUTIONS: dict[str, Any] = {
    "conv_dim": (8, 8, 8), "conv_kernel": (10, 8, 4), "conv_stride": (10, 8, 4),
}  # fmt: skip
_ENCODER: dict[str, Any] = {
    "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 24,
}  # fmt: skip
_WAV2VEC2: dict[str, Any] = {
    **_CONVOLUTIONS, **_ENCODER, "num_conv_pos_embeddings": 4, "num_conv_pos_embedding_groups": 2,
}  # fmt: skip
_MEL: dict[str, Any] = {**_ENCODER, "num_mel_bins": 16, "subsampling_conv_channels": 8}

CONFIGS: dict[str, dict[str, Any]] = {
    "data2vec-audio": {
        **_CONVOLUTIONS, **_ENCODER, "conv_pos_kernel_size": 3, "num_conv_pos_embeddings": 2,
        "num_conv_pos_embedding_groups": 2,
    },
    "granite_speech5_ctc": {
        "vocab_size": 32,
        "encoder_config": {**_ENCODER, "vocab_size": 32, "num_mel_bins": 16, "context_size": 8,
                           "max_position_embeddings": 16, "num_hidden_layers": 4},
    },
    "hubert": _WAV2VEC2,
    "lasr_ctc": {"encoder_config": {**_MEL, "conv_kernel_size": 4}},
    "omniasr_ctc": {"audio_config": _WAV2VEC2},
    "parakeet_ctc": {"pad_token_id": 0, "encoder_config": _MEL},
    "sew": {**_WAV2VEC2, "squeeze_factor": 2},
    "sew-d": {**_WAV2VEC2, "squeeze_factor": 2, "position_buckets": 8,
              "max_position_embeddings": 32},
    "unispeech": {**_WAV2VEC2, "num_ctc_classes": 32},
    "unispeech-sat": {**_WAV2VEC2, "num_ctc_classes": 32},
    "wav2vec2": _WAV2VEC2,
    "wav2vec2-bert": {**_ENCODER, "feature_projection_input_dim": 32, "output_hidden_size": 16,
                      "conv_depthwise_kernel_size": 5},
    "wav2vec2-conformer": {**_WAV2VEC2, "conv_depthwise_kernel_size": 5},
    "wavlm": {**_WAV2VEC2, "num_buckets": 8, "max_bucket_distance": 16},
}  # fmt: skip
_MELS = {"granite_speech5_ctc": "num_mel_bins", "lasr_ctc": "feature_size",
         "parakeet_ctc": "feature_size", "wav2vec2-bert": "num_mel_bins"}  # fmt: skip


def config_of(model_type: str, **changes: Any) -> Any:
    """The tiny configuration of a family."""
    from transformers import AutoConfig

    return AutoConfig.for_model(model_type, **{"vocab_size": 32, **CONFIGS[model_type], **changes})


def extractor_of(model_type: str) -> Any:
    """The family's own feature extractor, of as many mel bins as the tiny configuration has."""
    import transformers
    from transformers.models.auto.feature_extraction_auto import FEATURE_EXTRACTOR_MAPPING_NAMES

    if model_type == "wav2vec2-bert":
        kind = transformers.SeamlessM4TFeatureExtractor
        return kind(feature_size=16, num_mel_bins=16)
    kind = getattr(transformers, FEATURE_EXTRACTOR_MAPPING_NAMES[model_type])
    if model_type in _MELS:
        return kind(**{_MELS[model_type]: 16})
    return kind(return_attention_mask=True, do_normalize=True)


def save_tiny(model_type: str, folder: Path, seed: int = 0, **changes: Any) -> Path:
    """A model folder of random weights with its feature extractor."""
    import torch
    from transformers import AutoModelForCTC

    torch.manual_seed(seed)
    model = AutoModelForCTC.from_config(config_of(model_type, **changes))
    model.save_pretrained(folder)
    extractor_of(model_type).save_pretrained(folder)
    return folder


def installed() -> dict[str, str]:
    """Classes for CTC in the installed transformers, by model type."""
    from transformers.models.auto.modeling_auto import MODEL_FOR_CTC_MAPPING_NAMES

    return dict(MODEL_FOR_CTC_MAPPING_NAMES)


def noise(count: int, seed: int = 0) -> np.ndarray[Any, np.dtype[np.float32]]:
    return (0.1 * np.random.default_rng(seed).normal(size=count)).astype(np.float32)


def acoustic_of(base: Base) -> AcousticModel:
    from transformers import AutoFeatureExtractor, AutoModelForCTC

    model = AutoModelForCTC.from_pretrained(base.where).eval()
    return AcousticModel(model, AutoFeatureExtractor.from_pretrained(base.where), "cpu")
