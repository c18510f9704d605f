"""Tests of whether runs differ: over works, which are the random sample, and over seeds if there are several."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.special import stdtr, stdtrit

from mangagan.evaluate.metrics.metric import METRICS
from mangagan.evaluate.statistics.sums import WorkSums

LEVEL = 0.05
# From this number of works on, t hardly depends on the distribution of their differences.
ENOUGH_WORKS = 8


@dataclass(frozen=True)
class Comparison:
    """The mean of one less that of the other, its 95 % interval, and the p value of no difference.

    With a single work and a single seed there is no interval, and p is 1.

    Attributes:
        difference: The difference of the means over pages (and seeds).
        low: The lower end of its interval.
        high: The upper end of its interval.
        p: The p value, not corrected for the number of comparisons.
        pages: The number of pages.
        works: The number of works.
    """

    difference: float
    low: float | None
    high: float | None
    p: float
    pages: int
    works: int


@dataclass(frozen=True)
class MetricDifference:
    """The difference of two runs in one metric.

    Attributes:
        metric: The name of the metric.
        one: The name of a run.
        other: The name of the run that it is compared with.
        comparison: The comparison by itself.
        p: Its p value, corrected for all pairs that were compared in this metric.
        significant: Whether the corrected p is below `LEVEL`.
    """

    metric: str
    one: str
    other: str
    comparison: Comparison
    p: float
    significant: bool

    @property
    def better(self) -> str:
        """The run with the better mean; "" if the means are equal or neither direction is better."""
        side = self.comparison.difference * METRICS[self.metric].better
        return self.one if side > 0 else self.other if side < 0 else ""


def metric_differences(
    metric: str, sums: Mapping[str, Mapping[int, WorkSums]], pairs: Sequence[tuple[str, str]]
) -> list[MetricDifference]:
    """Compare pairs of runs in one metric; the p values are corrected together (Holm).

    Args:
        metric: The name of the metric.
        sums: The sums of the metric by run and seed.
        pairs: The names of the runs to compare. A pair is compared over the seeds that both have, and left out if
            they share none.

    Raises:
        ValueError: Two runs were evaluated on different pages.
    """
    shared = {(one, other): sorted(sums[one].keys() & sums[other].keys()) for one, other in pairs}
    compared = {
        (one, other): compare([sums[one][seed] for seed in seeds], [sums[other][seed] for seed in seeds])
        for (one, other), seeds in shared.items()
        if seeds
    }
    corrected = holm([comparison.p for comparison in compared.values()])
    return [
        MetricDifference(metric, *pair, comparison, p, p < LEVEL)
        for (pair, comparison), p in zip(compared.items(), corrected, strict=True)
    ]


def compare(ones: Sequence[WorkSums], others: Sequence[WorkSums]) -> Comparison:
    """Compare two sets of runs that were evaluated on the same pages.

    The difference is the mean over pages and seeds. Its variance is the sum of the variance between works and that
    between seeds (each the cluster-robust variance of Liang and Zeger 1986). What both count twice is not subtracted
    (as Cameron, Gelbach and Miller 2011 do), so that p is too large rather than too small. Student's t with
    Satterthwaite's degrees of freedom gives the interval and p. With one seed only works vary (for works of equal
    length this is the paired t-test over works), and the answer is about these two networks, not about training them
    again. With one work only seeds vary.

    Args:
        ones: The sums of a metric for each seed.
        others: Those of the other runs, for the same seeds in the same order.

    Raises:
        ValueError: The numbers of seeds, the works or the pages differ.
    """
    _check_same_pages(ones, others)
    gaps = np.stack([one.total - other.total for one, other in zip(ones, others, strict=True)])
    count = np.broadcast_to(ones[0].count, gaps.shape)
    pages = int(count.sum())
    difference = float(gaps.sum()) / pages
    residuals = (gaps - difference * count) / pages
    # Sums over seeds are clusters of works, sums over works are clusters of seeds; a single cluster has no variance.
    parts = [_cluster_variance(residuals.sum(axis)) for axis in (0, 1) if gaps.shape[1 - axis] > 1]
    low, high, p = _student(difference, parts)
    return Comparison(difference, low, high, p, pages // len(gaps), gaps.shape[1])


def holm(p_values: Sequence[float]) -> list[float]:
    """Correct p values for their number (Holm 1979).

    The probability of even one false difference among all of them then stays below the level of the test.
    """
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    corrected, largest = [0.0] * len(p_values), 0.0
    for rank, index in enumerate(order):
        # A corrected value is never smaller than that of a smaller p value.
        largest = max(largest, min(1.0, p_values[index] * (len(p_values) - rank)))
        corrected[index] = largest
    return corrected


def caution(works: int) -> str:
    """Return a warning that so few works limit what intervals and tests can show; "" if they are enough."""
    if works < 2:
        return "All pages are of one work: over works there is no interval, and no difference can be tested."
    if works >= ENOUGH_WORKS:
        return ""
    return (
        f"These pages are of {works} works: intervals and tests assume that the differences between works are normally "
        f"distributed, which so few cannot show. Evaluate on {ENOUGH_WORKS} works or more."
    )


def format_p(p: float) -> str:
    """Format a p value for a table.

    >>> format_p(0.0004), format_p(0.0123), format_p(0.4567)
    ('below 0.001', '0.012', '0.46')
    """
    return "below 0.001" if p < 0.001 else f"{p:.3f}" if p < 0.1 else f"{p:.2f}"


def p_text(p: float) -> str:
    """Format a p value for a sentence.

    >>> p_text(0.0004), p_text(0.0123)
    ('p below 0.001', 'p = 0.012')
    """
    return f"p {format_p(p)}" if p < 0.001 else f"p = {format_p(p)}"


class _Variance(NamedTuple):
    variance: float
    freedom: int


def _cluster_variance(sums: Float[np.ndarray, " n"]) -> _Variance:
    clusters = len(sums)
    return _Variance(float(clusters / (clusters - 1) * np.square(sums).sum()), clusters - 1)


def _student(difference: float, parts: Sequence[_Variance]) -> tuple[float | None, float | None, float]:
    """Return the ends of the 95 % interval and p."""
    if not parts:
        return None, None, 1.0
    variance = sum(part.variance for part in parts)
    if variance <= 0.0:
        return difference, difference, float(difference == 0)
    freedom = variance**2 / sum(part.variance**2 / part.freedom for part in parts)
    error = math.sqrt(variance)
    reach = float(stdtrit(freedom, 0.975)) * error
    return difference - reach, difference + reach, float(2 * stdtr(freedom, -abs(difference) / error))


def _check_same_pages(ones: Sequence[WorkSums], others: Sequence[WorkSums]) -> None:
    if not ones or len(ones) != len(others):
        raise ValueError(f"{len(ones)} and {len(others)} seeds: runs are compared seed by seed and need at least one")
    first = _pages(ones[0])
    for works in (*ones, *others):
        if not works.names or _pages(works) != first:
            raise ValueError(
                f"runs are compared on the same pages only: {first} pages by work in one, {_pages(works)} in another"
            )


def _pages(works: WorkSums) -> dict[str, int]:
    return dict(zip(works.names, works.count.tolist(), strict=True))
