"""Histograms: counts between edges as a few labeled bars, on a terminal and as inline SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from cvrecipes.check.figures import Histogram

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 440, 200, 56, 16, 24, 34


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: what lies between `low` and `high`."""

    low: float
    high: float
    count: int

    @property
    def label(self) -> str:
        """``3-4``."""
        return f"{self.low:g}-{self.high:g}"


def bars(histogram: Histogram, most: int) -> list[Bar]:
    """At most so many bars, without empty ones at either end.

    Neighbors are joined, each bar of the same number of the histogram's own.
    """
    edges, counts = histogram.edges, histogram.counts
    full = [place for place, count in enumerate(counts) if count]
    if not full:
        return []
    first, end = full[0], full[-1] + 1
    joined = -(-(end - first) // most)
    return [
        Bar(edges[start], edges[stop], sum(counts[start:stop]))
        for start in range(first, end, joined)
        for stop in (min(start + joined, end),)
    ]


def bar_chart(title: str, drawn: Sequence[Bar], unit: str, median: float) -> str:
    """The bars as SVG; their labels and numbers are in a table for those who cannot see it.

    Arguments:
        title: what is counted.
        unit: of the edges, for people.
        median: drawn as a line.
    """
    if not drawn:
        return f"<p>{escape(title)}: no data.</p>"
    highest = max(bar.count for bar in drawn)
    step = (_WIDTH - _LEFT - _RIGHT) / len(drawn)
    floor, room = _HEIGHT - _BOTTOM, _HEIGHT - _TOP - _BOTTOM
    name = f"{title}: {len(drawn)} bars, the median is {median:.3g} {unit}"
    parts = [f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(name)}">']
    for share in (0.0, 0.5, 1.0):
        y = floor - room * share
        parts.append(
            f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
            f'<text class="tick" x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">'
            f"{highest * share:.0f}</text>"
        )
    every = -(-len(drawn) // 8)
    for place, bar in enumerate(drawn):
        x, height = _LEFT + step * place, room * bar.count / highest
        parts.append(
            f'<rect class="bar" x="{x + 1:.1f}" y="{floor - height:.1f}" '
            f'width="{step - 2:.1f}" height="{height:.1f}">'
            f"<title>{bar.label} {escape(unit)}: {bar.count}</title></rect>"
        )
        # The last edge is labeled in any case, and needs room.
        if place % every == 0 and len(drawn) - place > every / 2:
            parts.append(_tick(x, bar.low))
    parts.append(_tick(_WIDTH - _RIGHT, drawn[-1].high))
    x = _LEFT + step * _place(drawn, median)
    parts.append(
        f'<line class="median" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP - 6}" y2="{floor}"/>'
        f'<text class="mid" x="{x:.1f}" y="{_TOP - 10}" '
        f'text-anchor="{"end" if x > _WIDTH / 2 else "start"}">median {median:.3g}</text></svg>'
    )
    rows = "".join(
        f'<tr><th scope="row">{bar.label}</th><td class="n">{bar.count}</td></tr>' for bar in drawn
    )
    return (
        f"<figure><figcaption>{escape(title)} ({escape(unit)})</figcaption>{''.join(parts)}"
        f"<details><summary>Numbers</summary><table><thead><tr>"
        f'<th scope="col">{escape(unit)}</th><th scope="col" class="n">clips</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></details></figure>"
    )


def _tick(x: float, value: float) -> str:
    return (
        f'<text class="tick" x="{x:.1f}" y="{_HEIGHT - 14}" text-anchor="middle">{value:g}</text>'
    )


def _place(drawn: Sequence[Bar], value: float) -> float:
    """Where a value lies, in bars from the left; bars may be of different widths."""
    for place, bar in enumerate(drawn):
        if value < bar.high:
            return place + max(0.0, (value - bar.low) / (bar.high - bar.low))
    return float(len(drawn))
