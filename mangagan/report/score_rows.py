"""What runs scored, as rows of text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mangagan.evaluate.metrics.metric import FIGURES, Figure, figure_of
from mangagan.evaluate.result import Kind
from mangagan.evaluate.statistics.summary import Summary
from mangagan.evaluate.table import summaries
from mangagan.report.evaluated_runs import Run


@dataclass(frozen=True)
class Score:
    """A run's figure as text; `places`: its mean and the ends of its interval on the scale of its row, in [0, 1]."""

    mean: str
    deviation: str
    interval: str
    best: bool
    places: tuple[float, ...]


@dataclass(frozen=True)
class Row:
    """A figure of all runs, None where a run does not have it."""

    figure: Figure
    scores: tuple[Score | None, ...]


def kinds(runs: Sequence[Run]) -> list[Kind]:
    """The kinds of input that pages of all runs had."""
    return [kind for kind in runs[0].result.kinds if all(kind in run.result.kinds for run in runs)]


def scored(run: Run, kind: Kind) -> dict[str, Summary]:
    """The summaries of a run's pages of one kind, and the figures of the whole set as means without a deviation."""
    found = summaries(run.result.scores(kind), run.result.protocol.get("seed", 0))
    pages = max((summary.pages for summary in found.values()), default=0)
    works = max((summary.works for summary in found.values()), default=0)
    whole = run.result.whole.get(kind, {})
    return found | {name: Summary(value, None, None, None, pages, works) for name, value in whole.items()}


def score_rows(runs: Mapping[str, Mapping[str, Summary]]) -> list[Row]:
    """A row for each figure that any run has: first those of which one way is better, each in the order of FIGURES."""
    order = {name: place for place, name in enumerate(FIGURES)}
    names = dict.fromkeys(name for figures in runs.values() for name in figures)
    ordered = sorted(names, key=lambda name: (not figure_of(name).better, order.get(name, len(order))))
    return [_row(figure_of(name), {run: figures.get(name) for run, figures in runs.items()}) for name in ordered]


def _row(figure: Figure, found: Mapping[str, Summary | None]) -> Row:
    there = {run: summary for run, summary in found.items() if summary}
    ends = [end for summary in there.values() for end in _ends(summary)]
    best = figure.best({run: summary.mean for run, summary in there.items()})
    scores = (
        _score(figure, summary, (min(ends), max(ends)), run in best) if summary else None
        for run, summary in found.items()
    )
    return Row(figure, tuple(scores))


def _score(figure: Figure, summary: Summary, scale: tuple[float, float], best: bool) -> Score:
    # Equal means differ in the last digits by the order of adding them.
    span = scale[1] - scale[0] if scale[1] - scale[0] > 1e-9 * abs(scale[1]) else 0
    return Score(
        mean=figure.written(summary.mean),
        deviation="" if summary.deviation is None else f"± {figure.written(summary.deviation)}",
        interval=figure.interval(summary.low, summary.high),
        best=best,
        places=tuple((end - scale[0]) / span if span else 0.5 for end in _ends(summary)),
    )


def _ends(summary: Summary) -> tuple[float, ...]:
    return tuple(end for end in (summary.mean, summary.low, summary.high) if end is not None)
