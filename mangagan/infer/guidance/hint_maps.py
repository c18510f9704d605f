"""The hints of a page as inputs of a network: maps of colours, and of where they are."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Bool, Float
from PIL import Image, ImageDraw
from scipy import ndimage

from mangagan.color import srgb_to_lab
from mangagan.infer.guidance.hints_file import Hint, PageHints

# Networks are trained with a few squares of 1 to 9 pixels, so regions become squares and are not filled.
_SQUARE, _APART = 5, 24
# Half of the widest stroke, and what its joints add.
_MARGIN = 12


def hint_maps(
    hints: PageHints, height: int, width: int
) -> tuple[Float[np.ndarray, "h w 2"], Float[np.ndarray, "h w 1"]]:
    """Draw hints at a working size, in the shapes that `mangagan.tasks.hints` trains with.

    Points, and strokes of one place, become squares of 5 pixels; strokes keep their width, but at least 1 and at most
    9 pixels; regions become squares of 5 pixels, 24 apart, within their outline.

    Args:
        hints: The hints, in page pixels.
        height: The height of the maps.
        width: The width of the maps.

    Returns:
        `hint_ab`, CIE ab / 110, 0 where there is no hint, and `hint_mask`, 1 where there is one.
    """
    ab, mask = np.zeros((height, width, 2), np.float32), np.zeros((height, width, 1), np.float32)
    scale = np.array([width / hints.width, height / hints.height])
    for hint in hints.hints:
        places = [tuple((np.array(place) + 0.5) * scale - 0.5) for place in hint.places]
        box, shown = _drawn(hint, places, height, width, float(scale.mean()))
        ab[box][shown] = srgb_to_lab(np.array(hint.color, np.float32) / 255)[1:] / 110
        mask[box][shown] = 1
    return ab, mask


def _drawn(
    hint: Hint, places: list[Any], height: int, width: int, scale: float
) -> tuple[tuple[slice, slice], Bool[np.ndarray, "h w"]]:
    """Return a box of the page around a hint, and the pixels of the hint in it."""
    # Drawn over the whole page, thousands of small hints would take minutes.
    (left, top), (right, bottom) = np.min(places, 0) - _MARGIN, np.max(places, 0) + _MARGIN + 1
    left, top, right, bottom = (
        max(int(left), 0),
        max(int(top), 0),
        min(int(right) + 1, width),
        min(int(bottom) + 1, height),
    )
    box = (slice(top, bottom), slice(left, right))
    plane = Image.new("1", (right - left, bottom - top))
    places = [(x - left, y - top) for x, y in places]
    pen = ImageDraw.Draw(plane)
    if len(places) == 1:
        _square(pen, *places[0])
    elif hint.kind == "stroke":
        pen.line(places, fill=1, width=min(max(round(hint.width * scale), 1), 9), joint="curve")
    else:
        pen.polygon(places, fill=1)
    drawn = np.array(plane)
    return box, _squares_within(drawn, top, left) if hint.kind == "region" else drawn


def _square(pen: ImageDraw.ImageDraw, x: float, y: float) -> None:
    left, top = round(x) - _SQUARE // 2, round(y) - _SQUARE // 2
    pen.rectangle((left, top, left + _SQUARE - 1, top + _SQUARE - 1), fill=1)


def _squares_within(region: Bool[np.ndarray, "h w"], top: int, left: int) -> Bool[np.ndarray, "h w"]:
    """Squares at fixed places of the page that lie within a region, or one at its deepest point if there is none.

    Args:
        region: A box of the page.
        top: The row of the page where the box begins.
        left: The column of the page where it begins.
    """
    room = ndimage.binary_erosion(region, np.ones((_SQUARE, _SQUARE)))
    centers = np.zeros_like(region)
    centers[(_APART // 2 - top) % _APART :: _APART, (_APART // 2 - left) % _APART :: _APART] = True
    centers &= room
    if not centers.any() and region.any():
        depth = ndimage.distance_transform_cdt(np.pad(region, 1))[1:-1, 1:-1]
        centers[np.unravel_index(depth.argmax(), depth.shape)] = True
    return ndimage.binary_dilation(centers, np.ones((_SQUARE, _SQUARE))) & region
