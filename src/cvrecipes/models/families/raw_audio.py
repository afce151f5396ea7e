"""Families whose input is samples: convolutions, then a transformer or a conformer."""

from __future__ import annotations

from collections.abc import Callable

from cvrecipes.models.ctc import Framing
from cvrecipes.models.families.counting import (
    adapters,
    conformer_layer,
    convolutions,
    layer_norm,
    linear,
    positions,
    projection,
    spec_embedding,
    transformer_layer,
)
from cvrecipes.models.families.family import MODEL_SETTINGS, RATE, Config, Family

_ALL = {name: name for name in MODEL_SETTINGS}
# transformers' defaults, for a config.json that leaves them out.
_KERNELS, _STRIDES = (10, 3, 3, 3, 3, 2, 2), (5, 2, 2, 2, 2, 2, 2)


def _convolved(config: Config, _: Config) -> Framing:
    kernels = tuple(config.get("conv_kernel") or _KERNELS)
    strides = tuple(config.get("conv_stride") or _STRIDES)
    if config.get("add_adapter"):
        # transformers pads adapters by one frame on each side.
        layers = int(config.get("num_adapter_layers", 3))
        kernels += (int(config.get("adapter_kernel_size", 3)) - 2,) * layers
        strides += (int(config.get("adapter_stride", 2)),) * layers
    return Framing(RATE, kernels, strides)


def _wav2vec2(config: Config) -> int:
    return _transformer(config) + adapters(config)


def _below_layers(config: Config) -> int:
    """Weights between the samples and the first layer of the encoder."""
    return (
        spec_embedding(config)
        + convolutions(config)
        + projection(config)
        + positions(config)
        + layer_norm(int(config.get("hidden_size", 0)))
    )


def _transformer(config: Config) -> int:
    layers = int(config.get("num_hidden_layers", 0))
    return _below_layers(config) + layers * transformer_layer(config)


