"""The size at which a network sees a page: its lines are wide enough, and its screentones make no moiré."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from scipy import ndimage

from mangagan.infer.page.settings import PAGE

_SETTINGS = PAGE.working_size
SIZES = _SETTINGS.sizes


def working_size(
    even: Float[np.ndarray, "h w"], pitch: float | None, sizes: tuple[int, ...] = SIZES, scale: float = 1.0
) -> tuple[int, int]:
    """Return the height and width at which a network sees a page, never larger than the page.

    The shorter side has the smallest of `sizes` that keeps the lines about 1.25 pixels wide, or the next one where
    screentones would make moiré with the pixels.

    Args:
        even: Brightness in [0, 1] of the page without screentones.
        pitch: Of its screentones in pixels; None without any.
        sizes: Pixels of the shorter side.
        scale: Of `sizes` and of the width of lines, for a network that was trained on pages of that scale.

    Raises:
        ValueError: There are no sizes, or a size is below 1 pixel after scaling.
    """
    sizes = tuple(round(size * scale) for size in sizes)
    if not sizes or min(sizes) < 1:
        raise ValueError(f"working sizes are {sizes}; give one or more, in pixels of a page's shorter side")
    line = line_width(even)
    shorter = min(even.shape)
    fitting = [size for size in sorted(sizes) if size <= shorter] or [shorter]
    least = shorter * _SETTINGS.line_width * scale / line if line else fitting[0]
    large_enough = [size for size in fitting if size >= least] or fitting[-1:]
    without_moire = [size for size in large_enough if pitch is None or not _has_moire(pitch * size / shorter)]
    return scaled_to((without_moire or large_enough)[0], even.shape)


def scaled_to(size: int, shape: tuple[int, ...]) -> tuple[int, int]:
    """Return the height and width of a page of this shape, scaled to a shorter side of `size` pixels."""
    height, width = (max(1, round(side * size / min(shape))) for side in shape[:2])
    return height, width


def line_width(gray: Float[np.ndarray, "h w"]) -> float | None:
    """Return the median width of the lines of a page in pixels, None where it has no lines.

    Lines are darker than half of the paper and no wider than 2 % of the page.

    Args:
        gray: Brightness in [0, 1] without screentones.
    """
    ink = gray < _SETTINGS.ink_level * np.quantile(gray[::4, ::4], _SETTINGS.white_quantile)
    depth = ndimage.distance_transform_edt(ink)
    deepest = _SETTINGS.deepest_line * min(gray.shape)
    ridge = ink & (depth >= ndimage.maximum_filter(depth, 3)) & (depth <= deepest)
    if ridge.sum() < _SETTINGS.fewest_pixels:
        return None
    # Lines of three and of four pixels are both two deep, so that the mean of both is subtracted.
    return float(2 * np.median(depth[ridge]) - _SETTINGS.width_offset)


def _has_moire(pitch: float) -> bool:
    """Return whether dots so many pixels apart are neither resolved nor averaged to an even grey."""
    low, high = _SETTINGS.moire_pitch
    return low < pitch < high
