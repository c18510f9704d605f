"""Sums and counts of figures, work by work, until somebody asks for a mean."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int


class Works(NamedTuple):
    """One figure's pages, added up for each work, in the order of the works' names."""

    names: tuple[str, ...]
    count: Int[np.ndarray, " n"]  # type: ignore[assignment]
    total: Float[np.ndarray, " n"]
    squares: Float[np.ndarray, " n"]


class Scores:
    """What pages scored: for each figure and work a count, a sum and a sum of squares, in float64."""

    def __init__(self) -> None:
        self._sums: dict[str, dict[str, np.ndarray]] = {}

    def add(self, figure: str, work: str, value: float) -> None:
        """Takes a page's value of a figure, with the work that the page belongs to.

        Raises ValueError for a value that is not finite.
        """
        if not np.isfinite(value):
            raise ValueError(f"{figure} of a page of work {work!r} is {value}; are its pixels finite?")
        works = self._sums.setdefault(figure, {})
        works[work] = works.get(work, np.zeros(3)) + np.array([1, value, value * value], np.float64)

    @property
    def figures(self) -> tuple[str, ...]:
        """The figures that pages have, in the order in which they came."""
        return tuple(self._sums)

    def works(self, figure: str) -> Works:
        """The sums of a figure by work; KeyError with those there are where no page has it."""
        if figure not in self._sums:
            raise KeyError(f"no page has a figure {figure!r}; there are {', '.join(self._sums) or 'none'}")
        sums = self._sums[figure]
        names = tuple(sorted(sums))
        count, total, squares = np.stack([sums[name] for name in names]).T
        return Works(names, count.astype(np.int64), total, squares)
