"""The sizes of the pictures that a network is given: few, because a program is compiled for each."""

from __future__ import annotations

from typing import NamedTuple

from mangagan.tiles import TileSettings


class Canvas(NamedTuple):
    """A page's size on its canvas, and the canvas, in pixels; the page is in the upper left corner.

    Attributes:
        page: Height and width of the page.
        canvas: Height and width of the canvas, at least as large.
    """

    page: tuple[int, int]
    canvas: tuple[int, int]


def canvas_for(height: int, width: int, multiple: int, settings: TileSettings) -> Canvas:
    """Return the canvas of a page.

    The sides of a canvas have the ratio of usual pages. A page that is a little too long for it, or a little too wide
    for an upright one, is made smaller to fit; longer pages have canvases of their own.

    Args:
        height: Of the page, in pixels.
        width: Of the page, in pixels.
        multiple: What the network's sides must be multiples of.
        settings: The ratio and the steps of the sides.
    """
    shorter, longer = sorted((height, width))
    short_side = _up(_up(shorter, settings.step), multiple)
    long_side = _up(round(settings.ratio * short_side), multiple)
    if longer * settings.least_fit > long_side:
        long_side = _up(_up(longer, 2 * settings.step), multiple)
    upright = width * settings.least_fit <= short_side
    rows, columns = (long_side, short_side) if upright else (short_side, long_side)
    fit = min(1.0, rows / height, columns / width)
    return Canvas((max(1, round(height * fit)), max(1, round(width * fit))), (rows, columns))


def _up(side: int, step: int) -> int:
    return -(-side // step) * step
