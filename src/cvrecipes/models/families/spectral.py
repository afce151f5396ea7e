"""Families whose input is mel spectra: conformers over frames of 10 ms, which later layers join."""

from __future__ import annotations

import math

from cvrecipes.models.ctc import Framing
from cvrecipes.models.families.counting import (
    conformer_layer,
    feed_forward,
    layer_norm,
    linear,
    spec_embedding,
)
from cvrecipes.models.families.family import MODEL_SETTINGS, RATE, Config, Family

_WINDOW, _HOP = 400, 160  # samples of a mel frame, and from one to the next


def _bert(config: Config, extractor: Config) -> Framing:
    """W2V-BERT 2.0: mel frames stacked in pairs by the extractor, then adapters."""
    kernels, strides = [_WINDOW], [_HOP]
    stack = int(extractor.get("stride", 2))
    kernels, strides = [*kernels, stack], [*strides, stack]
    if config.get("add_adapter"):
        stride = int(config.get("adapter_stride", 2))
        kernel = int(config.get("adapter_kernel_size", 3)) - stride // 2 * 2
        layers = int(config.get("num_adapter_layers", 1))
        kernels, strides = [*kernels, *[kernel] * layers], [*strides, *[stride] * layers]
    return Framing(RATE, tuple(kernels), tuple(strides), extracted=2)


