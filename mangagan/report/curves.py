"""Learning curves: the logged values of runs, one chart for each metric or loss."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from mangagan.evaluate.metrics.metric import METRICS
from mangagan.report.evaluated_runs import EvaluatedRun

# The points of a curve: a chart cannot show more, and a long training logs thousands.
_MAX_POINTS = 240
# A metric with one of these suffixes is a constant to compare the metric itself with.
_REFERENCE_SUFFIXES = ("input", "truth")
Point = tuple[float, float]


@dataclass(frozen=True)
class Chart:
    """One logged value of several runs over training steps.

    Attributes:
        title: The title of the metric or loss.
        curves: The points (step, value) of each run, by the run's index.
        references: Named constants to compare the curves with.
    """

    title: str
    curves: Mapping[int, Sequence[Point]]
    references: Mapping[str, float]


def build_charts(runs: Sequence[EvaluatedRun], prefix: str) -> list[Chart]:
    """Return the charts of all values that runs logged under a prefix, in the order of METRICS.

    A value named like another one plus `_input` or `_truth` becomes a reference in the chart of that one, if all runs
    that logged it agree.

    Args:
        runs: The runs.
        prefix: "evaluation/" or "loss/".
    """
    logged = dict.fromkeys(
        name.removeprefix(prefix) for run in runs for line in run.log for name in line if name.startswith(prefix)
    )
    references = {
        f"{name}_{suffix}": (name, suffix)
        for name in logged
        for suffix in _REFERENCE_SUFFIXES
        if f"{name}_{suffix}" in logged
    }
    order = {name: index for index, name in enumerate(METRICS)}
    names = sorted((name for name in logged if name not in references), key=lambda name: order.get(name, len(order)))
    charts = []
    for name in names:
        curves = {index: points for index, run in enumerate(runs) if (points := logged_series(run.log, prefix + name))}
        constants = {
            suffix: _shared_value(runs, prefix + full) for full, (of, suffix) in references.items() if of == name
        }
        known = {suffix: value for suffix, value in constants.items() if value is not None}
        charts.append(Chart(_title(name), curves, known))
    return [chart for chart in charts if chart.curves]


def logged_series(lines: Iterable[Mapping[str, float]], name: str) -> list[Point]:
    """Return the finite values that were logged under a name as (step, value).

    A long series is shortened to means of neighbouring points; its last point remains as it was logged.
    """
    points = [(line["step"], line[name]) for line in lines if name in line and math.isfinite(line[name])]
    if len(points) <= _MAX_POINTS:
        return points
    earlier = points[:-1]
    group_size = -(-len(earlier) // (_MAX_POINTS - 1))
    groups = [earlier[start : start + group_size] for start in range(0, len(earlier), group_size)]
    return [*((group[-1][0], sum(value for _, value in group) / len(group)) for group in groups), points[-1]]


def _title(name: str) -> str:
    """Return the title of a logged value: that of the metric it begins with, and the rest ("psnr_10_hints")."""
    metric = max((known for known in METRICS if f"{name}_".startswith(f"{known}_")), key=len, default="")
    rest = name.removeprefix(metric).strip("_").replace("_", " ")
    return ", ".join(filter(None, (metric and METRICS[metric].title, rest)))


def _shared_value(runs: Sequence[EvaluatedRun], name: str) -> float | None:
    """Return the last value that runs logged under a name; None if none did, or if they differ."""
    values = [points[-1][1] for run in runs if (points := logged_series(run.log, name))]
    return values[0] if values and all(math.isclose(value, values[0], rel_tol=1e-6) for value in values) else None
