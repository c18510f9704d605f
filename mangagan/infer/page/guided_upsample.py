"""Colours of a small picture brought to the size of a page, without crossing its lines."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float
from PIL import Image
from scipy import ndimage

from mangagan.infer.page.settings import PAGE

_SETTINGS = PAGE.upsample


def resize_planes(
    planes: Float[np.ndarray, "h w c"], height: int, width: int, kind: Image.Resampling
) -> Float[np.ndarray, "H W c"]:
    """Return planes at another size, float32.

    Args:
        planes: Of any values.
        height: Of the result, in pixels.
        width: Of the result, in pixels.
        kind: Pillow's filter.
    """
    resized = [
        np.asarray(Image.fromarray(np.ascontiguousarray(planes[..., c], np.float32)).resize((width, height), kind))
        for c in range(planes.shape[-1])
    ]
    return np.stack(resized, axis=-1)


def edge_confidence(guide: Float[np.ndarray, "h w"], height: int, width: int) -> Float[np.ndarray, "H W"]:
    """Return how far each pixel of a small picture saw only one side of an edge of the page, from 0.02 to 1.

    Args:
        guide: Brightness of the page in [0, 1], without screentones.
        height: Of the small picture, in pixels.
        width: Of the small picture, in pixels.
    """
    scale = max(guide.shape[0] / height, guide.shape[1] / width)
    side = 2 * int(_SETTINGS.seen_reach * scale) + 1
    span = ndimage.maximum_filter(guide, side, mode="nearest") - ndimage.minimum_filter(guide, side, mode="nearest")
    rows = ((np.arange(height) + 0.5) * guide.shape[0] / height).astype(int)
    columns = ((np.arange(width) + 0.5) * guide.shape[1] / width).astype(int)
    span = span[rows[:, None], columns]
    least = _SETTINGS.least_weight
    return least + (1 - least) * np.exp(-np.square(span / _SETTINGS.seen_range))


def guided_upsample(
    picture: Float[np.ndarray, "h w c"], weight: Float[np.ndarray, "h w"], guide: Float[np.ndarray, "H W"]
) -> Float[np.ndarray, "H W c"]:
    """Return a small picture at the size of the guide, each colour taken from the same side of its lines.

    Args:
        picture: Of any values.
        weight: Above 0 (see `edge_confidence`).
        guide: Brightness of the page in [0, 1], without screentones (see `remove_screentones`).
    """
    height, width = guide.shape
    # Weighted colours and weights are smoothed alike and divided at the end (normalised convolution).
    weighted = np.concatenate([picture * weight[..., None], weight[..., None]], axis=-1)
    large = resize_planes(weighted, height, width, Image.Resampling.BILINEAR)
    reach = _SETTINGS.reach * max(height / picture.shape[0], width / picture.shape[1], 1.0)
    large = smooth_within_lines(large, guide, reach)
    return large[..., :-1] / large[..., -1:]


def smooth_within_lines(
    planes: Float[np.ndarray, "h w c"], guide: Float[np.ndarray, "h w"], reach: float
) -> Float[np.ndarray, "h w c"]:
    """Return planes smoothed along paths that cross no edge of the guide.

    This is the recursive filter of the domain transform (Gastal and Oliveira 2011). Where the guide is even it keeps
    the mean.

    Args:
        planes: Of any values.
        guide: Brightness of the page in [0, 1].
        reach: Standard deviation of the smoothing in pixels.
    """
    passes = _SETTINGS.passes
    down = np.maximum(np.abs(np.diff(guide, axis=0)) - _SETTINGS.grain, 0)
    across = np.maximum(np.abs(np.diff(guide, axis=1)) - _SETTINGS.grain, 0).T
    # Each pass has half the reach of the one before, which hides the stripes of one-dimensional filters.
    first, last = (reach * math.sqrt(3) * 2 ** (passes - i) / math.sqrt(4**passes - 1) for i in (1, passes))
    # Rows of one plane lie together, so that each step of the filter works on long runs of memory.
    rows = np.array(planes.transpose(0, 2, 1), np.float32, order="C")
    _filter_rows(rows, down, reach, first)
    columns = np.ascontiguousarray(rows.transpose(2, 1, 0))
    _filter_rows(columns, across, reach, first)
    _filter_rows(columns, across, reach, last)
    rows = np.ascontiguousarray(columns.transpose(2, 1, 0))
    _filter_rows(rows, down, reach, last)
    return rows.transpose(0, 2, 1)


def _filter_rows(rows: np.ndarray, steps: np.ndarray, reach: float, sigma: float) -> None:
    """Filter rows [n c m] in place, to the end and back; `steps` [n-1 m] are the edges between them."""
    feedback = np.exp(-math.sqrt(2) / sigma * (1 + reach / _SETTINGS.edge * steps)).astype(np.float32)
    difference = np.empty_like(rows[0])
    for i in range(1, len(rows)):
        np.subtract(rows[i - 1], rows[i], out=difference)
        difference *= feedback[i - 1]
        rows[i] += difference
    for i in range(len(rows) - 2, -1, -1):
        np.subtract(rows[i + 1], rows[i], out=difference)
        difference *= feedback[i]
        rows[i] += difference
