"""The metrics of runs as rows of text, which the table in HTML prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mangagan.evaluate.metrics.metric import METRICS, Metric, metric_named
from mangagan.evaluate.result import InputKind
from mangagan.evaluate.statistics.bootstrap import Summary
from mangagan.evaluate.table import summarize_metrics
from mangagan.report.evaluated_runs import EvaluatedRun


@dataclass(frozen=True)
class MetricCell:
    """The metric of one run as text.

    Attributes:
        mean: The mean over pages.
        deviation: The standard deviation over pages, or "".
        interval: The confidence interval of the mean, or "".
        best: Whether no other run has a better mean, as printed.
        positions: The mean and the ends of the interval on the scale of the row, in [0, 1].
    """

    mean: str
    deviation: str
    interval: str
    best: bool
    positions: tuple[float, ...]


@dataclass(frozen=True)
class MetricRow:
    """One metric of all runs, None where a run does not have it."""

    metric: Metric
    cells: tuple[MetricCell | None, ...]


def shared_kinds(runs: Sequence[EvaluatedRun]) -> list[InputKind]:
    """Return the kinds of input on which all runs were evaluated."""
    return [kind for kind in runs[0].result.kinds if all(kind in run.result.kinds for run in runs)]


def summarize_run(run: EvaluatedRun, kind: InputKind) -> dict[str, Summary]:
    """Return the summaries of a run's metrics on one kind of input.

    Metrics of the whole set of pages, such as a Fréchet distance, have neither a deviation nor an interval.
    """
    summaries = summarize_metrics(run.result.scores(kind), run.result.protocol.get("seed", 0))
    pages = max((summary.pages for summary in summaries.values()), default=0)
    works = max((summary.works for summary in summaries.values()), default=0)
    whole = run.result.whole.get(kind, {})
    return summaries | {name: Summary(value, None, None, None, pages, works) for name, value in whole.items()}


def metric_rows(runs: Mapping[str, Mapping[str, Summary]]) -> list[MetricRow]:
    """Return a row for each metric that any run has.

    Metrics of which one direction is better come first; otherwise the order is that of METRICS.

    Args:
        runs: The summaries of each run by the names of metrics.
    """
    order = {name: index for index, name in enumerate(METRICS)}
    names = dict.fromkeys(name for summaries in runs.values() for name in summaries)
    ordered = sorted(names, key=lambda name: (not metric_named(name).better, order.get(name, len(order))))
    return [_row(metric_named(name), {run: of.get(name) for run, of in runs.items()}) for name in ordered]


def _row(metric: Metric, summaries: Mapping[str, Summary | None]) -> MetricRow:
    present = {run: summary for run, summary in summaries.items() if summary}
    values = [value for summary in present.values() for value in _values(summary)]
    best = metric.best({run: summary.mean for run, summary in present.items()})
    cells = (
        _cell(metric, summary, (min(values), max(values)), run in best) if summary else None
        for run, summary in summaries.items()
    )
    return MetricRow(metric, tuple(cells))


def _cell(metric: Metric, summary: Summary, scale: tuple[float, float], best: bool) -> MetricCell:
    # Equal means differ in their last digits by the order of summation: such a span counts as none.
    span = scale[1] - scale[0] if scale[1] - scale[0] > 1e-9 * abs(scale[1]) else 0
    return MetricCell(
        mean=metric.format(summary.mean),
        deviation="" if summary.deviation is None else f"± {metric.format(summary.deviation)}",
        interval=metric.interval(summary.low, summary.high),
        best=best,
        positions=tuple((value - scale[0]) / span if span else 0.5 for value in _values(summary)),
    )


def _values(summary: Summary) -> tuple[float, ...]:
    return tuple(value for value in (summary.mean, summary.low, summary.high) if value is not None)
