"""The hints of a page as a network sees them: maps of colours and of the places where there are any."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Bool, Float
from PIL import Image, ImageDraw
from scipy import ndimage

from mangagan.color import srgb_to_lab
from mangagan.infer.guidance.hints_file import Hint, PageHints

# Models learn from squares of 1 to 9 pixels, a few on a page: regions are shown as squares, not filled.
_SQUARE, _APART = 5, 24


def hint_maps(
    hints: PageHints, height: int, width: int
) -> tuple[Float[np.ndarray, "h w 2"], Float[np.ndarray, "h w 1"]]:
    """`hint_ab` (CIE ab over 110, 0 where there is no hint) and `hint_mask` (1 where there is) at a working size.

    Points, and strokes of one place, are squares of 5 pixels, strokes as wide as drawn but 1 to 9 pixels, regions
    squares of 5 pixels 24 apart within their outline: the shapes that `mangagan.tasks.hints` trains with.
    """
    ab, mask = np.zeros((height, width, 2), np.float32), np.zeros((height, width, 1), np.float32)
    scale = np.array([width / hints.width, height / hints.height])
    for hint in hints.hints:
        places = [tuple((np.array(place) + 0.5) * scale - 0.5) for place in hint.places]
        shown = _drawn(hint, places, height, width, float(scale.mean()))
        ab[shown] = srgb_to_lab(np.array(hint.color, np.float32) / 255)[1:] / 110
        mask[shown] = 1
    return ab, mask


def _drawn(hint: Hint, places: list[Any], height: int, width: int, scale: float) -> Bool[np.ndarray, "h w"]:
    plane = Image.new("1", (width, height))
    pen = ImageDraw.Draw(plane)
    if len(places) == 1:
        _square(pen, *places[0])
    elif hint.kind == "stroke":
        pen.line(places, fill=1, width=min(max(round(hint.width * scale), 1), 9), joint="curve")
    else:
        pen.polygon(places, fill=1)
    drawn = np.array(plane)
    return _squares_within(drawn) if hint.kind == "region" else drawn


def _square(pen: ImageDraw.ImageDraw, x: float, y: float) -> None:
    left, top = round(x) - _SQUARE // 2, round(y) - _SQUARE // 2
    pen.rectangle((left, top, left + _SQUARE - 1, top + _SQUARE - 1), fill=1)


def _squares_within(region: Bool[np.ndarray, "h w"]) -> Bool[np.ndarray, "h w"]:
    """Squares a fixed way apart that lie whole in a region; the middle of a region that holds none."""
    room = ndimage.binary_erosion(region, np.ones((_SQUARE, _SQUARE)))
    centers = np.zeros_like(region)
    centers[_APART // 2 :: _APART, _APART // 2 :: _APART] = True
    centers &= room
    if not centers.any() and region.any():
        depth = ndimage.distance_transform_cdt(np.pad(region, 1))[1:-1, 1:-1]
        centers[np.unravel_index(depth.argmax(), depth.shape)] = True
    return ndimage.binary_dilation(centers, np.ones((_SQUARE, _SQUARE))) & region
