"""Sums and counts of metrics, work by work; means are computed from them at the end."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int


class WorkSums(NamedTuple):
    """The sums of one metric over the pages of each work, in the order of the works' names.

    Attributes:
        names: The works.
        count: Pages of each work.
        total: The sum of the metric over the pages of each work.
        squares: The sum of its squares.
    """

    names: tuple[str, ...]
    count: Int[np.ndarray, " n"]  # type: ignore[assignment]
    total: Float[np.ndarray, " n"]
    squares: Float[np.ndarray, " n"]


class Scores:
    """The metrics of pages: for each metric and work a count, a sum and a sum of squares, in float64."""

    def __init__(self) -> None:
        self._sums: dict[str, dict[str, np.ndarray]] = {}

    def add(self, metric: str, work: str, value: float) -> None:
        """Add a page's value of a metric.

        Args:
            metric: The name of the metric.
            work: The work that the page belongs to.
            value: The value.

        Raises:
            ValueError: The value is not finite.
        """
        if not np.isfinite(value):
            raise ValueError(f"{metric} of a page of work {work!r} is {value}; are its pixels finite?")
        works = self._sums.setdefault(metric, {})
        works[work] = works.get(work, np.zeros(3)) + np.array([1, value, value * value], np.float64)

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metrics that pages have, in the order in which they were added."""
        return tuple(self._sums)

    def works(self, metric: str) -> WorkSums:
        """Return the sums of a metric by work.

        Raises:
            KeyError: No page has this metric; the message lists those there are.
        """
        if metric not in self._sums:
            raise KeyError(f"no page has a metric {metric!r}; there are {', '.join(self._sums) or 'none'}")
        sums = self._sums[metric]
        names = tuple(sorted(sums))
        count, total, squares = np.stack([sums[name] for name in names]).T
        return WorkSums(names, count.astype(np.int64), total, squares)
