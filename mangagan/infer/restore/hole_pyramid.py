"""Holes at smaller sizes: the depth of a hole, and pictures with holes at half their size."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from PIL import Image

from mangagan.images.picture import Pixels
from mangagan.infer.restore.holes import Hole


def erode(hole: Hole, depth: int) -> Hole:
    """Return the pixels of a hole whose neighbours up to `depth` away, on the diagonals too, are all in it.

    Beyond the borders of the picture nothing is known either, so a hole does not end there.

    Args:
        hole: The pixels of the hole.
        depth: A distance in pixels.
    """
    for axis in (0, 1):
        # Sums of known pixels before and after each reach: a pixel stays if none lies between.
        known = np.cumsum(~hole, axis=axis, dtype=np.int32)
        reach = np.arange(hole.shape[axis])
        upto = known.take(np.minimum(reach + depth, len(reach) - 1), axis)
        before = known.take(np.maximum(reach - depth - 1, 0), axis)
        start = np.expand_dims(reach <= depth, 1 - axis)
        hole = upto == np.where(start, 0, before)
    return hole


def halve(pixels: Pixels, hole: Hole) -> tuple[Pixels, Hole]:
    """Return a picture at half its size: each pixel is the mean of the known ones of four, or a hole if there is none.

    Args:
        pixels: 8-bit values.
        hole: The pixels of the hole.
    """
    rows, columns = (length % 2 for length in hole.shape)
    even = ((0, rows), (0, columns))
    known = np.pad(~hole, even, "edge")[..., None]
    values = np.pad(pixels, (*even, (0, 0)), "edge") * known
    total, count = (_sums_of_four(array.astype(np.float32)) for array in (values, known))
    return np.round(total / np.maximum(count, 1)).astype(np.uint8), count[..., 0] == 0


def upscale(pixels: Pixels, like: Hole) -> Pixels:
    """Return a picture at twice its size, cropped to the shape of another.

    Args:
        pixels: 8-bit values.
        like: An array of the wanted height and width.
    """
    height, width = pixels.shape[:2]
    larger = Image.fromarray(pixels).resize((2 * width, 2 * height), Image.Resampling.BICUBIC)
    return np.asarray(larger)[: like.shape[0], : like.shape[1]]


def _sums_of_four(array: Float[np.ndarray, "2h 2w c"]) -> Float[np.ndarray, "h w c"]:
    return array[::2, ::2] + array[1::2, ::2] + array[::2, 1::2] + array[1::2, 1::2]
