"""Weights of the parts that encoders are made of, counted from sizes alone."""

from __future__ import annotations

from cvrecipes.models.families.family import Config


def linear(inputs: int, outputs: int, *, bias: bool = True) -> int:
    """A dense layer, or a convolution of kernel one."""
    return inputs * outputs + outputs * bias


def layer_norm(width: int) -> int:
    """Scale and shift."""
    return 2 * width


def feed_forward(hidden: int, inner: int, *, bias: bool = True) -> int:
    """Two dense layers."""
    return linear(hidden, inner, bias=bias) + linear(inner, hidden, bias=bias)


def spec_embedding(config: Config) -> int:
    """What takes the place of masked frames; made where masks are possible."""
    masked = config.get("mask_time_prob", 0.05) or config.get("mask_feature_prob", 0.0)
    return int(config.get("hidden_size", 0)) if masked else 0


def convolutions(config: Config) -> int:
    """The feature encoder over samples."""
    channels: list[int] = [1, *(config.get("conv_dim") or ())]
    bias = bool(config.get("conv_bias", False))
    count: int = sum(
        before * after * kernel + after * bias
        for before, after, kernel in zip(
            channels, channels[1:], config.get("conv_kernel") or (), strict=False
        )
    )
    grouped = config.get("feat_extract_norm", "group") == "group"
    normalized = channels[1:2] if grouped else channels[1:]
    return count + sum(layer_norm(width) for width in normalized)


def projection(config: Config) -> int:
    """From the last convolution to the encoder's width."""
    channels = list(config.get("conv_dim") or ())
    if not channels:
        return 0
    normalized = config.get("feat_proj_layer_norm", True)
    width = int(config.get("hidden_size", 0))
    return linear(channels[-1], width) + (layer_norm(channels[-1]) if normalized else 0)


def positions(config: Config) -> int:
    """The weight-normalized convolution that stands for positions."""
    hidden = int(config.get("hidden_size", 0))
    kernel = int(config.get("num_conv_pos_embeddings", 128)) if hidden else 0
    if not kernel:
        return 0
    groups = int(config.get("num_conv_pos_embedding_groups", 16)) or 1
    return hidden * hidden // groups * kernel + kernel + hidden


def transformer_layer(config: Config) -> int:
    """Attention and a feed-forward part, each with its layer norm."""
    hidden = int(config.get("hidden_size", 0))
    inner = int(config.get("intermediate_size", 4 * hidden))
    attention = 4 * linear(hidden, hidden)
    count = attention + feed_forward(hidden, inner) + 2 * layer_norm(hidden)
    narrow = config.get("adapter_attn_dim")
    if narrow:  # MMS: a small bottleneck behind each layer
        count += layer_norm(hidden) + feed_forward(hidden, int(narrow))
    return count


def conformer_layer(
    config: Config, *, kernel: int, bias: bool = True, convolution_bias: bool = False,
    norm_bias: bool = True,
) -> int:  # fmt: skip
    """Two feed-forward parts around attention and a convolution (Gulati et al. 2020)."""
    hidden, inner = int(config.get("hidden_size", 0)), int(config.get("intermediate_size", 0))
    norms = 5 * hidden * (1 + norm_bias) + layer_norm(hidden)  # the last: inside the convolution
    convolution = linear(hidden, 2 * hidden, bias=convolution_bias)
    convolution += kernel * hidden + hidden * convolution_bias
    convolution += linear(hidden, hidden, bias=convolution_bias)
    attention = 4 * linear(hidden, hidden, bias=bias)
    return 2 * feed_forward(hidden, inner, bias=bias) + attention + convolution + norms


def adapters(config: Config) -> int:
    """Gated convolutions that shorten the output of a wav2vec2."""
    if not config.get("add_adapter"):
        return 0
    hidden = int(config.get("hidden_size", 0))
    width = int(config.get("output_hidden_size") or hidden)
    kernel = int(config.get("adapter_kernel_size", 3))
    narrow = linear(hidden, width) + layer_norm(width) if width != hidden else 0
    layer = width * 2 * width * kernel + 2 * width
    return narrow + int(config.get("num_adapter_layers", 3)) * layer
