"""Devices: which GPU a run gets, and what torch finds in its environment."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize(("visible", "given"), [("", "1"), ("5,7", "7")])
def test_a_gpu_asked_for_twice_is_the_same_gpu(
    visible: str, given: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cvrecipes.models.devices import pin

    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert pin("cuda:1") == pin("cuda:1") == "cuda"
    assert os.environ["CUDA_VISIBLE_DEVICES"] == given


@pytest.mark.parametrize("given", [None, "7"])
def test_onednns_cache_is_bounded_unless_the_user_has_set_it(
    given: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cvrecipes.models.devices import pin

    monkeypatch.delenv("ONEDNN_PRIMITIVE_CACHE_CAPACITY", raising=False)
    if given:
        monkeypatch.setenv("ONEDNN_PRIMITIVE_CACHE_CAPACITY", given)
    pin("cpu")
    assert os.environ["ONEDNN_PRIMITIVE_CACHE_CAPACITY"] == (given or "16")


def test_the_kind_of_a_device_needs_torch_only_where_there_may_be_a_gpu() -> None:
    code = (
        "import sys; from cvrecipes.models import devices; "
        "devices._gpu_possible = lambda: False; "
        "assert devices.kind_of('auto') == devices.kind_of('cpu') == 'cpu'; "
        "assert 'torch' not in sys.modules; "
        "devices._gpu_possible = lambda: True; "
        "import torch; torch.cuda.is_available = lambda: True; "
        "assert devices.kind_of('auto') == devices.kind_of('cuda') == 'cuda'"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
