"""The margins and gutters of panels on black: white that the black of a page encloses."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Int
from scipy import ndimage

from mangagan.infer.page.gutters import long_pieces, narrow_parts
from mangagan.infer.page.settings import PAGE

Mask = Bool[np.ndarray, "h w"]
Areas = Int[np.ndarray, "h w"]

_SETTINGS = PAGE.gutters


def enclosed_gutter_mask(areas: Areas, black: Mask) -> Mask:
    """Return the margins and gutters that solid black encloses, such as on a black page or a strip of a webtoon.

    What lies within black that reaches the rim of the page is looked at as a small page of its own. Nothing is found
    on a page without such black.

    Args:
        areas: The connected white areas of the page, numbered from 1; 0 is not white.
        black: What is black.
    """
    result = np.zeros(areas.shape, bool)
    surround = _surround(black)
    if not surround.any():
        return result
    # Up to the white: its edge is neither black nor white.
    surround |= ndimage.binary_dilation(surround, iterations=_SETTINGS.edge_width) & (areas == 0)
    islands, _ = ndimage.label(~surround)
    for number, box in enumerate(ndimage.find_objects(islands), 1):
        rims = sum((side.start == 0) + (side.stop == whole) for side, whole in zip(box, areas.shape, strict=True))
        # An island along two rims of a page is what a black panel, which runs off the page, leaves of it.
        if rims < 2 and _is_large([side.stop - side.start for side in box], min(areas.shape)):
            island = islands[box] == number
            inside = np.where(island, areas[box], 0)
            result[box] |= _margin_and_gutters(_extended(inside, island), min(areas.shape)) & (inside > 0)
    return result


def _surround(black: Mask) -> Mask:
    """Return the black that is wider than a line or a frame and reaches the rim."""
    width = round(_SETTINGS.solid_width * min(black.shape)) | 1
    solid = ndimage.maximum_filter(ndimage.minimum_filter(black, width, mode="constant"), width)
    labels, count = ndimage.label(solid)
    on_rim = np.zeros(count + 1, bool)
    on_rim[np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])] = True
    return on_rim[labels] & solid


def _is_large(shape: Sequence[int], shorter: int) -> bool:
    return _is_panel(shape, shorter) or max(shape) >= _SETTINGS.least_span * shorter


def _is_panel(shape: Sequence[int], shorter: int) -> bool:
    return min(shape) >= _SETTINGS.least_panel * shorter


def _extended(inside: Areas, island: Mask) -> Areas:
    """Return the areas of an island with those at its sides extended to its box.

    Where black ends is not white at once, and not in one row: scans are crooked.
    """
    result = inside.copy()
    for turns in range(4):
        areas, part = np.rot90(result, turns), np.rot90(island, turns)
        starts = np.minimum(part.argmax(axis=1) + _SETTINGS.edge_width, part.shape[1] - 1)
        reach = _SETTINGS.edge_width + _SETTINGS.crooked * len(part)
        before = (np.arange(part.shape[1]) < starts[:, None]) & (starts <= reach)[:, None]
        areas[before] = np.broadcast_to(areas[np.arange(len(part)), starts][:, None], part.shape)[before]
    return result


def _margin_and_gutters(inside: Areas, shorter: int) -> Mask:
    """Return the margin and the gutters of what lies within black.

    A margin covers two opposite sides. A gutter runs from one side to the other and along none: a sky does.

    Args:
        inside: White areas, numbered; 0 is not white.
        shorter: Side of the page.
    """
    result = np.zeros(inside.shape, bool)
    pairs = (inside[0], inside[-1]), (inside[:, 0], inside[:, -1])
    boxes = ndimage.find_objects(inside)
    for number in np.union1d(*(np.intersect1d(*pair) for pair in pairs)):
        shares = [[float((side == number).mean()) for side in pair] for pair in pairs]
        is_margin = any(min(pair) >= _SETTINGS.side_share for pair in shares)
        is_gutter = _is_panel(inside.shape, shorter) and max(map(max, shares)) <= _SETTINGS.end_share
        if number and (is_margin or is_gutter):
            box = boxes[number - 1]
            result[box] |= _white_of(inside[box] == number, is_margin, shorter)
    return result


def _white_of(area: Mask, is_margin: bool, shorter: int) -> Mask:
    """Return what is not picture of an area that is a margin or a gutter, with what white opens into it."""
    straight = _straight_parts(area, shorter)
    if straight.sum() <= (_SETTINGS.narrow_share if is_margin else _SETTINGS.straight_share) * area.sum():
        straight[:] = False
    return straight | _level_margin(area, round(_SETTINGS.widest * shorter)) if is_margin else straight


def _straight_parts(area: Mask, shorter: int) -> Mask:
    """Return the long, narrow parts of an area along rows or columns of the page."""
    narrow = narrow_parts(area, _SETTINGS.widest / 2 * shorter)
    length = round(_SETTINGS.straight * shorter) | 1
    straight = np.zeros_like(area)
    for axis in (0, 1):
        lines = ndimage.minimum_filter1d(narrow, length, axis, mode="constant")
        straight |= ndimage.maximum_filter1d(lines, length, axis)
    return long_pieces(straight, round(_SETTINGS.shortest * shorter))


def _level_margin(area: Mask, widest: int) -> Mask:
    """Return the margin along the sides of an area, where two opposite sides have margins of about one depth.

    The depth of a margin is the most frequent one of a side. White that opens into it is a part of the picture.
    """
    depths, bands = [], []
    for turns in range(4):
        view = np.logical_and.accumulate(np.rot90(area, turns), axis=1)
        depths.append(_level_depth(view.sum(axis=1), widest))
        bands.append(np.rot90(view & (np.arange(view.shape[1]) < depths[-1]), -turns))
    alike = (0 < max(pair) <= _SETTINGS.side_ratio * min(pair) for pair in (depths[::2], depths[1::2]))
    return np.logical_or.reduce(bands) if any(alike) else np.zeros_like(area)


def _level_depth(depths: Int[np.ndarray, " n"], widest: int) -> int:
    """Return the depth that a good part of a side has, to a pixel; 0 where it has none."""
    if (depths > 0).mean() < _SETTINGS.side_share:
        return 0
    counts = np.bincount(depths[(depths > 0) & (depths <= widest)], minlength=3)
    near = np.convolve(counts, np.ones(3, int), "same")
    return int(near.argmax()) + 1 if near.max() >= _SETTINGS.level_share * len(depths) else 0
