"""Areas between the lines: flat values, and solid blacks."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float
from scipy import ndimage

from mangagan.data.drawing.press import resized

Plane = Float[np.ndarray, "h w"]
Mask = Bool[np.ndarray, "h w"]

_LINE = 5  # lines up to so many pixels wide are no areas
_RADIUS, _TEXTURE = 2, 0.06  # what is smoothed away: up to so far, and of about this deviation
_BLACK = 50  # the least pixels of a solid black


def flat(plane: Plane) -> Plane:
    """A plane [h w] in [0, 1] without its dark lines and its texture; the edges of areas stay.

    A closing, then a guided filter with the plane as its own guide (He, Sun and Tang 2010).
    """
    filled = ndimage.grey_closing(plane, size=(_LINE, _LINE))
    side = 2 * _RADIUS + 1
    mean = ndimage.uniform_filter(filled, side)
    variance = np.clip(ndimage.uniform_filter(filled * filled, side) - mean * mean, 0, None)
    edge = variance / (variance + np.float32(_TEXTURE**2))
    return ndimage.uniform_filter(edge, side) * filled + ndimage.uniform_filter(mean * (1 - edge), side)


def lifted(worth: Plane, lift: float) -> Plane:
    """A plane [h w] made lighter by a share `lift` of what a dark picture lacks: night is drawn, not painted."""
    return worth + np.float32(lift * max(0.62 - float(worth.mean()), 0.0))


def blacks(worth: Plane, below: float, shape: tuple[int, int]) -> Plane:
    """The share of each pixel under solid black, at a resolution `shape`: where a flat worth [h w] is below a limit.

    No black is small, or hardly below.
    """
    kept = connected(worth < below, worth < below - 0.03, _BLACK)
    dark = np.where(kept, worth, np.maximum(worth, np.float32(below + 0.1)))
    return np.clip((below - resized(dark, shape[::-1])) * 30 + 0.5, 0, 1)


def connected(faint: Mask, sure: Mask, least: int) -> Mask:
    """What of `faint` [h w] hangs together with so many pixels of `sure`, at least."""
    labels, count = ndimage.label(faint, np.ones((3, 3), bool))
    kept = np.bincount(labels[sure & faint], minlength=count + 1) >= least
    kept[0] = False
    return kept[labels]
