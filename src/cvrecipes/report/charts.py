"""Line charts as inline SVG: no script, no network, readable in light and dark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 440, 220, 54, 12, 14, 30
Points = Sequence[tuple[float, float]]


def line_chart(title: str, series: Mapping[str, Points], *, percent: bool = False) -> str:
    """A chart of one or more lines over training steps.

    Arguments:
        title: what is drawn; also the text for screen readers.
        series: points (step, value) by name.
        percent: label values as percentages.
    """
    drawn = {name: points for name, points in series.items() if points}
    if not drawn:
        return f"<p>{escape(title)}: no data.</p>"
    xs = [x for points in drawn.values() for x, _ in points]
    ys = [y for points in drawn.values() for _, y in points]
    right, top = max(xs) or 1.0, _ceiling(max(ys))

    def place(x: float, y: float) -> tuple[float, float]:
        return (
            _LEFT + (_WIDTH - _LEFT - _RIGHT) * x / right,
            _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * min(y, top) / top,
        )

    parts = [
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(title)}">',
    ]
    for tick in range(5):
        value = top * tick / 4
        _, y = place(0, value)
        label = f"{100 * value:.3g}%" if percent else f"{value:.3g}"
        parts.append(
            f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
            f'<text class="tick" x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{label}</text>'
        )
    for step in sorted({round(right * tick / 4) for tick in range(5)}):
        x, _ = place(step, 0)
        parts.append(
            f'<text class="tick" x="{x:.1f}" y="{_HEIGHT - 10}" text-anchor="middle">{step}</text>'
        )
    for index, points in enumerate(drawn.values()):
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(*point) for point in points))
        parts.append(f'<polyline class="line line{index}" points="{path}"/>')
        if len(points) <= 40:
            parts += [
                f'<circle class="dot{index}" cx="{x:.1f}" cy="{y:.1f}" r="2.5"/>'
                for x, y in (place(*point) for point in points)
            ]
    parts.append("</svg>")
    # Beside the title, not in the drawing, where a line could run through it.
    keys = " ".join(f"<strong class=key{i}>{escape(name)}</strong>" for i, name in enumerate(drawn))
    caption = f"{escape(title)} over steps: {keys}"
    return f"<figure><figcaption>{caption}</figcaption>{''.join(parts)}</figure>"


def _ceiling(value: float) -> float:
    """The next 1, 2, 2.5 or 5 times a power of ten."""
    if value <= 0:
        return 1.0
    power = 1.0
    while power > value:
        power /= 10
    while power * 10 < value:
        power *= 10
    return next(power * step for step in (1, 2, 2.5, 5, 10) if power * step >= value)
