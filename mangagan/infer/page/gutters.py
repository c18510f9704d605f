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
# A margin is at most so many times as deep as it mostly is.
_DEEPER = 1.5
# Of a level edge: how far a crooked scan and rounded corners may move it, in shares of its length.
_TILT = 0.2
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
            result[box] |= _long(slim, length) | _seen(stretch, length)
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


def _seen(mask: Mask, length: float) -> Mask:
    """What of a mask one sees looking straight in from one of the four rims, as far as a margin goes there."""
    seen = np.zeros_like(mask)
    for turns in range(4):
        view = np.logical_and.accumulate(np.rot90(mask, turns), axis=1)
        depths, whole = view.sum(axis=1), view.shape[1]
        depths = np.where(depths < whole, _margin(depths, length), whole)
        seen |= np.rot90(view & (np.arange(whole) < depths[:, None]), -turns)
    # Not through the gap of a line.
    return ndimage.grey_opening(seen, 5, mode="nearest") & mask


def _margin(depths: Int[np.ndarray, " n"], length: float) -> Int[np.ndarray, " n"]:
    """How deep a margin is where white is so deep: as it mostly is, or down to an edge that is level and long.

    What is seen through an open frame, a white sky, is deeper, and ends in curves and slopes.
    """
    if not depths.any():
        return depths
    usual = round(_DEEPER * float(np.median(depths[depths > 0])))
    runs = np.split(depths, np.flatnonzero(np.abs(np.diff(depths)) > 1) + 1)
    level = (len(run) >= length and np.ptp(run) <= _TILT * len(run) for run in runs)
    return np.concatenate([run if whole else np.minimum(run, usual) for run, whole in zip(runs, level, strict=True)])