def _bert_parameters(config: Config) -> int:
    hidden, layers = int(config.get("hidden_size", 0)), int(config.get("num_hidden_layers", 0))
    features = int(config.get("feature_projection_input_dim", 160))
    kernel = int(config.get("conv_depthwise_kernel_size", 31))
    layer = conformer_layer(config, kernel=kernel)
    if config.get("position_embeddings_type", "relative_key") == "relative_key":
        around = int(config.get("left_max_position_embeddings", 64))
        around += int(config.get("right_max_position_embeddings", 8)) + 1
        layer += around * (hidden // int(config.get("num_attention_heads", 1)))
    count = spec_embedding(config) + layer_norm(features) + linear(features, hidden)
    count += layers * layer
    if config.get("use_intermediate_ffn_before_adapter"):
        count += feed_forward(hidden, int(config.get("intermediate_size", 0))) + layer_norm(hidden)
    if config.get("add_adapter"):
        count += _bert_adapters(config)
    return count


def _bert_adapters(config: Config) -> int:
    hidden = int(config.get("hidden_size", 0))
    width = int(config.get("output_hidden_size") or hidden)
    kernel = int(config.get("adapter_kernel_size", 3))
    inner = int(config.get("intermediate_size", 0))
    layer = 2 * (width * 2 * width * kernel + 2 * width) + 3 * layer_norm(width)
    layer += 4 * linear(width, width) + feed_forward(width, inner)
    narrow = linear(hidden, width) + layer_norm(width) if width != hidden else 0
    return narrow + int(config.get("num_adapter_layers", 1)) * layer


def _parakeet(config: Config, extractor: Config) -> Framing:
    sizes = config.get("encoder_config") or {}
    hop = int(extractor.get("hop_length", _HOP))
    kernel = int(sizes.get("subsampling_conv_kernel_size", 3))
    stride = int(sizes.get("subsampling_conv_stride", 2))
    layers = int(math.log2(int(sizes.get("subsampling_factor", 8))))
    valid = kernel - (kernel - 1) // 2 * 2  # padded by (kernel - 1) // 2 on each side
    return Framing(RATE, (hop, *[valid] * layers), (hop, *[stride] * layers), extracted=1)


def _parakeet_parameters(config: Config) -> int:
    sizes = config.get("encoder_config") or {}
    hidden, layers = int(sizes.get("hidden_size", 0)), int(sizes.get("num_hidden_layers", 0))
    channels = int(sizes.get("subsampling_conv_channels", 256))
    kernel = int(sizes.get("subsampling_conv_kernel_size", 3))
    stride = int(sizes.get("subsampling_conv_stride", 2))
    count = int(math.log2(int(sizes.get("subsampling_factor", 8))))
    plane = channels * kernel**2 + channels
    rows = int(sizes.get("num_mel_bins", 80)) // stride**count
    subsampling = plane + (count - 1) * (plane + linear(channels, channels))
    subsampling += linear(channels * rows, hidden)
    bias = bool(sizes.get("attention_bias", True))
    convolved = bool(sizes.get("convolution_bias", True))
    layer = conformer_layer(
        sizes, kernel=int(sizes.get("conv_kernel_size", 9)), bias=bias, convolution_bias=convolved
    )
    return subsampling + layers * (layer + hidden * hidden + 2 * hidden)


def _lasr(config: Config, extractor: Config) -> Framing:
    sizes = config.get("encoder_config") or {}
    window = int(extractor.get("win_length", _WINDOW))
    hop = int(extractor.get("hop_length", _HOP))
    kernel = int(sizes.get("subsampling_conv_kernel_size", 5))
    stride = int(sizes.get("subsampling_conv_stride", 2))
    return Framing(RATE, (window, kernel, kernel), (hop, stride, stride), extracted=1)


def _lasr_parameters(config: Config) -> int:
    sizes = config.get("encoder_config") or {}
    hidden, layers = int(sizes.get("hidden_size", 0)), int(sizes.get("num_hidden_layers", 0))
    channels = int(sizes.get("subsampling_conv_channels", 256))
    kernel = int(sizes.get("subsampling_conv_kernel_size", 5))
    subsampling = linear(int(sizes.get("num_mel_bins", 128)), hidden) + linear(channels, hidden)
    subsampling += linear(hidden * kernel, hidden) + linear(hidden * kernel, channels)
    bias = bool(sizes.get("attention_bias", False))
    layer = conformer_layer(
        sizes, kernel=int(sizes.get("conv_kernel_size", 32)), bias=bias,
        convolution_bias=bool(sizes.get("convolution_bias", False)), norm_bias=False,
    )  # fmt: skip
    return subsampling + layers * layer + hidden


def _granite(config: Config, extractor: Config) -> Framing:
    """Mel frames of 10 ms, an odd last one kept, stacked in pairs; then blocks that halve."""
    sizes = config.get("encoder_config") or {}
    hop = int(extractor.get("hop_length", _HOP))
    listed = sizes.get("subsample_layers")
    halved = 2 if listed is None else len(listed)
    return Framing(RATE, (hop, 1, *[2] * halved), (hop, 2, *[2] * halved), extracted=2)


def _granite_parameters(config: Config) -> int:
    """Without the two layers between hidden states and classes in the middle of the encoder."""
    sizes = config.get("encoder_config") or {}
    hidden, layers = int(sizes.get("hidden_size", 0)), int(sizes.get("num_hidden_layers", 0))
    heads = int(sizes.get("num_attention_heads", 1))
    width = int(sizes.get("conv_expansion_factor", 2)) * hidden
    kernel = int(sizes.get("conv_kernel_size", 7))
    inner = int(sizes.get("intermediate_size", 0))
    attention = 4 * hidden * hidden + hidden
    attention += (2 * int(sizes.get("max_position_embeddings", 512)) + 1) * (hidden // heads)
    convolution = linear(hidden, 2 * width) + kernel * width + 2 * width + linear(width, hidden)
    layer = 2 * feed_forward(hidden, inner) + attention + convolution + 5 * layer_norm(hidden)
    return linear(4 * int(sizes.get("num_mel_bins", 80)), hidden) + layers * layer


def _within(part: str, *names: str) -> dict[str, str]:
    return {name: f"{part}.{name}" for name in names}


_CONFORMER = {
    **_within("encoder_config", "attention_dropout", "activation_dropout", "layerdrop"),
    "hidden_dropout": "encoder_config.dropout",
    "ctc_zero_infinity": "ctc_zero_infinity",
}

FAMILIES = (
    Family(
        "wav2vec2-bert", _bert, _bert_parameters, {name: name for name in MODEL_SETTINGS},
        input_name="input_features",
        extractor="SeamlessM4TFeatureExtractor", processor="Wav2Vec2BertProcessor",
    ),
    Family(
        "parakeet_ctc", _parakeet, _parakeet_parameters, _CONFORMER,
        encoder="encoder_config", head="ctc_head", input_name="input_features", token_ids={},
        extractor="ParakeetFeatureExtractor", processor="ParakeetProcessor",
    ),
    Family(
        "lasr_ctc", _lasr, _lasr_parameters, _CONFORMER,
        encoder="encoder_config", head="ctc_head", input_name="input_features", token_ids={},
        extractor="LasrFeatureExtractor", processor="LasrProcessor",
    ),
    Family(
        # Its spectra are centered: the last frames mirror the end of the padded batch.
        "granite_speech5_ctc", _granite, _granite_parameters,
        {
            **_within("encoder_config", "attention_dropout", "activation_dropout"),
            "ctc_zero_infinity": "ctc_zero_infinity",
        },
        encoder="encoder_config", head="ctc_head", saved_head="encoder.out",
        input_name="input_features", padding_leaks=True, token_ids={},
        vocabulary_names=("vocab_size", "encoder_config.vocab_size"),
        extractor="GraniteSpeech5FeatureExtractor", processor="GraniteSpeech5Processor",
    ),
)  # fmt: skip
