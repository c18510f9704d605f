"""Masks for inpainting, float32 [h w 1], 1 in the holes, which have any shape and a share of the area that is asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from mangagan.data.degradation import hole_shapes

Mask = Float[np.ndarray, "h w 1"]
Holes = Bool[np.ndarray, "h w"]

# Shares of the area by which papers on inpainting report their figures.
AREA_CLASSES = ((0.01, 0.1), (0.1, 0.2), (0.2, 0.3), (0.3, 0.4), (0.4, 0.5), (0.5, 0.6))


class _Kind(NamedTuple):
    """A shape, the share of the picture that it covers on average at scale 1, and the scales at which it is itself."""

    draw: Callable[..., Holes]
    share: float
    smallest: float
    largest: float


KINDS = {
    "rectangles": _Kind(hole_shapes.rectangle, 0.19, 0.1, 2.0),
    "strokes": _Kind(hole_shapes.strokes, 0.16, 0.15, 1.2),
    "balloons": _Kind(hole_shapes.balloon, 0.12, 0.3, 2.0),
    "scratches": _Kind(hole_shapes.scratches, 0.02, 0.3, 3.0),
    "dust": _Kind(hole_shapes.dust, 0.025, 0.1, 4.0),
}
_MOST_SHAPES = 100


def draw_mask(
    height: int, width: int, rng: np.random.Generator, low: float, high: float, kinds: Sequence[str] = tuple(KINDS)
) -> Mask:
    """Holes of one or several of the kinds (names in KINDS) over a share of the pixels in [low, high].

    Shapes are added, each to fill a part of what is missing, until the share is reached; from the last one a straight
    cut takes what is too much. Where no whole number of pixels is such a share, it is the nearest one.
    """
    fewest, most = int(np.ceil(low * height * width)), int(high * height * width)
    goal = int(rng.integers(fewest, most, endpoint=True)) if fewest <= most else round(low * height * width)
    chosen = rng.permutation(list(kinds))[: rng.integers(1, len(kinds), endpoint=True)]
    mask, missing = np.zeros((height, width), bool), goal
    for _ in range(_MOST_SHAPES):
        # The last tenth would be crumbs.
        if missing <= min(goal - fewest, goal // 10):
            break
        missing -= _add(mask, _draw(KINDS[rng.choice(chosen)], height, width, rng, missing), missing, rng)
    else:
        _add(mask, ~mask, missing, rng)
    return mask[..., None].astype(np.float32)


def draw_class(
    height: int, width: int, rng: np.random.Generator, number: int, kinds: Sequence[str] = tuple(KINDS)
) -> Mask:
    """A mask of AREA_CLASSES[number]."""
    return draw_mask(height, width, rng, *AREA_CLASSES[number], kinds)


def deepfill_mask(height: int, width: int, rng: np.random.Generator) -> Mask:
    """A rectangle and one to three brush strokes, over whatever share (Yu et al. 2019, arXiv 1806.03589)."""
    mask = hole_shapes.rectangle(height, width, rng) | hole_shapes.strokes(height, width, rng)
    return mask[..., None].astype(np.float32)


def _draw(kind: _Kind, height: int, width: int, rng: np.random.Generator, missing: int) -> Holes:
    """A shape that is likely to cover three to nine tenths of the missing pixels."""
    share = missing / (height * width) * rng.uniform(0.3, 0.9)
    return kind.draw(height, width, rng, float(np.clip(np.sqrt(share / kind.share), kind.smallest, kind.largest)))


def _add(mask: Holes, shape: Holes, most: int, rng: np.random.Generator) -> int:
    """Adds at most so many pixels of a shape to the mask, from a side drawn at random on; how many they were."""
    new = shape & ~mask
    count = int(new.sum())
    if count > most:
        side = int(rng.integers(4))
        rows = np.rot90(new, side)
        # The view writes through to the pixels that are too many.
        rows[np.unravel_index(np.flatnonzero(rows)[most:], rows.shape)] = False
    mask |= new
    return min(count, most)
