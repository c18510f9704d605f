"""The devices of this process, on which pages are painted and judged side by side."""

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
    """How arrays lie on `count` devices: the pages of a batch one on each, all else on all of them."""

    count: int
    pages: NamedSharding
    everywhere: NamedSharding

    def batches(self, pages: Iterable[Page]) -> Iterator[list[Page]]:
        """Pages that follow each other and are of one size, as many as there are devices at most."""
        batch: list[Page] = []
        for page in pages:
            if batch and (len(batch) == self.count or page.truth.shape != batch[0].truth.shape):
                yield batch
                batch = []
            batch.append(page)
        if batch:
            yield batch

    def stacked(self, arrays: Sequence[np.ndarray]) -> Any:
        """A page's array on each device; the last one again where there are fewer pages than devices."""
        filled = [*arrays, *[arrays[-1]] * (self.count - len(arrays))]
        return jax.device_put(np.stack(filled), self.pages)

    def mask(self, pages: int) -> Bool[np.ndarray, " b"]:
        """Which of a batch are pages, and not there to fill it."""
        return np.arange(self.count) < pages


def local_devices() -> Devices:
    """The devices of this process."""
    return over(jax.local_devices())


def over(devices: Sequence[jax.Device]) -> Devices:
    """Some devices of this process."""
    mesh = jax.make_mesh((len(devices),), ("data",), devices=devices, axis_types=(AxisType.Auto,))
    return Devices(len(devices), NamedSharding(mesh, PartitionSpec("data")), NamedSharding(mesh, PartitionSpec()))
