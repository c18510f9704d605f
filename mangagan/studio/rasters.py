"""Operations as pictures: holes, places that become paper, places that are restored, and hints of colour."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from jaxtyping import Bool, Float
from PIL import Image, ImageDraw
from scipy import ndimage

from mangagan.images.ink_regions import ink_regions
from mangagan.images.picture import Pixels
from mangagan.infer.guidance.hints_file import VERSION
from mangagan.studio.operations import Operation, Place

Mask = Bool[np.ndarray, "h w"]

# A flooded region gets so many dots of colour, at most.
_FLOOD_POINTS = 48


def mask_of(operations: Iterable[Operation], kind: str, height: int, width: int) -> Mask:
    """Return the mask that the operations of a kind ("mask" or "white") have drawn, in their order.

    Args:
        operations: Of a page; those of other kinds are passed over.
        kind: "mask" or "white".
        height: Of the page, in pixels.
        width: Of the page, in pixels.
    """
    result = np.zeros((height, width), bool)
    for operation in operations:
        if operation.kind == kind:
            result = _changed(result, operation)
    return result


def restored_share(operations: Iterable[Operation], height: int, width: int) -> Float[np.ndarray, "h w"] | None:
    """Return how far the original is painted back at each pixel, from 0 to 1; None where it is nowhere."""
    result = None
    for operation in operations:
        if operation.kind == "restore":
            drawn = _drawn(operation, height, width).astype(np.float32)
            if operation.softness:
                drawn = ndimage.gaussian_filter(drawn, operation.softness * operation.width / 4)
            result = drawn if result is None else np.maximum(result, drawn)
    return result


def hints_json(operations: Iterable[Operation], pixels: Pixels) -> dict[str, Any] | None:
    """Return the hints of a page as the JSON object that `mangagan colorize --hints` reads; None without any.

    Args:
        operations: Of the page; those that are no hints are passed over.
        pixels: The page in 8-bit sRGB.
    """
    points: list[dict[str, Any]] = []
    strokes: list[dict[str, Any]] = []
    regions: list[dict[str, Any]] = []
    for operation in operations:
        color, places = {"color": operation.color}, [list(place) for place in operation.places]
        if operation.kind == "point":
            points.append({"at": places[0]} | color)
        elif operation.kind == "flood":
            points += [{"at": list(place)} | color for place in _flooded(operation.places[0], pixels)]
        elif operation.kind == "stroke":
            strokes.append({"path": places, "width": operation.width} | color)
        elif operation.kind == "region":
            regions.append({"outline": places} | color)
    found = {"points": points, "strokes": strokes, "regions": regions}
    height, width = pixels.shape[:2]
    return {"version": VERSION, "size": [width, height]} | found if any(found.values()) else None


def _flooded(place: Place, pixels: Pixels) -> tuple[Place, ...]:
    """Return dots that are spread over the region that ink encloses around a place."""
    regions = ink_regions(np.asarray(Image.fromarray(pixels).convert("L")))
    x, y = (int(part) for part in place)
    region = regions == regions[y, x]
    inner = ndimage.binary_erosion(region, iterations=3)
    rows, columns = np.nonzero(inner if inner.any() else region)
    # A fixed stride in the order of rows is spread evenly enough, and the same each time.
    taken = np.linspace(0, len(rows) - 1, min(_FLOOD_POINTS, len(rows))).astype(int)
    return (place, *((float(columns[index]), float(rows[index])) for index in taken))


def _changed(mask: Mask, operation: Operation) -> Mask:
    if operation.shape == "clear":
        return np.zeros_like(mask)
    if operation.shape == "invert":
        return ~mask
    if operation.shape == "grow":
        return _grown(mask, operation.by)
    drawn = _drawn(operation, *mask.shape)
    return mask & ~drawn if operation.erase else mask | drawn


def _grown(mask: Mask, by: int) -> Mask:
    """Return a mask with a rim of so many pixels more, or fewer where it is negative."""
    if not by or not mask.any() or mask.all():
        return mask
    if by > 0:
        return ndimage.distance_transform_edt(~mask) <= by
    return ndimage.distance_transform_edt(mask) > -by


def _drawn(operation: Operation, height: int, width: int) -> Mask:
    """Return the pixels that a stroke or an outline covers."""
    picture = Image.new("1", (width, height))
    draw = ImageDraw.Draw(picture)
    if operation.shape == "polygon":
        draw.polygon(operation.places, fill=1)
        return np.asarray(picture)
    # A box of Pillow holds its last pixel.
    radius = (operation.width - 1) / 2
    if len(operation.places) > 1:
        draw.line(operation.places, fill=1, width=max(1, round(operation.width)), joint="curve")
    for x, y in (operation.places[0], operation.places[-1]):
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=1)
    return np.asarray(picture)
