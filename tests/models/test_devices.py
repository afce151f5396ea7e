"""Devices: which GPU a run gets."""

from __future__ import annotations

import os

import pytest


@pytest.mark.parametrize(("visible", "given"), [("", "1"), ("5,7", "7")])
def test_a_gpu_asked_for_twice_is_the_same_gpu(
    visible: str, given: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cvrecipes.models.devices import pin

    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert pin("cuda:1") == pin("cuda:1") == "cuda"
    assert os.environ["CUDA_VISIBLE_DEVICES"] == given
