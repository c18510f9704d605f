"""The devices of this process, which predict and measure pages in parallel."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from jax.sharding import AxisType, NamedSharding, PartitionSpec
from jaxtyping import Bool

from mangagan.evaluate.colorization.evaluation_pages import Page


@dataclass(frozen=True)
class Devices:
    """The placement of arrays on `count` devices: one page of a batch on each, everything else on all of them."""

    count: int
    pages: NamedSharding
    everywhere: NamedSharding

    def batches(self, pages: Iterable[Page]) -> Iterator[list[Page]]:
        """Yield batches of consecutive pages of one size, at most as many as there are devices."""
        batch: list[Page] = []
        for page in pages:
            if batch and (len(batch) == self.count or page.truth.shape != batch[0].truth.shape):
                yield batch
                batch = []
            batch.append(page)
        if batch:
            yield batch

    def stacked(self, arrays: Sequence[np.ndarray]) -> Any:
        """Return one array on each device; the last one is repeated if there are fewer than devices.

        Args:
            arrays: Arrays of one shape and of any range.
        """
        filled = [*arrays, *[arrays[-1]] * (self.count - len(arrays))]
        return jax.device_put(np.stack(filled), self.pages)

    def mask(self, pages: int) -> Bool[np.ndarray, " b"]:
        """Return which entries of a batch are pages, and not repetitions that fill it up."""
        return np.arange(self.count) < pages


def local_devices() -> Devices:
    """Return the placement on all devices of this process."""
    return over(jax.local_devices())


def over(devices: Sequence[jax.Device]) -> Devices:
    """Return the placement on some devices of this process."""
    mesh = jax.make_mesh((len(devices),), ("data",), devices=devices, axis_types=(AxisType.Auto,))
    return Devices(len(devices), NamedSharding(mesh, PartitionSpec("data")), NamedSharding(mesh, PartitionSpec()))
