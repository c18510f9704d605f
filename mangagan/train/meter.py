"""Training metrics: fetched from the device one step late, checked, and averaged until they are logged."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from typing import Any

import jax

from mangagan.tasks.base import Metrics


class Diverged(ArithmeticError):
    """A loss or a gradient is not a finite number."""

    def __init__(self, step: int, name: str, value: float) -> None:
        super().__init__(f"step {step}: {name} is {value}")


class Meter:
    """Sums of each metric since the last report.

    The metrics of a step are fetched after the next step was dispatched, so that the device never waits for the host.
    """

    def __init__(self) -> None:
        self._pending: tuple[int, Metrics] | None = None
        self._clear()

    def _clear(self) -> None:
        self._sums: dict[str, float] = {}
        self._count = 0
        self._waited = 0.0
        self._since = time.perf_counter()

    def add(self, step: int, metrics: Metrics) -> None:
        """Add the metrics of a step that was just dispatched, and fetch those of the step before.

        Args:
            step: The number of the step.
            metrics: Its metrics, still on the device.

        Raises:
            Diverged: A metric of the step before is not finite.
        """
        self.settle()
        self._pending = step, metrics

    def settle(self) -> None:
        """Fetch the metrics that are still on the device.

        Raises:
            Diverged: One of them is not finite.
        """
        if self._pending is None:
            return
        (step, metrics), self._pending = self._pending, None
        for name, value in jax.device_get(metrics).items():
            if not math.isfinite(value):
                raise Diverged(step, name, float(value))
            self._sums[name] = self._sums.get(name, 0.0) + float(value)
        self._count += 1

    def timed(self, batches: Iterator[Any]) -> Iterator[Any]:
        """Yield the batches, and measure the time spent waiting for them."""
        while True:
            start = time.perf_counter()
            batch = next(batches, None)
            self._waited += time.perf_counter() - start
            if batch is None:
                return
            yield batch

    def report(self) -> dict[str, float]:
        """Return means since the last report, `time/step_seconds`, and the share of time spent waiting for data."""
        self.settle()
        elapsed = time.perf_counter() - self._since
        means = {name: total / self._count for name, total in self._sums.items()}
        means |= {"time/step_seconds": elapsed / self._count, "time/data_share": self._waited / elapsed}
        self._clear()
        return means
