"""Metrics of predicted pages, one by one and of all of them together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import jax
import numpy as np
from jaxtyping import Array, Bool, Float, UInt8

from mangagan.color import from_bytes
from mangagan.evaluate.colorization.evaluation_pages import Page
from mangagan.evaluate.devices import Devices
from mangagan.evaluate.metrics.features import SET_METRICS, NetworkOutputs, network_outputs
from mangagan.evaluate.metrics.frechet import frechet_distance, kernel_distance
from mangagan.evaluate.metrics.histogram import ab_histogram, page_agreement
from mangagan.evaluate.metrics.pixel_metrics import MaskedMetric, pixel_metrics
from mangagan.evaluate.result import InputKind, MetricValues, PageMetrics


class BatchMetrics(NamedTuple):
    """The metrics of a batch, the ab histograms of pictures and truth, and the outputs of pretrained networks."""

    metrics: dict[str, MaskedMetric]
    histograms: tuple[Float[Array, "b 23 23"], Float[Array, "b 23 23"]]
    networks: NetworkOutputs


class MetricAccumulator:
    """Accumulates metrics batch by batch; those of whole works and of sets are known at the end.

    Attributes:
        weights: The weights of the pretrained networks, as `load_networks` returns them.
        devices: The devices that share a batch.
    """

    def __init__(self, weights: Mapping[str, Any], devices: Devices) -> None:
        self._devices, self._weights = devices, jax.device_put(dict(weights), devices.everywhere)
        self._pages: list[PageMetrics] = []
        self._histograms: list[Float[np.ndarray, "2 23 23"]] = []
        self._features: dict[str, list[Float[np.ndarray, "2 d"]]] = defaultdict(list)

    def add(self, pages: Sequence[Page], pictures: UInt8[Any, "b h w 3"]) -> list[PageMetrics]:
        """Add a batch of pages of one size, and return the metrics of each page so far.

        Args:
            pages: Pages with their truth and source.
            pictures: Their predictions, 8-bit sRGB.
        """
        truth, source = (self._devices.stacked([getattr(p, name) for p in pages]) for name in ("truth", "source"))
        mask = self._devices.mask(len(pages))
        found = jax.device_get(_batch_metrics(self._weights, pictures, truth, source, mask))
        measured = [
            PageMetrics(page.name, page.work, page.kind, _metrics_of(found.metrics, n)) for n, page in enumerate(pages)
        ]
        self._pages += measured
        self._histograms += [np.stack(pair) for pair in zip(*found.histograms, strict=True)][: len(pages)]
        for network, both in found.networks.features.items():
            self._features[network] += [np.stack(pair) for pair in zip(*both, strict=True)][: len(pages)]
        return measured

    def pages(self) -> tuple[PageMetrics, ...]:
        """Return the metrics of each page in the order of `add`, with its consistency with its work's other pages."""
        works: dict[tuple[str, InputKind], list[int]] = defaultdict(list)
        for number, page in enumerate(self._pages):
            works[page.work, page.kind].append(number)
        metrics: list[MetricValues] = [dict(page.metrics) for page in self._pages]
        for numbers in (numbers for numbers in works.values() if len(numbers) > 1):
            predicted, truth = np.stack([self._histograms[number] for number in numbers], 1)
            for number, error, drift in zip(numbers, *page_agreement(predicted, truth), strict=True):
                metrics[number] |= {"consistency": float(error), "drift": float(drift)}
        return tuple(replace(page, metrics=found) for page, found in zip(self._pages, metrics, strict=True))

    def whole(self) -> tuple[dict[str, MetricValues], dict[str, str]]:
        """Return the set distances of each kind of input, and by metric the reason why a kind has none."""
        kinds = [page.kind for page in self._pages]
        found: dict[str, MetricValues] = {}
        left_out: dict[str, str] = {}
        for kind in dict.fromkeys(kinds):
            numbers = [number for number, one in enumerate(kinds) if one == kind]
            found[kind] = self._distances(numbers) if len(numbers) > 1 else {}
            if len(numbers) < 2 and self._features:
                names = ", ".join(name for network in self._features for name in SET_METRICS[network])
                left_out[f"{names} ({kind})"] = "only one page was evaluated, and a distance of sets needs at least two"
        return found, left_out

    def _distances(self, numbers: Sequence[int]) -> MetricValues:
        found: MetricValues = {}
        for network, both in self._features.items():
            predicted, truth = np.stack(both, 1)[:, numbers]
            frechet, kernel = SET_METRICS[network]
            found |= {frechet: frechet_distance(predicted, truth), kernel: kernel_distance(predicted, truth)}
        return found


def batch_metrics(
    weights: Mapping[str, Any],
    pictures: UInt8[Array, "b h w 3"],
    truth: UInt8[Array, "b h w 3"],
    source: Float[Array, "b h w 1"],
    mask: Bool[Array, " b"],
) -> BatchMetrics:
    """Return all metrics of one batch; meant to be jitted as a whole.

    Args:
        weights: The weights of the pretrained networks.
        pictures: Predictions, 8-bit sRGB.
        truth: The true pages, 8-bit sRGB.
        source: The inputs, grey in [-1, 1].
        mask: False for pages that only fill up the batch.
    """
    predicted, true = (from_bytes(values) for values in (pictures, truth))
    networks = network_outputs(weights, predicted, true)
    distances = {name: MaskedMetric(values, mask) for name, values in networks.distances.items()}
    metrics = pixel_metrics(predicted, true, source, mask) | distances
    return BatchMetrics(metrics, (ab_histogram(predicted), ab_histogram(true)), networks)


def _metrics_of(metrics: Mapping[str, MaskedMetric], number: int) -> MetricValues:
    return {name: float(values[number]) for name, (values, mask) in metrics.items() if mask[number]}


# One for all accumulators: a program is compiled once for each size of pages.
_batch_metrics = jax.jit(batch_metrics)
