"""Charts as inline SVG; their colours are CSS classes of the page (`run-0`, `run-1`, ...)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from html import escape

from mangagan.report.curves import Chart, Point

_COLORS = 8  # page.css has as many
_WIDTH, _HEIGHT = 360, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 48, 10, 30  # the margins, for tick labels and last values
# The axis is logarithmic if the largest value is more than this many times the smallest one.
_LOG_RATIO = 60
# A curve with no more points than this is one of evaluations, and its points are marked.
_MAX_MARKED_POINTS = 12


def draw_chart(chart: Chart, names: Sequence[str]) -> str:
    """Return a chart with ticks, one colour for each run, and the last value of each curve beside its end.

    Args:
        chart: The chart to draw.
        names: The names of all runs, which `chart.curves` indexes.
    """
    values = [y for points in chart.curves.values() for _, y in points] + list(chart.references.values())
    steps = [x for points in chart.curves.values() for x, _ in points]
    logarithmic = min(values) > 0 and max(values) / min(values) > _LOG_RATIO
    scale = math.log10 if logarithmic else float
    x = _axis(0, max(steps) or 1, _LEFT, _WIDTH - _RIGHT)
    # Logarithmic ticks are powers of ten, which need not enclose the values.
    y_ticks = _power_ticks(values) if logarithmic else linear_ticks(min(values), max(values), 5)
    low, high = (scale(end(end(values), end(y_ticks))) for end in (min, max))
    y = _axis(low, high, _HEIGHT - _BOTTOM, _TOP)
    grid = [_y_tick(y(scale(tick)), _short(tick)) for tick in y_ticks]
    grid += [_x_tick(x(tick), _short(tick)) for tick in linear_ticks(0, max(steps) or 1, 4) if tick <= max(steps)]
    references = [_reference(y(scale(value)), name) for name, value in chart.references.items()]
    curves = [
        _curve(index, [(x(a), y(scale(b))) for a, b in points], names[index]) for index, points in chart.curves.items()
    ]
    ends = {index: (y(scale(points[-1][1])), points[-1][1]) for index, points in chart.curves.items()}
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(_alternative_text(chart, names))}">'
        f"{''.join(grid + references + curves)}{_last_values(ends)}</svg>"
    )


def run_style(index: int) -> str:
    """Return the CSS classes of a run; further runs have the same colours again, but dashed lines."""
    return f"run-{index % _COLORS}" + (" again" if index >= _COLORS else "")


def linear_ticks(low: float, high: float, count: int) -> list[float]:
    """Return about `count` round numbers that enclose `low` and `high`."""
    if low == high:
        low, high = (low - 0.5 * abs(low), high + 0.5 * abs(high)) if low else (-1.0, 1.0)
    # The smallest of these steps that needs no more ticks than wanted; the tolerance is for rounding errors.
    rough = (high - low) / max(count - 1, 1)
    power = 10 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough * (1 - 1e-9))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(index * step, 12) for index in range(first, last + 1)]


def _power_ticks(values: Sequence[float]) -> list[float]:
    first, last = (round_(math.log10(end(values))) for round_, end in ((math.floor, min), (math.ceil, max)))
    return [10.0**power for power in range(first, last + 1, max(1, (last - first) // 5))]


def _axis(low: float, high: float, start: float, end: float) -> Callable[[float], float]:
    return lambda value: start + (value - low) / (high - low) * (end - start)


def _y_tick(y: float, text: str) -> str:
    line = f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
    return f'{line}<text class="tick" x="{_LEFT - 7}" y="{y + 4:.1f}" text-anchor="end">{text}</text>'


def _x_tick(x: float, text: str) -> str:
    return f'<text class="tick" x="{x:.1f}" y="{_HEIGHT - 8}" text-anchor="middle">{text}</text>'


def _reference(y: float, name: str) -> str:
    line = f'<line class="level" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
    return f'{line}<text class="tick" x="{_LEFT + 4}" y="{y - 4:.1f}">{escape(name)}</text>'


def _curve(index: int, points: Sequence[Point], name: str) -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dots = (
        "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.6"/>' for x, y in points)
        if len(points) <= _MAX_MARKED_POINTS
        else ""
    )
    return f'<g class="curve {run_style(index)}"><title>{escape(name)}</title><polyline points="{path}"/>{dots}</g>'


def _last_values(ends: Mapping[int, tuple[float, float]], gap: float = 13) -> str:
    """Draw the last values at the right, moved apart if they would overlap.

    Args:
        ends: For each run the height of the curve's end and its value.
        gap: The smallest distance between two texts.
    """
    order = sorted(ends, key=lambda index: ends[index][0])
    # The lowest height of the first text that leaves room for all others above the bottom.
    limit = _HEIGHT - _BOTTOM - gap * (len(order) - 1)
    texts, height = [], -math.inf
    for rank, index in enumerate(order):
        y, value = ends[index]
        height = min(max(y, height), limit + gap * rank)
        x, style = _WIDTH - _RIGHT + 7, run_style(index)
        texts.append(f'<text class="end {style}" x="{x}" y="{height + 4:.1f}">{_short(value)}</text>')
        height += gap
    return "".join(texts)


def _alternative_text(chart: Chart, names: Sequence[str]) -> str:
    """Return what a screen reader says instead of the picture."""
    parts = [
        f"{names[index]} {_short(points[0][1])} to {_short(points[-1][1])}" for index, points in chart.curves.items()
    ]
    return f"{chart.title} over steps: {'; '.join(parts)}"


def _short(value: float) -> str:
    size = abs(value)
    if size >= 1e6:
        return f"{value / 1e6:.3g}M"
    if size >= 1e4:
        return f"{value / 1e3:.4g}k"
    return f"{value:.0f}" if value == int(value) else f"{value:.4g}" if size >= 1 else f"{value:.3g}"
