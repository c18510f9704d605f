"""Held-out pages and how far a predictor's pages are from them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

import jax
import numpy as np

from mangagan.data.archive import Archive
from mangagan.data.stream import Batch, Data, batches
from mangagan.evaluate.metrics import color_difference

# Takes [b h w 1] and gives [b h w 3], both in [-1, 1]; arrays of the host or of a device.
Predict = Callable[[Any], Any]


def held_out_pages(data: Data, archive: Archive, count: int) -> list[Batch]:
    """The middle windows of the first pages of works held out, one page to a batch, as aligned pairs.

    An empty list where the archive has no such pages, or none with both sides.
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


def evaluate(predict: Predict, pages: Sequence[Batch]) -> dict[str, float]:
    """Mean CIEDE2000 to the truth of the prediction and of the bare input, what was gained, and mean chroma of both.

    Means are over pages of the mean over pixels, in sRGB at the size of the pages given.
    """
    totals = np.sum([np.concatenate(list(_figures(predict, page))) for page in pages], axis=0)
    difference, chroma, bare, true_chroma = (totals / len(pages)).tolist()
    return {
        "evaluation/ciede2000": difference,
        "evaluation/ciede2000_input": bare,
        "evaluation/gain": 1 - difference / bare,
        "evaluation/chroma": chroma,
        "evaluation/chroma_truth": true_chroma,
    }


def _figures(predict: Predict, page: Batch) -> Iterator[np.ndarray]:
    truth = page["target"]
    yield from jax.device_get(_color_difference(predict(page["input"]), truth))
    bare = np.broadcast_to(page["input"], truth.shape)
    yield jax.device_get(_color_difference(bare, truth))[0]
    yield jax.device_get(_color_difference(truth, truth))[1]


_color_difference = jax.jit(color_difference)
