"""What all evaluations of colors have in common: pages go to who paints them, then to the judge and the album."""

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
from mangagan.evaluate.protocol import spread
from mangagan.evaluate.result import InputKind


@dataclass(frozen=True)
class EvaluationOptions:
    """What an evaluation does beside counting.

    pictures: a folder beside the result's file for pictures of `keep_pages` pages of each kind, evenly spread, and of
    the best and the worst two of each; None keeps none. perceptual: LPIPS and VFD, where their weights are installed.
    inception: the file pt_inception-2015-12-05-*.pth, for FID.
    """

    pictures: Path | None = None
    keep_pages: int = 4
    perceptual: bool = True
    inception: Path | None = None
    progress: bool = True


class EvaluationSession:
    """One evaluation of the pages that are named by `labels`.

    Raises ValueError where they are too few for a distance that was asked for.
    """

    def __init__(self, labels: Sequence[Label], devices: Devices, options: EvaluationOptions) -> None:
        _check_enough([kind for _, kind in labels], options.inception)
        weights, self._left_out = load_networks(perceptual=options.perceptual, inception=options.inception)
        self._judge, self._devices = MetricAccumulator(weights, devices), devices
        self._folder, self._inception = options.pictures, options.inception
        kinds = dict.fromkeys(kind for _, kind in labels)
        of_kind = {kind: [label for label in labels if label[1] == kind] for kind in kinds}
        self._album = SampleCollector([label for kind in kinds for label in spread(of_kind[kind], options.keep_pages)])
        self._bar = tqdm(total=len(labels), unit="page", dynamic_ncols=True, disable=not options.progress)

    def evaluate(self, pages: Iterable[Page], painted: Callable[[Sequence[Page]], UInt8[Any, "b h w 3"]]) -> None:
        """Judges pages by what `painted` makes of each batch of them."""
        with self._bar:
            for batch in self._devices.batches(pages):
                pictures = painted(batch)
                judged = self._judge.add(batch, pictures)
                if self._folder is not None:
                    for page, metrics, picture in zip(batch, judged, np.asarray(pictures), strict=False):
                        self._album.offer(page, metrics, picture)
                self._bar.update(len(batch))

    def found(self, unverified: Mapping[str, str] | None = None) -> dict[str, Any]:
        """The fields of `Result` that do not depend on who painted; kept pictures are written now.

        unverified: what else is left out, and why. Raises ValueError where so many pages were skipped that FID, which was
        asked for, has too few.
        """
        pages, (whole, too_few) = self._judge.pages(), self._judge.whole()
        _check_enough([page.kind for page in pages], self._inception)
        return {
            "pages": pages,
            "whole": whole,
            "left_out": {**self._left_out, **too_few, **(unverified or {})},
            "pictures": self._album.write(self._folder) if self._folder is not None else (),
        }


def _check_enough(kinds: Sequence[InputKind], inception: Path | None) -> None:
    few = [f"{kinds.count(kind)} page of kind {kind}" for kind in dict.fromkeys(kinds) if kinds.count(kind) < 2]
    if inception is not None and few:
        raise ValueError(f"FID needs two pages at least, and there is {' and '.join(few)}; judge more, or leave it out")
