"""Charts as inline SVG; colours are the page's (CSS classes `run-0`, `run-1`, ...)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from html import escape

from mangagan.report.curves import Chart, Point

_COLORS = 8
_WIDTH, _HEIGHT = 360, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 48, 10, 30
# So many times the smallest value makes a scale of powers of ten the better one.
_WIDE = 60


def chart(of: Chart, names: Sequence[str]) -> str:
    """A chart with ticks, one colour a run, and the last value of each curve beside its end."""
    values = [y for points in of.curves.values() for _, y in points] + list(of.levels.values())
    steps = [x for points in of.curves.values() for x, _ in points]
    logarithmic = min(values) > 0 and max(values) / min(values) > _WIDE
    scale = math.log10 if logarithmic else float
    x = _axis(0, max(steps) or 1, _LEFT, _WIDTH - _RIGHT)
    # Marks of a scale of powers lie at the powers, wherever the values end.
    marks = _powers(values) if logarithmic else ticks(min(values), max(values), 5)
    low, high = (scale(end(end(values), end(marks))) for end in (min, max))
    y = _axis(low, high, _HEIGHT - _BOTTOM, _TOP)
    grid = [_level(y(scale(mark)), _short(mark)) for mark in marks]
    grid += [_step(x(mark), _short(mark)) for mark in ticks(0, max(steps) or 1, 4) if mark <= max(steps)]
    held = [_reference(y(scale(value)), end) for end, value in of.levels.items()]
    drawn = [
        _curve(place, [(x(a), y(scale(b))) for a, b in points], names[place]) for place, points in of.curves.items()
    ]
    ends = {place: (y(scale(points[-1][1])), points[-1][1]) for place, points in of.curves.items()}
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(_spoken(of, names))}">'
        f"{''.join(grid + held + drawn)}{_ends(ends)}</svg>"
    )


def style(place: int) -> str:
    """The CSS classes of a run; where colours are used up they come again, dashed."""
    return f"run-{place % _COLORS}" + (" again" if place >= _COLORS else "")


def ticks(low: float, high: float, count: int) -> list[float]:
    """Round numbers that reach from below `low` to above `high`, about `count` of them."""
    if low == high:
        low, high = (low - 0.5 * abs(low), high + 0.5 * abs(high)) if low else (-1.0, 1.0)
    rough = (high - low) / max(count - 1, 1)
    power = 10 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough * (1 - 1e-9))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(place * step, 12) for place in range(first, last + 1)]


def _powers(values: Sequence[float]) -> list[float]:
    first, last = (round_(math.log10(end(values))) for round_, end in ((math.floor, min), (math.ceil, max)))
    return [10.0**power for power in range(first, last + 1, max(1, (last - first) // 5))]


def _axis(low: float, high: float, start: float, end: float) -> Callable[[float], float]:
    return lambda value: start + (value - low) / (high - low) * (end - start)


def _level(y: float, text: str) -> str:
    line = f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
    return f'{line}<text class="tick" x="{_LEFT - 7}" y="{y + 4:.1f}" text-anchor="end">{text}</text>'


def _step(x: float, text: str) -> str:
    return f'<text class="tick" x="{x:.1f}" y="{_HEIGHT - 8}" text-anchor="middle">{text}</text>'


def _reference(y: float, name: str) -> str:
    line = f'<line class="level" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
    return f'{line}<text class="tick" x="{_LEFT + 4}" y="{y - 4:.1f}">{escape(name)}</text>'


def _curve(place: int, points: Sequence[Point], name: str) -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    # Few points are evaluations: each is worth seeing.
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.6"/>' for x, y in points) if len(points) <= 12 else ""
    return f'<g class="curve {style(place)}"><title>{escape(name)}</title><polyline points="{path}"/>{dots}</g>'


def _ends(ends: Mapping[int, tuple[float, float]], gap: float = 13) -> str:
    """The last values at the right, moved apart where they would cover each other."""
    order = sorted(ends, key=lambda place: ends[place][0])
    floor = _HEIGHT - _BOTTOM - gap * (len(order) - 1)
    texts, least = [], -math.inf
    for rank, place in enumerate(order):
        y, value = ends[place]
        least = min(max(y, least), floor + gap * rank)
        text = f'<text class="end {style(place)}" x="{_WIDTH - _RIGHT + 7}" y="{least + 4:.1f}">{_short(value)}</text>'
        texts.append(text)
        least += gap
    return "".join(texts)


def _spoken(chart: Chart, names: Sequence[str]) -> str:
    parts = [
        f"{names[place]} {_short(points[0][1])} to {_short(points[-1][1])}" for place, points in chart.curves.items()
    ]
    return f"{chart.title} over steps: {'; '.join(parts)}"


def _short(value: float) -> str:
    size = abs(value)
    if size >= 1e6:
        return f"{value / 1e6:.3g}M"
    if size >= 1e4:
        return f"{value / 1e3:.4g}k"
    return f"{value:.0f}" if value == int(value) else f"{value:.4g}" if size >= 1 else f"{value:.3g}"
