"""A metric over pages: its mean, standard deviation and bootstrap interval.

Pages of one work are alike, so works, not pages, are the random sample. If a run was trained from several seeds, these
are a random sample too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.special import ndtri, stdtrit

from mangagan.evaluate.statistics.sums import WorkSums

_RESAMPLES = 10_000


@dataclass(frozen=True)
class Summary:
    """A metric over pages.

    Attributes:
        mean: The mean over pages.
        deviation: The standard deviation of the pages; None for one page.
        low: The lower end of the 95 % interval of the mean; None for one work.
        high: The upper end of the interval.
        pages: The number of pages.
        works: The number of works.
    """

    mean: float
    deviation: float | None
    low: float | None
    high: float | None
    pages: int
    works: int


def summarize(sums: WorkSums, seed: int = 0) -> Summary:
    """Summarise a metric; the interval is the widened percentile bootstrap of 10,000 draws of works with replacement.

    The mean of a draw is the sum over its works' pages divided by their number, so that a long work counts for more,
    as it does in the mean. Draws of n works vary too little (Hesterberg 2015): for three works with normally
    distributed means the percentiles alone contain the true mean in 76 of 100 cases. Widened by sqrt(n / (n - 1)) and
    by the ratio of Student's t to the normal distribution they contain it in 95; in fewer if there are few works and
    they are far from normal.

    Args:
        sums: The sums of the metric by work.
        seed: The seed of the draws; the same seed gives the same interval.

    Raises:
        ValueError: There are no pages.
    """
    pages, works = int(sums.count.sum()), len(sums.names)
    if not pages:
        raise ValueError("a summary of no pages; the works are empty")
    mean = float(sums.total.sum()) / pages
    # Rounding can make the sum of squared deviations of equal values slightly negative.
    deviations = max(float(sums.squares.sum()) - pages * mean * mean, 0.0)
    low, high = _interval(sums.total, sums.count, seed)
    return Summary(mean, math.sqrt(deviations / (pages - 1)) if pages > 1 else None, low, high, pages, works)


class OverSeeds(NamedTuple):
    """A mean over seeds and the ends of its 95 % interval, which are None for one seed."""

    mean: float
    low: float | None
    high: float | None


def over_seeds(values: Sequence[float]) -> OverSeeds:
    """Return the mean of one value for each seed, with Student's interval.

    Args:
        values: The value of each seed.

    Raises:
        ValueError: There is no value.
    """
    if not values:
        raise ValueError("a mean of no seeds")
    mean, count = float(np.mean(values)), len(values)
    if count < 2:
        return OverSeeds(mean, None, None)
    reach = float(stdtrit(count - 1, 0.975) * np.std(values, ddof=1) / math.sqrt(count))
    return OverSeeds(mean, mean - reach, mean + reach)


def _interval(
    total: Float[np.ndarray, " n"], count: Float[np.ndarray, " n"], seed: int
) -> tuple[float | None, float | None]:
    works = len(total)
    if works < 2:
        return None, None
    draws = np.random.default_rng(seed).multinomial(works, np.full(works, 1 / works), _RESAMPLES)
    limits = np.percentile((draws @ total) / (draws @ count), [2.5, 97.5])
    widening = math.sqrt(works / (works - 1)) * stdtrit(works - 1, 0.975) / ndtri(0.975)
    mean = total.sum() / count.sum()
    low, high = mean + widening * (limits - mean)
    return float(low), float(high)
