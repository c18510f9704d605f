"""Colours of a small picture brought to a page's size, and held back by the lines of the page."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float
from PIL import Image
from scipy import ndimage

Gray = Float[np.ndarray, "h w"]

# Crossing a step of this height in the page costs as much as walking one reach.
_EDGE = 0.15
# Steps as low as this are noise and paper grain.
_GRAIN = 0.02
# What a pixel that saw both sides of an edge still counts, so that a place that has none better gets its colour.
_MIXED = 0.02
_PASSES = 2


def resized(
    planes: Float[np.ndarray, "h w c"], height: int, width: int, kind: Image.Resampling
) -> Float[np.ndarray, "H W c"]:
    """Planes [h w c] of any values at another size, float32."""
    whole = [
        np.asarray(Image.fromarray(np.ascontiguousarray(planes[..., c], np.float32)).resize((width, height), kind))
        for c in range(planes.shape[-1])
    ]
    return np.stack(whole, axis=-1)


def trust(steer: Gray, height: int, width: int) -> Float[np.ndarray, "H W"]:
    """How far each pixel of a picture of height x width saw one side of an edge of `steer` only, from 0.02 to 1."""
    scale = max(steer.shape[0] / height, steer.shape[1] / width)
    side = 2 * int(1.5 * scale) + 1
    span = ndimage.maximum_filter(steer, side, mode="nearest") - ndimage.minimum_filter(steer, side, mode="nearest")
    rows = ((np.arange(height) + 0.5) * steer.shape[0] / height).astype(int)
    columns = ((np.arange(width) + 0.5) * steer.shape[1] / width).astype(int)
    span = span[rows[:, None], columns]
    return _MIXED + (1 - _MIXED) * np.exp(-np.square(span / 0.2))


def spread(planes: Float[np.ndarray, "h w c"], steer: Gray, reach: float) -> Float[np.ndarray, "h w c"]:
    """Planes smoothed over about `reach` pixels along ways that cross no edge of `steer` [h w] in [0, 1].

    The recursive filter of the domain transform (Gastal and Oliveira 2011). It keeps the mean where steer is even.
    """
    down = np.maximum(np.abs(np.diff(steer, axis=0)) - _GRAIN, 0)
    across = np.maximum(np.abs(np.diff(steer, axis=1)) - _GRAIN, 0).T
    first, last = (reach * math.sqrt(3) * 2 ** (_PASSES - i) / math.sqrt(4**_PASSES - 1) for i in (1, _PASSES))
    # Rows of one plane lie together: each step of the filter works on long runs of memory.
    rows = np.array(planes.transpose(0, 2, 1), np.float32, order="C")
    _along(rows, down, reach, first)
    columns = np.ascontiguousarray(rows.transpose(2, 1, 0))
    _along(columns, across, reach, first)
    _along(columns, across, reach, last)
    rows = np.ascontiguousarray(columns.transpose(2, 1, 0))
    _along(rows, down, reach, last)
    return rows.transpose(0, 2, 1)


def _along(rows: np.ndarray, steps: np.ndarray, reach: float, sigma: float) -> None:
    """Filters rows [n c m] in place, to the end and back; steps [n-1 m] are the edges between them."""
    feedback = np.exp(-math.sqrt(2) / sigma * (1 + reach / _EDGE * steps)).astype(np.float32)
    work = np.empty_like(rows[0])
    for i in range(1, len(rows)):
        np.subtract(rows[i - 1], rows[i], out=work)
        work *= feedback[i - 1]
        rows[i] += work
    for i in range(len(rows) - 2, -1, -1):
        np.subtract(rows[i + 1], rows[i], out=work)
        work *= feedback[i]
        rows[i] += work


def upsampled(
    picture: Float[np.ndarray, "h w c"], weight: Float[np.ndarray, "h w"], steer: Float[np.ndarray, "H W"]
) -> Float[np.ndarray, "H W c"]:
    """A small picture at the size of `steer`, each colour from the pixels of the same side of its lines.

    picture [h w c] holds any values, weight [h w] is positive (see `trust`), steer [H W] is the page in [0, 1],
    without screentones (see `tones.without_tones`).
    """
    height, width = steer.shape
    weighted = np.concatenate([picture * weight[..., None], weight[..., None]], axis=-1)
    large = resized(weighted, height, width, Image.Resampling.BILINEAR)
    reach = 1.5 * max(height / picture.shape[0], width / picture.shape[1], 1.0)
    large = spread(large, steer, reach)
    return large[..., :-1] / large[..., -1:]
