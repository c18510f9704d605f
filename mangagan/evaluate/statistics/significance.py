"""Whether runs differ: over works, which chance has drawn, and over seeds where runs were trained from several."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.special import stdtr, stdtrit

from mangagan.evaluate.metrics.metric import FIGURES
from mangagan.evaluate.statistics.sums import Works

LEVEL = 0.05
# From so many works on, t hardly depends on how their differences scatter.
ENOUGH_WORKS = 8


@dataclass(frozen=True)
class Comparison:
    """One's mean over pages (and seeds) less the other's, its 95 % interval, and the p value of no difference.

    No interval, and p 1, where there is but one work and one seed.
    """

    difference: float
    low: float | None
    high: float | None
    p: float
    pages: int
    works: int


@dataclass(frozen=True)
class Difference:
    """How a figure of `one` differs from that of `other`; p is corrected for all pairs compared in it."""

    figure: str
    one: str
    other: str
    found: Comparison
    p: float
    holds: bool  # p is below LEVEL: chance alone is no likely cause

    @property
    def better(self) -> str:
        """The run whose mean is the better; "" where they are equal, or neither way is better."""
        side = self.found.difference * FIGURES[self.figure].better
        return self.one if side > 0 else self.other if side < 0 else ""


def differences(
    figure: str, sums: Mapping[str, Mapping[int, Works]], pairs: Sequence[tuple[str, str]]
) -> list[Difference]:
    """The differences of pairs of runs in one figure, whose sums are given by run and seed; corrected together (Holm).

    Each pair is compared over the seeds that both have, and left out where there is none. Raises ValueError for runs
    that were not judged on the same pages.
    """
    shared = {(one, other): sorted(sums[one].keys() & sums[other].keys()) for one, other in pairs}
    found = {
        (one, other): compare([sums[one][seed] for seed in seeds], [sums[other][seed] for seed in seeds])
        for (one, other), seeds in shared.items()
        if seeds
    }
    corrected = holm([comparison.p for comparison in found.values()])
    return [
        Difference(figure, *pair, comparison, p, p < LEVEL)
        for (pair, comparison), p in zip(found.items(), corrected, strict=True)
    ]


def compare(ones: Sequence[Works], others: Sequence[Works]) -> Comparison:
    """How two kinds of runs differ on the same pages: the sums of each by seed, in the same order of seeds.

    The difference is the mean over pages and seeds. Its variance is the sum of what works and what seeds scatter it
    by (each the cluster-robust variance of Liang and Zeger 1986); what both count twice is not taken off again (as
    Cameron, Gelbach and Miller 2011 do), so that p is rather too large than too small. Student's t with
    Satterthwaite's degrees of freedom gives the interval and p. With one seed only works scatter (where they are
    equally long, the paired t-test over works), and the answer is about these two networks, not about training them
    again; with one work only seeds do. Raises ValueError where seeds, works or pages differ.
    """
    _check_same_pages(ones, others)
    gaps = np.stack([one.total - other.total for one, other in zip(ones, others, strict=True)])
    count = np.broadcast_to(ones[0].count, gaps.shape)
    pages = int(count.sum())
    difference = float(gaps.sum()) / pages
    rest = (gaps - difference * count) / pages
    parts = [_clustered(rest.sum(axis)) for axis in (0, 1) if gaps.shape[1 - axis] > 1]
    low, high, p = _student(difference, parts)
    return Comparison(difference, low, high, p, pages // len(gaps), gaps.shape[1])


def holm(p_values: Sequence[float]) -> list[float]:
    """p values corrected for their number (Holm 1979): the chance of a single false difference among all stays below.

    Raises nothing for an empty list, which is returned as it is.
    """
    order = sorted(range(len(p_values)), key=lambda place: p_values[place])
    corrected, largest = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(order):
        largest = max(largest, min(1.0, p_values[place] * (len(p_values) - rank)))
        corrected[place] = largest
    return corrected


def caution(works: int) -> str:
    """What intervals and differences over so few works leave open; "" where they are enough."""
    if works < 2:
        return "All pages are of one work: over works there is no interval, and no difference can be tested."
    if works >= ENOUGH_WORKS:
        return ""
    return (
        f"These pages are of {works} works: intervals and tests take for granted that works scatter normally, which so "
        f"few cannot show. Judge by {ENOUGH_WORKS} works or more."
    )


def written(p: float) -> str:
    """A p value as it is written."""
    return "below 0.001" if p < 0.001 else f"{p:.3f}" if p < 0.1 else f"{p:.2f}"


def p_said(p: float) -> str:
    """A p value in a sentence."""
    return f"p {written(p)}" if p < 0.001 else f"p = {written(p)}"


class _Part(NamedTuple):
    variance: float
    freedom: int


def _clustered(sums: Float[np.ndarray, " n"]) -> _Part:
    clusters = len(sums)
    return _Part(float(clusters / (clusters - 1) * np.square(sums).sum()), clusters - 1)


def _student(difference: float, parts: Sequence[_Part]) -> tuple[float | None, float | None, float]:
    if not parts:
        return None, None, 1.0
    variance = sum(part.variance for part in parts)
    if variance <= 0.0:
        return difference, difference, float(difference == 0)
    freedom = variance**2 / sum(part.variance**2 / part.freedom for part in parts)
    error = math.sqrt(variance)
    reach = float(stdtrit(freedom, 0.975)) * error
    return difference - reach, difference + reach, float(2 * stdtr(freedom, -abs(difference) / error))


def _check_same_pages(ones: Sequence[Works], others: Sequence[Works]) -> None:
    if not ones or len(ones) != len(others):
        raise ValueError(f"{len(ones)} and {len(others)} seeds: runs are compared seed by seed, one at least")
    first = _pages(ones[0])
    for works in (*ones, *others):
        if not works.names or _pages(works) != first:
            raise ValueError(
                f"runs are compared on the same pages only: {first} pages by work in one, {_pages(works)} in another"
            )


def _pages(works: Works) -> dict[str, int]:
    return dict(zip(works.names, works.count.tolist(), strict=True))
