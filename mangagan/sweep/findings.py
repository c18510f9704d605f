"""The findings of a sweep: the metrics of each label over its seeds, and which differences are significant.

Findings depend on the results alone, not on when, where or how fast the runs were executed: the same results give the
same findings, to the bit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

from mangagan.evaluate.metrics.metric import METRICS
from mangagan.evaluate.result import InputKind, Result, protocol_differences, read_result
from mangagan.evaluate.statistics.bootstrap import over_seeds, summarize
from mangagan.evaluate.statistics.significance import MetricDifference, metric_differences
from mangagan.evaluate.statistics.sums import Scores
from mangagan.sweep.job import run_result_file
from mangagan.sweep.sweep_plan import Plan

# Only these metrics are tested, as far as results have them: each further test lowers the power of the others.
TESTED = ("ciede2000", "lpips_alex", "psnr")


@dataclass(frozen=True)
class Cell:
    """A metric of a label: its mean, the mean's 95 % interval, and each seed's mean.

    The interval is over seeds; in a sweep of one seed it is over works, and None for one seed of several.
    """

    mean: float
    low: float | None
    high: float | None
    seeds: tuple[float, ...]


@dataclass(frozen=True)
class Row:
    """The metrics of a label's runs on one kind of input. `other`: why they cannot be compared; empty if they can."""

    label: str
    kind: InputKind
    seeds: tuple[int, ...]
    metrics: Mapping[str, Cell]
    parameters: int | None
    other: tuple[str, ...] = ()


@dataclass(frozen=True)
class Findings:
    """All findings of a sweep; `missing` names the runs without a result."""

    title: str
    protocol: Mapping[str, Any]
    seeds: tuple[int, ...]
    rows: tuple[Row, ...]
    differences: Mapping[InputKind, tuple[MetricDifference, ...]]
    missing: tuple[str, ...]


# By label, then by seed.
Results = Mapping[str, Mapping[int, Result]]


def read_results(folder: Path, plan: Plan) -> Results:
    """Return the existing results by label and seed. Raises ValueError for one that cannot be read."""
    found: dict[str, dict[int, Result]] = {label: {} for label in plan.labels}
    for run in plan.runs:
        file = run_result_file(folder, plan, run)
        if file.is_file():
            found[run.label][run.seed] = read_result(file)
    return found


def find(plan: Plan, results: Results) -> Findings:
    """Return the findings of a plan's results. Only runs with the same protocol and pages are compared."""
    first = _reference(plan, results)
    others = {label: _incomparable(first, by_seed) for label, by_seed in results.items()}
    rows: list[Row] = []
    compared: dict[InputKind, tuple[MetricDifference, ...]] = {}
    for kind in dict.fromkeys(kind for runs in results.values() for one in runs.values() for kind in one.kinds):
        scored = {label: _scored(by_seed, kind) for label, by_seed in results.items()}
        rows += [_row(plan, label, kind, runs, others[label]) for label, runs in scored.items() if runs]
        alike = {label: runs for label, runs in scored.items() if not others[label]}
        compared[kind] = tuple(one for metric in TESTED for one in _differences(plan, metric, alike))
    return Findings(
        title=plan.title,
        protocol=first.protocol if first else {},
        seeds=plan.seeds,
        rows=tuple(rows),
        differences=compared,
        missing=tuple(run.name for run in plan.runs if run.seed not in results[run.label]),
    )


class _Scored(NamedTuple):
    """The metrics of a run on one kind of input: page by page, and of all pages together."""

    scores: Scores
    whole: Mapping[str, float]
    cost: Mapping[str, float]


def _scored(by_seed: Mapping[int, Result], kind: InputKind) -> dict[int, _Scored]:
    return {
        seed: _Scored(one.scores(kind), one.whole.get(kind, {}), one.cost)
        for seed, one in sorted(by_seed.items())
        if kind in one.kinds
    }


def _reference(plan: Plan, results: Results) -> Result | None:
    """The result that all others are compared with."""
    order = [plan.baseline, *plan.labels] if plan.baseline else plan.labels
    return next((result for label in order for result in results[label].values()), None)


def _incomparable(first: Result | None, by_seed: Mapping[int, Result]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line for one in by_seed.values() if first for line in protocol_differences(one, first)))


def _row(plan: Plan, label: str, kind: InputKind, runs: Mapping[int, _Scored], other: tuple[str, ...]) -> Row:
    names = {name for one in runs.values() for name in (*one.scores.metrics, *one.whole)}
    order = [name for name in METRICS if name in names] + sorted(names - METRICS.keys())
    cells = {name: _cell(plan, name, list(runs.values())) for name in order}
    counts = {int(one.cost["parameters"]) for one in runs.values() if "parameters" in one.cost}
    return Row(label, kind, tuple(runs), cells, counts.pop() if len(counts) == 1 else None, other)


def _cell(plan: Plan, name: str, runs: Sequence[_Scored]) -> Cell:
    by_page = [one.scores.works(name) for one in runs if name in one.scores.metrics]
    means = [float(sums.total.sum() / sums.count.sum()) for sums in by_page]
    means = means or [one.whole[name] for one in runs if name in one.whole]
    if len(plan.seeds) == 1 and by_page:
        found = summarize(by_page[0], plan.protocol.seed)
        return Cell(found.mean, found.low, found.high, (found.mean,))
    return Cell(*over_seeds(means), tuple(means))


def _differences(plan: Plan, metric: str, alike: Mapping[str, Mapping[int, _Scored]]) -> list[MetricDifference]:
    sums = {
        label: {seed: one.scores.works(metric) for seed, one in runs.items() if metric in one.scores.metrics}
        for label, runs in alike.items()
    }
    return metric_differences(metric, sums, _pairs(plan, list(sums)))


def _pairs(plan: Plan, labels: Sequence[str]) -> list[tuple[str, str]]:
    if plan.baseline is None:
        return list(combinations(labels, 2))
    return [(label, plan.baseline) for label in labels if label != plan.baseline and plan.baseline in labels]
