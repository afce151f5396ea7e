"""Numbers and names as people read them."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (0.2, "under 1 s"), (45, "45 s"), (59.6, "1 min"), (600, "10 min"),
     (12_240, "3.4 h")],
)  # fmt: skip
def test_a_duration_has_a_unit_that_fits_it(seconds: float, words: str) -> None:
    from cvrecipes.words import length

    assert length(seconds) == words
