"""One evaluation of a colouriser: pages are predicted, measured, and some pictures are kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8
from tqdm import tqdm

from mangagan.evaluate.colorization.evaluation_pages import Label, Page
from mangagan.evaluate.colorization.page_metrics import MetricAccumulator
from mangagan.evaluate.colorization.samples import SampleCollector
from mangagan.evaluate.devices import Devices
from mangagan.evaluate.metrics.features import load_networks
from mangagan.evaluate.protocol import evenly_spaced
from mangagan.evaluate.result import InputKind


@dataclass(frozen=True)
class EvaluationOptions:
    """Options of an evaluation.

    Attributes:
        pictures: A folder beside the result's file for sample pictures; None keeps none.
        keep_pages: The number of evenly spaced pages of each kind that are kept, beside the two best and worst ones.
        perceptual: Whether LPIPS and VFD are computed, if their weights are installed.
        inception: The file pt_inception-2015-12-05-*.pth, for FID.
        progress: Whether a progress bar is shown.
    """

    pictures: Path | None = None
    keep_pages: int = 4
    perceptual: bool = True
    inception: Path | None = None
    progress: bool = True


class EvaluationSession:
    """One evaluation of the pages that are named by `labels`.

    Raises:
        ValueError: There are too few pages for a requested distance.
    """

    def __init__(self, labels: Sequence[Label], devices: Devices, options: EvaluationOptions) -> None:
        _check_enough([kind for _, kind in labels], options.inception)
        weights, self._left_out = load_networks(perceptual=options.perceptual, inception=options.inception)
        self._metrics, self._devices = MetricAccumulator(weights, devices), devices
        self._folder, self._inception = options.pictures, options.inception
        kinds = dict.fromkeys(kind for _, kind in labels)
        of_kind = {kind: [label for label in labels if label[1] == kind] for kind in kinds}
        shown = [label for kind in kinds for label in evenly_spaced(of_kind[kind], options.keep_pages)]
        self._samples = SampleCollector(shown)
        self._bar = tqdm(total=len(labels), unit="page", dynamic_ncols=True, disable=not options.progress)

    def evaluate(self, pages: Iterable[Page], predict: Callable[[Sequence[Page]], UInt8[Any, "b h w 3"]]) -> None:
        """Predict and measure pages, batch by batch.

        Args:
            pages: The pages.
            predict: Returns the pictures of a batch of pages, 8-bit sRGB.
        """
        with self._bar:
            for batch in self._devices.batches(pages):
                pictures = predict(batch)
                measured = self._metrics.add(batch, pictures)
                if self._folder is not None:
                    for page, metrics, picture in zip(batch, measured, np.asarray(pictures), strict=False):
                        self._samples.offer(page, metrics, picture)
                self._bar.update(len(batch))

    def result_fields(self, unverified: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Return the fields of `Result` that the metrics decide, and write the sample pictures.

        Args:
            unverified: What could not be checked, and why.

        Raises:
            ValueError: So many pages were skipped that too few are left for FID.
        """
        pages, (whole, too_few) = self._metrics.pages(), self._metrics.whole()
        _check_enough([page.kind for page in pages], self._inception)
        return {
            "pages": pages,
            "whole": whole,
            "left_out": {**self._left_out, **too_few, **(unverified or {})},
            "pictures": self._samples.write(self._folder) if self._folder is not None else (),
        }


def _check_enough(kinds: Sequence[InputKind], inception: Path | None) -> None:
    few = [f"{kinds.count(kind)} page of kind {kind}" for kind in dict.fromkeys(kinds) if kinds.count(kind) < 2]
    if inception is not None and few:
        raise ValueError(f"FID needs at least two pages, not {' and '.join(few)}; evaluate more, or leave it out")
