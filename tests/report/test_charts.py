"""Line charts: every point inside, whole steps labeled."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from cvrecipes.report.charts import line_chart
from support.pages import Page


def test_a_chart_without_points_says_so() -> None:
    assert line_chart("Loss <1>", {}) == "<p>Loss &lt;1&gt;: no data.</p>"
    assert "no data" in line_chart("Loss", {"training": [], "evaluation": []})


@pytest.mark.parametrize(
    "points",
    [
        [(5.0, 2.0)],
        [(0.0, 0.0)],
        [(0.0, 0.0), (10.0, 0.0)],
        [(1.0, 1e-9), (2.0, 1e-9)],
        [(1.0, 1.0), (2.0, 10.0), (3.0, 100.0)],
        [(float(step), 1234.5) for step in range(500)],
    ],
)
@pytest.mark.parametrize("percent", [False, True])
def test_a_chart_keeps_every_point_inside(points: list[tuple[float, float]], percent: bool) -> None:
    drawn = line_chart("Loss", {"a & b": points}, percent=percent)
    assert Page(drawn).problems == []
    assert "nan" not in drawn and "inf" not in drawn and "a &amp; b" in drawn
    line = re.search(r'points="([^"]+)"', drawn)
    assert line is not None
    places = [tuple(map(float, pair.split(","))) for pair in line[1].split()]
    assert len(places) == len(points)
    view = re.search(r'viewBox="0 0 (\d+) (\d+)"', drawn)
    assert view is not None
    assert all(0 <= x <= int(view[1]) and 0 <= y <= int(view[2]) for x, y in places)


def test_a_chart_labels_whole_steps_where_they_are() -> None:
    drawn = line_chart("Loss", {"training": [(1.0, 1.0), (3.0, 0.5)]})
    ticks = re.findall(r'x="([\d.]+)"[^>]*text-anchor="middle">(\d+)<', drawn)
    assert [int(step) for _, step in ticks] == [0, 1, 2, 3]
    gaps = [float(b[0]) - float(a[0]) for a, b in pairwise(ticks)]
    assert gaps == pytest.approx([gaps[0]] * 3, abs=0.2)


def test_the_names_of_lines_stand_outside_the_drawing() -> None:
    drawn = line_chart("Loss", {"training": [(1.0, 1.0)], "evaluation": [(1.0, 1.0)]})
    caption, drawing = drawn.split("<svg")
    assert ">training<" in caption and ">evaluation<" in caption and "training" not in drawing


def test_a_chart_draws_only_the_lines_that_have_points() -> None:
    drawn = line_chart("Loss", {"training": [], "evaluation": [(1.0, 1.0), (2.0, 0.5)]})
    assert drawn.count("<polyline") == 1 and ">evaluation<" in drawn and ">training<" not in drawn
