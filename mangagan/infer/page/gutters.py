"""The margin of a page and the gutters between its panels."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Int
from scipy import ndimage

from mangagan.infer.page.settings import PAGE

Mask = Bool[np.ndarray, "h w"]

_SETTINGS = PAGE.gutters


def gutter_mask(areas: Int[np.ndarray, "h w"]) -> Mask:
    """Return the margin and the gutters of a page.

    An area from one rim of the page to another counts where it is narrow and half as long as the page. One along most
    of the rims, the margin, counts where it is narrow or visible straight from the rim; what opens into it through a
    gap in a frame does not. A white sky that runs off the page is neither.

    Args:
        areas: The connected white areas of the page, numbered from 1; 0 is not white.
    """
    height, width = areas.shape
    rim = [areas[0], areas[-1], areas[:, 0], areas[:, -1]]
    on_rim = np.bincount(np.concatenate(rim), minlength=areas.max() + 1)
    sides = np.sum([np.bincount(side, minlength=len(on_rim)) > 0 for side in rim], axis=0)
    result = np.zeros(areas.shape, bool)
    shorter = min(height, width)
    length = round(_SETTINGS.shortest * shorter)
    boxes = ndimage.find_objects(areas)
    for number in np.flatnonzero(on_rim[1:]) + 1:
        box = boxes[number - 1]
        span = max((side.stop - side.start) / whole for side, whole in zip(box, areas.shape, strict=True))
        if sides[number] < 2 or span < _SETTINGS.least_span:
            continue
        area = areas[box] == number
        narrow = narrow_parts(area, _SETTINGS.widest / 2 * shorter)
        # The margin touches three sides at least: a gutter from side to side touches two.
        if sides[number] >= 3 and on_rim[number] >= _SETTINGS.rim_share * on_rim.sum():
            result[box] |= long_pieces(narrow, length) | _visible_from_rim(area, length)
        elif narrow.sum() > _SETTINGS.narrow_share * area.sum():
            result[box] |= long_pieces(narrow, length)
    return result


def narrow_parts(mask: Mask, radius: float) -> Mask:
    """Return the parts of a mask that no disc of this radius inside it covers."""
    padded = np.pad(mask, 1)
    centers = ndimage.distance_transform_edt(padded)[1:-1, 1:-1] > radius
    if not centers.any():
        return mask
    return mask & (ndimage.distance_transform_edt(~centers) > radius + 1)


def long_pieces(mask: Mask, length: float) -> Mask:
    """Return the connected pieces of a mask that are at least so long, up or across."""
    labels, _ = ndimage.label(mask)
    boxes = ndimage.find_objects(labels)
    kept = [False] + [max(y.stop - y.start, x.stop - x.start) >= length for y, x in boxes]
    return np.array(kept)[labels]


def _visible_from_rim(mask: Mask, length: float) -> Mask:
    """Return what is visible straight from one of the four sides, as deep as a margin can be there."""
    visible = np.zeros_like(mask)
    for turns in range(4):
        view = np.logical_and.accumulate(np.rot90(mask, turns), axis=1)
        depths, whole = view.sum(axis=1), view.shape[1]
        # A row that is white from side to side is a gutter, and no margin.
        depths = np.where(depths < whole, _margin_depths(depths, length), whole)
        visible |= np.rot90(view & (np.arange(whole) < depths[:, None]), -turns)
    # The opening closes views through gaps in frames.
    return ndimage.grey_opening(visible, _SETTINGS.line_gap, mode="nearest") & mask


def _margin_depths(depths: Int[np.ndarray, " n"], length: float) -> Int[np.ndarray, " n"]:
    """Return how deep the margin is in each row: its usual depth at most, or down to an edge that is level and long.

    What is visible through an open frame, such as a white sky, is deeper and ends in curves and slopes.
    """
    if not depths.any():
        return depths
    usual = round(_SETTINGS.margin_ratio * float(np.median(depths[depths > 0])))
    runs = np.split(depths, np.flatnonzero(np.abs(np.diff(depths)) > 1) + 1)
    level = (len(run) >= length and np.ptp(run) <= _SETTINGS.tilt * len(run) for run in runs)
    return np.concatenate([run if whole else np.minimum(run, usual) for run, whole in zip(runs, level, strict=True)])
