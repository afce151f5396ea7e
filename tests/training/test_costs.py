"""What a training costs, computed from sizes: close to what benchmarks/dry_run.py measured."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cvrecipes.models.base import Base, framing_of, open_base
from cvrecipes.settings import Settings, preset
from cvrecipes.training.costs import GIB, memory_gb, operations, shape_of

XLS_R = {
    "model_type": "wav2vec2", "hidden_size": 1024, "num_hidden_layers": 24,
    "num_attention_heads": 16, "intermediate_size": 4096, "do_stable_layer_norm": True,
    "feat_extract_norm": "layer", "conv_bias": True, "conv_dim": [512] * 7,
    "conv_kernel": [10, 3, 3, 3, 3, 2, 2], "conv_stride": [5, 2, 2, 2, 2, 2, 2],
}  # fmt: skip


def xls_r() -> Base:
    return Base("x", "x", XLS_R, framing_of(XLS_R), local=False)


def test_memory_is_weights_gradients_moments_and_activations() -> None:
    shape = shape_of(xls_r(), 32)
    assert shape.weights == pytest.approx(315.4e6, rel=0.001)
    settings = Settings(freeze_feature_encoder=False)
    weights = 16 * shape.weights / GIB
    around = memory_gb(replace(shape, weights=0, convolved=0), 1.0, settings, cpu=False)
    assert 0.7 <= around < 0.9
    assert memory_gb(shape, 1.0, settings, cpu=False) == pytest.approx(weights + around, rel=0.03)
    assert memory_gb(shape, 1.0, Settings(), cpu=False) < weights + around


def test_gradient_checkpointing_and_smaller_batches_take_less_memory() -> None:
    shape, usual = shape_of(xls_r(), 32), Settings()
    whole = memory_gb(shape, 160.0, usual.changed({"gradient_checkpointing": False}), cpu=False)
    parts = memory_gb(shape, 160.0, usual, cpu=False)
    assert whole > 1.5 * parts
    assert memory_gb(shape, 40.0, usual, cpu=False) < parts
    assert memory_gb(shape, 160.0, usual, cpu=True) > parts


def test_memory_on_a_cpu_is_within_a_quarter_of_what_benchmarks_dry_run_measured() -> None:
    sample = shape_of(open_base("tiny"), 32)
    assert memory_gb(sample, 48.0, preset("tiny"), cpu=True) == pytest.approx(1.33, rel=0.25)
    assert memory_gb(shape_of(xls_r(), 32), 24.0, Settings(), cpu=True) == pytest.approx(
        8.86, rel=0.25
    )


def test_operations_count_passes_and_weights() -> None:
    shape, kept = shape_of(xls_r(), 32), Settings(gradient_checkpointing=False)
    twice = operations(shape, kept, trained=2.0, read=0.0)
    assert twice == 2 * operations(shape, kept, trained=1.0, read=0.0)
    layers = 2 * 3 * 50 * (shape.weights - shape.convolved)
    assert twice / 2 == pytest.approx(layers + 2 * shape.products)
    without = replace(shape, convolved=0, products=0.0)
    again = operations(without, Settings(), trained=1.0, read=0.0)
    assert again / operations(without, kept, trained=1.0, read=0.0) == pytest.approx(4 / 3)
    assert operations(shape, kept, trained=0.0, read=3.0) < twice
