"""The size at which a model looks at a page: lines not too thin for it, screentones not beating with its pixels."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from scipy import ndimage

Gray = Float[np.ndarray, "h w"]

SIZES = (512, 768, 1024)
# The width that a page's lines should have when the model sees them.
_SEEN_LINE = 1.25
# Dots so many pixels apart are neither told apart nor even grey: they beat with the pixels.
_BEATS = (1.2, 2.4)


def working_size(
    even: Gray, pitch: float | None, sizes: tuple[int, ...] = SIZES, scale: float = 1.0
) -> tuple[int, int]:
    """Height and width at which a page is seen: one of `sizes` for its shorter side, never larger than the page.

    even: the page in [0, 1] without screentones, which are `pitch` apart (see `screentone`). The smallest
    size that keeps the lines about 1.25 pixels wide is taken, or the next one where screentones would beat with its
    pixels. `scale`: sizes and lines for a model that has learned from pages so much smaller. ValueError for a size or
    a scale that leaves no pixel, or no sizes.
    """
    sizes = tuple(round(size * scale) for size in sizes)
    if not sizes or min(sizes) < 1:
        raise ValueError(f"working sizes are {sizes}; give one or more, in pixels of a page's shorter side")
    line = line_width(even)
    shorter = min(even.shape)
    fitting = [size for size in sorted(sizes) if size <= shorter] or [shorter]
    wanted = shorter * _SEEN_LINE * scale / line if line else fitting[0]
    enough = [size for size in fitting if size >= wanted] or fitting[-1:]
    steady = [size for size in enough if pitch is None or not _BEATS[0] < pitch * size / shorter < _BEATS[1]]
    size = (steady or enough)[0]
    return scaled_to(size, even.shape)


def scaled_to(size: int, shape: tuple[int, ...]) -> tuple[int, int]:
    """Height and width of a page of a shape whose shorter side is to have `size` pixels."""
    height, width = (max(1, round(side * size / min(shape))) for side in shape[:2])
    return height, width


def line_width(gray: Gray) -> float | None:
    """The width in pixels of the middle line of a page in [0, 1] without screentones; None where it has no lines.

    Lines are what is darker than half the paper and no wider than 2 % of the page.
    """
    ink = gray < 0.5 * np.quantile(gray[::4, ::4], 0.98)
    depth = ndimage.distance_transform_edt(ink)
    ridge = ink & (depth >= ndimage.maximum_filter(depth, 3)) & (depth <= 0.01 * min(gray.shape))
    if ridge.sum() < 50:
        return None
    # A line of three pixels is two deep, one of four as well.
    return float(2 * np.median(depth[ridge]) - 0.5)
