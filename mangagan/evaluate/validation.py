"""Validation during training: predictions of held-out pages against the truth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

import jax
import numpy as np

from mangagan.data.archive.archive import Archive
from mangagan.data.settings import Data
from mangagan.data.stream.batches import Batch, batches
from mangagan.evaluate.metrics.pixels import chroma, mean_absolute_error, mean_ciede2000, psnr

# Takes a batch without its target and returns pictures [b h w 3] in [-1, 1].
Predict = Callable[[Batch], Any]


def held_out_pages(data: Data, archive: Archive, count: int) -> list[Batch]:
    """Return the centre crops of the first held-out pages as aligned pairs, one page to a batch.

    The list is empty if the archive has no held-out pages, or none with both sides.
    """
    try:
        pages = batches(
            replace(data, paired=True, batch_size=1, workers=0), archive, split="validation", seed=0, augment=False
        )
    except ValueError:
        return []
    chosen = list(islice(pages, count))
    pages.close()
    return chosen


def without_target(batch: Batch) -> Batch:
    """Return a batch without its target: the inputs of a predictor."""
    return {name: array for name, array in batch.items() if name != "target"}


def evaluate(predict: Predict, pages: Sequence[Batch]) -> dict[str, float]:
    """Return the means over pages of CIEDE2000, PSNR in dB, L1 of sRGB in [0, 1], and chroma in CIE Lab.

    Names that end in `_input` are metrics of the bare input, those in `_truth` of the truth; `gain` is the share by
    which CIEDE2000 is below that of the bare input.

    Args:
        predict: The predictor.
        pages: Batches of one page each.
    """
    totals = np.sum([_metrics(predict, page) for page in pages], axis=0)
    difference, psnr, l1, chroma, bare, bare_psnr, true_chroma = (totals / len(pages)).tolist()
    return {
        "evaluation/ciede2000": difference,
        "evaluation/ciede2000_input": bare,
        "evaluation/gain": 1 - difference / bare,
        "evaluation/psnr": psnr,
        "evaluation/psnr_input": bare_psnr,
        "evaluation/l1": l1,
        "evaluation/chroma": chroma,
        "evaluation/chroma_truth": true_chroma,
    }


def _metrics(predict: Predict, page: Batch) -> np.ndarray:
    """The metrics of one page, in the order of `evaluate`."""
    truth, picture = page["target"], predict(without_target(page))
    bare = np.broadcast_to(page["input"], truth.shape)
    metrics = [
        _color_difference(picture, truth),
        _peak_ratio(picture, truth),
        _difference(picture, truth),
        _chroma(picture),
        _color_difference(bare, truth),
        _peak_ratio(bare, truth),
        _chroma(truth),
    ]
    return np.concatenate(jax.device_get(metrics))


_color_difference = jax.jit(mean_ciede2000)
_peak_ratio = jax.jit(psnr)
_difference = jax.jit(mean_absolute_error)
_chroma = jax.jit(chroma)
