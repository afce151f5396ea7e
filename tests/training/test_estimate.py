"""The estimate before a training: its steps, and masks that do not fit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cvrecipes.errors import UsageError
from cvrecipes.run import Clock, prepare
from cvrecipes.settings import Settings
from cvrecipes.training.estimate import estimate, steps_an_epoch

pytestmark = pytest.mark.usefixtures("quiet_transformers")

Make = Callable[..., Any]


def test_an_epoch_has_as_many_steps_as_batches_over_accumulation() -> None:
    settings = Settings(batch_seconds=10.0, batch_clips=4, accumulation=1)
    assert steps_an_epoch([5.0] * 8, settings) == 4
    assert steps_an_epoch([1.0] * 8, settings) == 2
    assert steps_an_epoch([5.0] * 8, replace(settings, accumulation=3)) == 2
    assert steps_an_epoch([50.0], replace(settings, accumulation=3)) == 1
    assert steps_an_epoch([5.0] * 8, replace(settings, batch_seconds=0.0)) == 2


def test_masks_that_fit_no_feature_are_refused(micro_request: Make, tmp_path: Path) -> None:
    changes = {"mask_feature_prob": 0.1, "mask_feature_length": 17}
    with pytest.raises(UsageError, match=r"17.* is above the 16 features of the base"):
        estimate(prepare(micro_request(tmp_path / "out", **changes), Clock()))
