"""Learning curves: what runs logged, figure by figure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from mangagan.evaluate.metrics.metric import FIGURES
from mangagan.report.evaluated_runs import Run

# Points of a curve; more would not be seen, and a long training has thousands.
_POINTS = 240
_REFERENCES = ("input", "truth")
Point = tuple[float, float]


@dataclass(frozen=True)
class Chart:
    """One figure of several runs over steps: each run's points by its place, and named levels to hold them against."""

    title: str
    curves: Mapping[int, Sequence[Point]]
    levels: Mapping[str, float]


def charts(runs: Sequence[Run], prefix: str) -> list[Chart]:
    """The charts of all that runs logged under a prefix ("evaluation/", "loss/"), in the order of FIGURES.

    What is named like another figure with `_input` or `_truth` behind it becomes a level in that figure's chart, where
    all runs that logged it agree.
    """
    logged = dict.fromkeys(
        name.removeprefix(prefix) for run in runs for line in run.lines for name in line if name.startswith(prefix)
    )
    levels = {f"{name}_{end}": (name, end) for name in logged for end in _REFERENCES if f"{name}_{end}" in logged}
    order = {name: place for place, name in enumerate(FIGURES)}
    names = sorted((name for name in logged if name not in levels), key=lambda name: order.get(name, len(order)))
    drawn = []
    for name in names:
        curves = {place: points for place, run in enumerate(runs) if (points := series(run.lines, prefix + name))}
        held = {end: _level(runs, prefix + whole) for whole, (of, end) in levels.items() if of == name}
        drawn.append(Chart(_title(name), curves, {end: value for end, value in held.items() if value is not None}))
    return [chart for chart in drawn if chart.curves]


def series(lines: Iterable[Mapping[str, float]], name: str) -> list[Point]:
    """What was logged under a name, as (step, value): means of as many neighbours as make it short enough to draw.

    The last point is as it was logged.
    """
    points = [(line["step"], line[name]) for line in lines if name in line and math.isfinite(line[name])]
    if len(points) <= _POINTS:
        return points
    before = points[:-1]
    each = -(-len(before) // (_POINTS - 1))
    groups = [before[start : start + each] for start in range(0, len(before), each)]
    return [*((group[-1][0], sum(value for _, value in group) / len(group)) for group in groups), points[-1]]


def _title(name: str) -> str:
    """What a logged name means: a figure's title, with what stands behind it ("psnr_10_hints")."""
    figure = max((known for known in FIGURES if f"{name}_".startswith(f"{known}_")), key=len, default="")
    rest = name.removeprefix(figure).strip("_").replace("_", " ")
    return ", ".join(filter(None, (figure and FIGURES[figure].title, rest)))


def _level(runs: Sequence[Run], name: str) -> float | None:
    """The last value that runs logged under a name; None where none did, or they differ."""
    values = [points[-1][1] for run in runs if (points := series(run.lines, name))]
    return values[0] if values and all(math.isclose(value, values[0], rel_tol=1e-6) for value in values) else None
