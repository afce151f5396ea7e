"""Bar charts of histograms."""

from __future__ import annotations

from cvrecipes.check.bars import bar_chart, bars
from cvrecipes.check.figures import Histogram
from support.pages import Page


def test_bars_join_neighbors_and_drop_empty_ends() -> None:
    histogram = Histogram("s", tuple(map(float, range(9))), (0, 1, 2, 0, 4, 5, 0, 0), 4.0)
    drawn = bars(histogram, 3)
    assert [(bar.label, bar.count) for bar in drawn] == [("1-3", 3), ("3-5", 4), ("5-6", 5)]
    assert bars(Histogram("s", (0.0, 1.0), (0,), 0.0), 5) == []


def test_a_chart_is_readable_without_seeing_it() -> None:
    drawn = bars(Histogram("s", (0.0, 1.0, 20.0, 31.0), (1, 2, 3), 4.0), 10)
    text = bar_chart("Length <of> clips", drawn, "s", 4.0)
    seen = Page(text)
    assert seen.problems == []
    assert seen.tags.count("rect") == 3 and seen.tags.count("tr") == 4
    assert seen.values("svg", "role") == ["img"]
    assert "the median is 4 s" in seen.values("svg", "aria-label")[0]
    assert "no data" in bar_chart("x", [], "s", 0.0)
