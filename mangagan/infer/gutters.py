"""The margin of a page and the gutters between its panels."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Int
from scipy import ndimage

Mask = Bool[np.ndarray, "h w"]

# Wider than this share of the page's shorter side, white is a picture's and no gutter's.
_GUTTER = 0.06
# As long, at least, is each piece of a gutter.
_LONG = 0.15
# The share of a page's rim that its margin covers at least.
_RIM = 0.5


def gutters(stretches: Int[np.ndarray, "h w"]) -> Mask:
    """The margin and the gutters among the stretches of white of a page, numbered from 1; 0 is not white.

    A stretch from one rim of the page to another counts where it is narrow and half as long as the page. One along
    most of the rims, the margin, counts where it is narrow, or seen straight from the rim: what opens into it through
    a gap in a line does not. A white sky that runs off the page is neither.
    """
    height, width = stretches.shape
    rim = [stretches[0], stretches[-1], stretches[:, 0], stretches[:, -1]]
    on_rim = np.bincount(np.concatenate(rim), minlength=stretches.max() + 1)
    sides = np.sum([np.bincount(side, minlength=len(on_rim)) > 0 for side in rim], axis=0)
    result = np.zeros(stretches.shape, bool)
    length = round(_LONG * min(height, width))
    boxes = ndimage.find_objects(stretches)
    for number in np.flatnonzero(on_rim[1:]) + 1:
        box = boxes[number - 1]
        across = max((side.stop - side.start) / whole for side, whole in zip(box, stretches.shape, strict=True))
        if sides[number] < 2 or across < 0.5:
            continue
        stretch = stretches[box] == number
        slim = _narrow(stretch, _GUTTER / 2 * min(height, width))
        if sides[number] >= 3 and on_rim[number] >= _RIM * on_rim.sum():
            result[box] |= _long(slim, length) | _seen(stretch)
        elif slim.sum() > 0.6 * stretch.sum():
            result[box] |= _long(slim, length)
    return result


def _narrow(mask: Mask, radius: float) -> Mask:
    """What of a mask no disc of that radius within it covers."""
    padded = np.pad(mask, 1)
    wide = ndimage.distance_transform_edt(padded)[1:-1, 1:-1] > radius
    if not wide.any():
        return mask
    return mask & (ndimage.distance_transform_edt(~wide) > radius + 1)


def _long(mask: Mask, length: float) -> Mask:
    """The pieces of a mask that are at least so long, up or across."""
    labels, _ = ndimage.label(mask)
    boxes = ndimage.find_objects(labels)
    kept = [False] + [max(y.stop - y.start, x.stop - x.start) >= length for y, x in boxes]
    return np.array(kept)[labels]


def _seen(mask: Mask) -> Mask:
    """What of a mask one sees looking straight in from one of the four rims."""
    views = (
        np.logical_and.accumulate(mask, axis=0),
        np.logical_and.accumulate(mask[::-1], axis=0)[::-1],
        np.logical_and.accumulate(mask, axis=1),
        np.logical_and.accumulate(mask[:, ::-1], axis=1)[:, ::-1],
    )
    seen = np.logical_or.reduce(views)
    # Not through the gap of a line.
    return ndimage.grey_opening(seen, 5, mode="nearest") & mask
