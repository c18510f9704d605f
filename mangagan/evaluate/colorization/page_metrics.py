"""Figures of pages as they are painted, and of all of them together."""

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
from mangagan.evaluate.metrics.features import SETS, Seen, seen
from mangagan.evaluate.metrics.frechet import frechet_distance, kernel_distance
from mangagan.evaluate.metrics.histogram import ab_histogram, page_agreement
from mangagan.evaluate.metrics.metric import Measured, pixel_figures
from mangagan.evaluate.result import Figures, Kind, PageFigures


class Judgement(NamedTuple):
    """What is found in a batch: figures, the histograms of pictures and truth, and what networks see."""

    figures: dict[str, Measured]
    histograms: tuple[Float[Array, "b 23 23"], Float[Array, "b 23 23"]]
    seen: Seen


class Judge:
    """Takes pages and their pictures batch by batch; what whole works and sets show is known at the end.

    weights: those of the networks that take part, as `mangagan.evaluate.metrics.features.load_networks` gives them.
    """

    def __init__(self, weights: Mapping[str, Any], devices: Devices) -> None:
        self._devices, self._weights = devices, jax.device_put(dict(weights), devices.everywhere)
        self._pages: list[PageFigures] = []
        self._histograms: list[Float[np.ndarray, "2 23 23"]] = []
        self._features: dict[str, list[Float[np.ndarray, "2 d"]]] = defaultdict(list)

    def add(self, pages: Sequence[Page], pictures: UInt8[Any, "b h w 3"]) -> list[PageFigures]:
        """Takes a batch of pages of one size with their pictures; the figures of each page, so far."""
        truth, source = (self._devices.stacked([getattr(p, name) for p in pages]) for name in ("truth", "source"))
        mask = self._devices.mask(len(pages))
        found = jax.device_get(_judgement(self._weights, pictures, truth, source, mask))
        judged = [
            PageFigures(page.name, page.work, page.kind, _figures_of(found.figures, n)) for n, page in enumerate(pages)
        ]
        self._pages += judged
        self._histograms += [np.stack(pair) for pair in zip(*found.histograms, strict=True)][: len(pages)]
        for network, both in found.seen.features.items():
            self._features[network] += [np.stack(pair) for pair in zip(*both, strict=True)][: len(pages)]
        return judged

    def pages(self) -> tuple[PageFigures, ...]:
        """The figures of each page, in the order in which they came; with its place among its work's other pages."""
        works: dict[tuple[str, Kind], list[int]] = defaultdict(list)
        for number, page in enumerate(self._pages):
            works[page.work, page.kind].append(number)
        figures: list[Figures] = [dict(page.figures) for page in self._pages]
        for numbers in (numbers for numbers in works.values() if len(numbers) > 1):
            painted, truth = np.stack([self._histograms[number] for number in numbers], 1)
            for number, error, drift in zip(numbers, *page_agreement(painted, truth), strict=True):
                figures[number] |= {"consistency": float(error), "drift": float(drift)}
        return tuple(replace(page, figures=found) for page, found in zip(self._pages, figures, strict=True))

    def whole(self) -> tuple[dict[str, Figures], dict[str, str]]:
        """Distances between all pictures and all truths by kind, and by figures why a kind has none of them."""
        kinds = [page.kind for page in self._pages]
        found: dict[str, Figures] = {}
        left_out: dict[str, str] = {}
        for kind in dict.fromkeys(kinds):
            numbers = [number for number, one in enumerate(kinds) if one == kind]
            found[kind] = self._distances(numbers) if len(numbers) > 1 else {}
            if len(numbers) < 2 and self._features:
                names = ", ".join(name for network in self._features for name in SETS[network])
                left_out[f"{names} ({kind})"] = "only one page was judged, and a distance of sets needs two at least"
        return found, left_out

    def _distances(self, numbers: Sequence[int]) -> Figures:
        found: Figures = {}
        for network, both in self._features.items():
            painted, truth = np.stack(both, 1)[:, numbers]
            frechet, kernel = SETS[network]
            found |= {frechet: frechet_distance(painted, truth), kernel: kernel_distance(painted, truth)}
        return found


def judgement(
    weights: Mapping[str, Any],
    pictures: UInt8[Array, "b h w 3"],
    truth: UInt8[Array, "b h w 3"],
    source: Float[Array, "b h w 1"],
    mask: Bool[Array, " b"],
) -> Judgement:
    """All that one batch shows, to be jitted whole."""
    painted, true = (from_bytes(values) for values in (pictures, truth))
    looked = seen(weights, painted, true)
    distances = {name: Measured(values, mask) for name, values in looked.distances.items()}
    figures = pixel_figures(painted, true, source, mask) | distances
    return Judgement(figures, (ab_histogram(painted), ab_histogram(true)), looked)


def _figures_of(figures: Mapping[str, Measured], number: int) -> Figures:
    return {name: float(values[number]) for name, (values, mask) in figures.items() if mask[number]}


# One for all judges: what is compiled for a size of pages is compiled once.
_judgement = jax.jit(judgement)
