"""Sample masks for inpainting: float32 [h w 1], 1 in the holes, which cover a given share of the picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from mangagan.data.degradation import hole_shapes

Mask = Float[np.ndarray, "h w 1"]
Holes = Bool[np.ndarray, "h w"]

# Classes of the covered share by which papers on inpainting report their metrics.
AREA_CLASSES = ((0.01, 0.1), (0.1, 0.2), (0.2, 0.3), (0.3, 0.4), (0.4, 0.5), (0.5, 0.6))


class _HoleKind(NamedTuple):
    """A shape, the mean share of the picture that it covers at scale 1, and the range of scales that look realistic."""

    draw: Callable[..., Holes]
    share: float
    smallest: float
    largest: float


HOLE_KINDS = {
    "rectangles": _HoleKind(hole_shapes.rectangle, 0.19, 0.1, 2.0),
    "strokes": _HoleKind(hole_shapes.strokes, 0.16, 0.15, 1.2),
    "balloons": _HoleKind(hole_shapes.balloon, 0.12, 0.3, 2.0),
    "scratches": _HoleKind(hole_shapes.scratches, 0.02, 0.3, 3.0),
    "dust": _HoleKind(hole_shapes.dust, 0.025, 0.1, 4.0),
}
_MOST_SHAPES = 100


def draw_mask(
    height: int, width: int, rng: np.random.Generator, low: float, high: float, kinds: Sequence[str] = tuple(HOLE_KINDS)
) -> Mask:
    """Sample a mask of one or several kinds of holes that covers a share of the pixels in [low, high].

    Shapes are added until the share is reached; each is scaled to a part of the missing share, and the last one is cut
    off along a line. Where no whole number of pixels lies in the range, the nearest number is covered.

    Args:
        height: in pixels.
        width: in pixels.
        rng: the random generator of the mask.
        low: the smallest share.
        high: the largest share.
        kinds: names in HOLE_KINDS.
    """
    fewest, most = int(np.ceil(low * height * width)), int(high * height * width)
    goal = int(rng.integers(fewest, most, endpoint=True)) if fewest <= most else round(low * height * width)
    # A random number of kinds: some masks have a single one, others a mixture.
    chosen = rng.permutation(list(kinds))[: rng.integers(1, len(kinds), endpoint=True)]
    mask, missing = np.zeros((height, width), bool), goal
    for _ in range(_MOST_SHAPES):
        # Shapes for the last tenth would be too small.
        if missing <= min(goal - fewest, goal // 10):
            break
        missing -= _add(mask, _draw(HOLE_KINDS[rng.choice(chosen)], height, width, rng, missing), missing, rng)
    else:
        _add(mask, ~mask, missing, rng)
    return mask[..., None].astype(np.float32)


def draw_class(
    height: int, width: int, rng: np.random.Generator, number: int, kinds: Sequence[str] = tuple(HOLE_KINDS)
) -> Mask:
    """Sample a mask whose share is in AREA_CLASSES[number]."""
    return draw_mask(height, width, rng, *AREA_CLASSES[number], kinds)


def deepfill_mask(height: int, width: int, rng: np.random.Generator) -> Mask:
    """Sample a rectangle and one to three brush strokes, with any share (Yu et al. 2019, arXiv 1806.03589)."""
    mask = hole_shapes.rectangle(height, width, rng) | hole_shapes.strokes(height, width, rng)
    return mask[..., None].astype(np.float32)


def _draw(kind: _HoleKind, height: int, width: int, rng: np.random.Generator, missing: int) -> Holes:
    """Draw a shape that covers about three to nine tenths of the missing pixels."""
    share = missing / (height * width) * rng.uniform(0.3, 0.9)
    return kind.draw(height, width, rng, float(np.clip(np.sqrt(share / kind.share), kind.smallest, kind.largest)))


def _add(mask: Holes, shape: Holes, most: int, rng: np.random.Generator) -> int:
    """Add at most `most` pixels of a shape to the mask, counted from a random side; return how many were added."""
    new = shape & ~mask
    count = int(new.sum())
    if count > most:
        side = int(rng.integers(4))
        rows = np.rot90(new, side)
        # `rot90` returns a view: this clears the surplus pixels of `new`.
        rows[np.unravel_index(np.flatnonzero(rows)[most:], rows.shape)] = False
    mask |= new
    return min(count, most)