def _wavlm(config: Config) -> int:
    heads = int(config.get("num_attention_heads", 1))
    gate = linear(int(config.get("hidden_size", 0)) // heads, 8) + heads
    layers = int(config.get("num_hidden_layers", 0))
    buckets = int(config.get("num_buckets", 320)) * heads
    return _wav2vec2(config) + layers * gate + buckets


def _conformer(config: Config) -> int:
    hidden, layers = int(config.get("hidden_size", 0)), int(config.get("num_hidden_layers", 0))
    layer = conformer_layer(config, kernel=int(config.get("conv_depthwise_kernel_size", 31)))
    if config.get("position_embeddings_type", "relative") == "relative":
        layer += hidden * hidden + 2 * hidden
    return _below_layers(config) + layers * layer + adapters(config)


def _data2vec(config: Config) -> int:
    hidden = int(config.get("hidden_size", 0))
    kernel = int(config.get("conv_pos_kernel_size", 19))
    groups = int(config.get("num_conv_pos_embedding_groups", 16))
    layers = int(config.get("num_conv_pos_embeddings", 5))
    # Its position is a stack of convolutions whose normalization has no weights.
    stack = layers * (hidden * hidden // groups * kernel + hidden)
    normalized = {**config, "feat_extract_norm": "layer"}
    return _wav2vec2({**normalized, "num_conv_pos_embeddings": 0}) + stack


def _squeezed(config: Config) -> int:
    """SEW: hidden states are shortened after the convolutions and stretched at the end."""
    hidden = int(config.get("hidden_size", 0))
    channels = list(config.get("conv_dim") or [0])[-1]
    same = layer_norm(channels) if channels == hidden else projection(config)
    stretched = linear(hidden, hidden * int(config.get("squeeze_factor", 2)))
    return _transformer(config) - projection(config) + same + stretched


def _disentangled(config: Config) -> int:
    """SEW-D: SEW with DeBERTa's relative positions."""
    hidden = int(config.get("hidden_size", 0))
    buckets = int(config.get("position_buckets", 256))
    if buckets < 1:
        buckets = int(config.get("max_position_embeddings", 512))
    keys = 0
    if not config.get("share_att_key", True):
        kinds = list(config.get("pos_att_type", ("p2c", "c2p")))
        keys = len(kinds) * linear(hidden, hidden)
    norm = layer_norm(hidden) if "layer_norm" in str(config.get("norm_rel_ebd")) else 0
    # The layer norm of _squeezed's encoder is this one's, over the relative positions.
    relative = 2 * buckets * hidden + norm - layer_norm(hidden)
    return _squeezed(config) + relative + int(config.get("num_hidden_layers", 0)) * keys


def _nested(part: str, parameters: Callable[[Config], int]) -> Callable[[Config], int]:
    return lambda config: parameters(config.get(part) or {})


def _omniasr(sizes: Config) -> int:
    """A wav2vec2 without a mask embedding, whose positions have no weight normalization."""
    layers = {**sizes, "feat_extract_norm": "layer", "conv_bias": sizes.get("conv_bias", True)}
    hidden = int(sizes.get("hidden_size", 0))
    kernel = int(sizes.get("num_conv_pos_embeddings", 128))
    return _transformer({**layers, "mask_time_prob": 0.0, "mask_feature_prob": 0.0}) - (
        kernel if hidden else 0
    )


FAMILIES = (
    Family(
        "wav2vec2", _convolved, _wav2vec2, _ALL, feature_encoder="wav2vec2.feature_extractor"
    ),
    Family("hubert", _convolved, _wav2vec2, _ALL, feature_encoder="hubert.feature_extractor"),
    Family("wavlm", _convolved, _wavlm, _ALL, feature_encoder="wavlm.feature_extractor"),
    Family(
        "unispeech", _convolved, _wav2vec2, _ALL, feature_encoder="unispeech.feature_extractor"
    ),
    Family(
        # Its configuration refuses None for bos_token_id.
        "unispeech-sat", _convolved, _wav2vec2, _ALL, token_ids={},
        feature_encoder="unispeech_sat.feature_extractor",
    ),
    Family(
        # Its convolution modules see the padding, and its batch normalization the mask's zeros.
        "wav2vec2-conformer", _convolved, _conformer, _ALL, padding_leaks=True,
        feature_encoder="wav2vec2_conformer.feature_extractor",
    ),
    Family(
        # The biases of its stacked position convolutions fill the padding again.
        "data2vec-audio", _convolved, _data2vec, _ALL, padding_leaks=True,
        feature_encoder="data2vec_audio.feature_extractor",
    ),
    Family(
        # Squeezing averages the last frame with the padding beside it.
        "sew", _convolved, _squeezed, _ALL, padding_leaks=True,
        feature_encoder="sew.feature_extractor",
    ),
    Family(
        "sew-d", _convolved, _disentangled,
        {name: name for name in MODEL_SETTINGS if name != "layerdrop"}, padding_leaks=True,
        feature_encoder="sew_d.feature_extractor",
    ),
    Family(
        # The pipeline of transformers 5.24 passes it an attention_mask, which it does not take.
        "omniasr_ctc",
        lambda config, extractor: _convolved(config.get("audio_config") or {}, extractor),
        _nested("audio_config", _omniasr),
        {
            **{name: f"audio_config.{name}" for name in (
                "attention_dropout", "hidden_dropout", "activation_dropout", "layerdrop")},
            "ctc_zero_infinity": "ctc_zero_infinity",
        },
        encoder="audio_config", head="ctc_head", mask_name="padding_mask",
        blank_name="blank_token_id", token_ids={},
        feature_encoder="model.audio_tower.subsampling.conv_layers",
        extractor="OmniASRFeatureExtractor", processor="OmniASRCTCProcessor",
        pipeline=False,
    ),
)  # fmt: skip
