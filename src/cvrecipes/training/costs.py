"""What a training costs: weights, memory and arithmetic, from sizes alone.

The formulas follow the encoder layers of wav2vec2 in transformers. Their constants were set where
`benchmarks/dry_run.py` measures them: on a CPU, in fp32.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cvrecipes.models.base import Base
from cvrecipes.settings import Settings

_FLOAT = 4  # bytes
GIB = 1024**3
_COPIES = 2  # of the weights, beside those of training
# Python, torch and the other libraries once a training has run: resident memory on Linux. On a GPU:
# the context of CUDA and the work space of its libraries; this one has not been measured.
_PROGRAM_GB, _CONTEXT_GB = 1.1, 0.7
# What a layer keeps for its backward pass, in hidden states: two layer norms, queries, keys,
# values, the attended values and two sums; and of the inner width: before and after the activation.
_HIDDEN_KEPT, _INNER_KEPT = 8, 2
# What a convolution needs at once, in outputs: its own, their layer norm, the activation, and the
# next convolution's copy in another layout and its outputs, which are half as many. Measured: 3.3.
_CONVOLUTION_KEPT = 3.5


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of a model that decide what a training costs.

    Attributes:
        weights: all of them, output layer included.
        convolved: those of the convolutions over samples.
        layers, hidden, inner: of the encoder.
        frame_seconds: from one frame of the encoder to the next.
        outputs: values a second that each convolution over samples gives.
        products: multiplications a second in these convolutions.
    """

    weights: int
    convolved: int
    layers: int
    hidden: int
    inner: int
    frame_seconds: float
    outputs: tuple[float, ...]
    products: float


def shape_of(base: Base, classes: int) -> Shape:
    """The shape of a base model with an output layer of so many classes."""
    sizes, framing = base.sizes, base.framing
    hidden = int(sizes.get("hidden_size", 0))
    channels: Sequence[int] = tuple(sizes.get("conv_dim") or ())
    rate, before, convolved = float(framing.rate), 1, 0
    outputs, products = [], 0.0
    for width, kernel, stride in zip(channels, framing.kernels, framing.strides, strict=False):
        rate /= stride
        convolved += before * width * kernel
        outputs.append(rate * width)
        products += rate * before * width * kernel
        before = width
    return Shape(
        weights=base.parameters + (hidden + 1) * classes,
        convolved=convolved,
        layers=int(sizes.get("num_hidden_layers", 0)),
        hidden=hidden,
        inner=int(sizes.get("intermediate_size", 4 * hidden)),
        frame_seconds=framing.frame_seconds,
        outputs=tuple(outputs),
        products=products,
    )


def memory_gb(shape: Shape, batch_seconds: float, settings: Settings, *, cpu: bool) -> float:
    """Memory at its highest, in GiB.

    Weights, gradients and AdamW's two moments have four bytes each; frozen weights have no
    gradients and moments. To these comes the higher of two: a step's activations, or two
    more copies of the weights, when the best of them are read and saved. With
    gradient checkpointing only the input of each layer is kept, and one layer computed again.

    Arguments:
        batch_seconds: speech in the largest batch, padding included.
        cpu: the program and the model share one memory; else the figure is that of a GPU.
    """
    frozen = shape.convolved if settings.freeze_feature_encoder else 0
    static = _FLOAT * (shape.weights + 3 * (shape.weights - frozen))
    frames = batch_seconds / shape.frame_seconds
    layer = frames * (_HIDDEN_KEPT * shape.hidden + _INNER_KEPT * shape.inner)
    inputs = frames * shape.hidden * shape.layers
    encoder = inputs + 2 * layer if settings.gradient_checkpointing else layer * shape.layers
    convolutions = [batch_seconds * _CONVOLUTION_KEPT * values for values in shape.outputs] or [0.0]
    if settings.freeze_feature_encoder:  # they keep nothing for a backward pass
        activations = max(max(convolutions), encoder)
    else:
        activations = sum(convolutions) + encoder
    copies = _COPIES * shape.weights if cpu else 0
    around = _PROGRAM_GB if cpu else _CONTEXT_GB
    return (static + _FLOAT * max(activations, copies)) / GIB + around


def operations(shape: Shape, settings: Settings, *, trained: float, read: float) -> float:
    """Floating-point operations of a training: two for each multiplication.

    A backward pass costs twice a forward pass (Kaplan et al. 2020, section 2.1).

    Arguments:
        trained: seconds of speech in all steps.
        read: seconds of speech in all evaluations.
    """
    encoder = (shape.weights - shape.convolved) / shape.frame_seconds
    forward, convolved = 2 * encoder, 2 * shape.products
    passes = 4 if settings.gradient_checkpointing else 3
    step = passes * forward + (1 if settings.freeze_feature_encoder else 3) * convolved
    return trained * step + read * (forward + convolved)
