"""The CTC loss: the one of torch, in fp32, clip by clip."""

from __future__ import annotations

from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from cvrecipes.models.ctc import Vocabulary
from cvrecipes.settings import Settings
from cvrecipes.training.collator import IGNORED
from cvrecipes.training.trainer import CTCTrainer

pytestmark = pytest.mark.usefixtures("quiet_transformers")

VOCABULARY = Vocabulary(("|", "a", "b", "[UNK]", "[PAD]"))


def loss_of(
    logits: torch.Tensor, frames: list[int], labels: list[list[int]], *, zero: bool = True
) -> torch.Tensor:
    """`CTCTrainer.ctc_loss` without a trainer around it."""
    longest = max(map(len, labels))
    padded = [row + [IGNORED] * (longest - len(row)) for row in labels]
    trainer: Any = SimpleNamespace(vocabulary=VOCABULARY, settings=Settings(ctc_zero_infinity=zero))
    return CTCTrainer.ctc_loss(trainer, logits, torch.tensor(frames), torch.tensor(padded))


@pytest.mark.parametrize("autocast", [False, True])
def test_the_loss_is_torch_s_ctc_loss_in_fp32_clip_by_clip(autocast: bool) -> None:
    logits = torch.randn(3, 20, 5, generator=torch.Generator().manual_seed(0)) * 4
    frames, labels = [20, 14, 9], [[1, 2, 1, 0, 2], [2], [1, 1, 2]]
    around = torch.autocast("cpu", dtype=torch.bfloat16) if autocast else nullcontext()
    with around:
        got = loss_of(logits, frames, labels)
    by_hand = [
        torch.nn.functional.ctc_loss(
            logits[i : i + 1, : frames[i]].double().log_softmax(-1).transpose(0, 1),
            torch.tensor([labels[i]]), torch.tensor([frames[i]]), torch.tensor([len(labels[i])]),
            blank=4, reduction="sum",
        ).item() / len(labels[i])
        for i in range(3)
    ]  # fmt: skip
    assert got.dtype == torch.float32
    assert got.item() == pytest.approx(sum(by_hand) / 3, rel=1e-5)


def test_logits_in_half_precision_are_raised_to_fp32_before_the_loss() -> None:
    logits = torch.randn(2, 12, 5, generator=torch.Generator().manual_seed(1)).bfloat16()
    exact = loss_of(logits.float(), [12, 12], [[1, 2], [2, 1, 2]])
    assert loss_of(logits, [12, 12], [[1, 2], [2, 1, 2]]).item() == exact.item()


def test_an_impossible_clip_counts_nothing_or_is_infinite() -> None:
    logits = torch.zeros(1, 3, 5, requires_grad=True)
    impossible = loss_of(logits, [3], [[1, 1, 1, 1]])
    assert impossible.item() == 0.0
    impossible.backward()
    assert logits.grad is not None and torch.isfinite(logits.grad).all()
    assert loss_of(torch.zeros(1, 3, 5), [3], [[1, 1, 1, 1]], zero=False).isinf()
