"""Flatten the areas between lines, and find solid blacks."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float
from scipy import ndimage

from mangagan.data.drawing.press import resize_plane

Plane = Float[np.ndarray, "h w"]
Mask = Bool[np.ndarray, "h w"]

_LINE = 5  # dark lines up to so many pixels wide are removed
_RADIUS, _TEXTURE = 2, 0.06  # radius in pixels, and standard deviation, of the texture that is removed
_BLACK = 50  # pixels of the smallest solid black


def flatten_areas(plane: Plane) -> Plane:
    """Remove dark lines and texture; the edges of areas stay.

    A grey closing, then a guided filter with the plane as its own guide (He, Sun and Tang 2010).

    Args:
        plane: [h w] in [0, 1].
    """
    # Before smoothing: dark lines would otherwise darken the areas beside them.
    filled = ndimage.grey_closing(plane, size=(_LINE, _LINE))
    side = 2 * _RADIUS + 1
    mean = ndimage.uniform_filter(filled, side)
    variance = np.clip(ndimage.uniform_filter(filled * filled, side) - mean * mean, 0, None)
    edge = variance / (variance + np.float32(_TEXTURE**2))
    return ndimage.uniform_filter(edge, side) * filled + ndimage.uniform_filter(mean * (1 - edge), side)


def lift_shadows(value: Plane, lift: float) -> Plane:
    """Lighten a dark picture, because artists draw night scenes lighter than they are.

    Args:
        value: lightness [h w] in [0, 1].
        lift: the share of the difference to a mean of 0.62 that is added.
    """
    return value + np.float32(lift * max(0.62 - float(value.mean()), 0.0))


def solid_blacks(value: Plane, below: float, shape: tuple[int, int]) -> Plane:
    """Return the coverage of each pixel by solid black: where the value is below a limit.

    Areas that are small, or hardly below the limit, are left out.

    Args:
        value: flattened lightness [h w] in [0, 1].
        below: the limit.
        shape: height and width of the result.
    """
    kept = keep_connected(value < below, value < below - 0.03, _BLACK)
    dark = np.where(kept, value, np.maximum(value, np.float32(below + 0.1)))
    return np.clip((below - resize_plane(dark, shape[::-1])) * 30 + 0.5, 0, 1)


def keep_connected(faint: Mask, sure: Mask, least: int) -> Mask:
    """Keep the components of `faint` that contain at least `least` pixels of `sure` (hysteresis thresholding)."""
    labels, count = ndimage.label(faint, np.ones((3, 3), bool))
    kept = np.bincount(labels[sure & faint], minlength=count + 1) >= least
    kept[0] = False
    return kept[labels]
