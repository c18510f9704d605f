"""Instances for pages that have no instance map: the areas that the lines of a page enclose."""

from __future__ import annotations

import numpy as np
from jaxtyping import Int, UInt8
from scipy import ndimage


def ink_regions(
    gray: UInt8[np.ndarray, "h w"],
    *,
    tone: float = 1.5,
    line: int = 12,
    contrast: int = 14,
    black: int = 48,
    gap: int = 3,
    smallest: int = 64,
    count: int = 256,
) -> Int[np.ndarray, "h w"]:
    """Return the areas of a page as numbers 0, 1, 2 ... from the largest to the smallest.

    As in a flat-colouring tool, an area is connected and lies on one side of the lines. Ink is what is darker than its
    surroundings; a solid black that is wider than a line (hair, night) is an area as well. All other ink, areas that
    are too small and those beyond the `count` largest belong to the nearest area. The result is deterministic.

    Args:
        gray: Grey values of the page, uint8 in [0, 255].
        tone: Sigma in pixels of the Gaussian blur that removes screentones first; 0 for a page without them.
        line: Reach in pixels of the surroundings, and the width up to which black is a line.
        contrast: Grey levels by which ink is darker than the mean of its surroundings.
        black: Grey level below which a wide shape is an area of its own.
        gap: Width in pixels of the gaps in lines that are closed.
        smallest: Fewest pixels of an area.
        count: Most areas of a page.

    Returns:
        The number of the area of each pixel, int32 in [0, count).

    Raises:
        ValueError: The page is not uint8 [h w], or `count` is below 1.
    """
    if gray.dtype != np.uint8 or gray.ndim != 2:
        raise ValueError(f"regions are found in grey values, uint8 [h w], not in {gray.dtype} {list(gray.shape)}")
    if count < 1:
        raise ValueError(f"count={count}: it must be at least 1")
    # Without the blur every dot of a screentone would be an area.
    smooth = ndimage.gaussian_filter(gray.astype(np.float32), tone, mode="nearest")
    around = ndimage.uniform_filter(smooth, 2 * line + 1, mode="nearest")
    solid = _wider(smooth < black, line)
    # Black shapes are numbered after the light ones, as areas of the same kind.
    paper, papers = ndimage.label(_wider((smooth >= around - contrast) & ~solid, gap))
    solids, _ = ndimage.label(solid)
    areas = _largest(np.where(solid, papers + solids, paper), smallest, count)
    return _largest(_grown(areas), 1, count) - 1


def _wider(mask: np.ndarray, pixels: int) -> np.ndarray:
    """Return the parts of a mask that are wider than `pixels`: the squares of the next size that fit into it."""
    return ndimage.grey_opening(mask, pixels + 1, mode="nearest") & mask


def _largest(labels: np.ndarray, smallest: int, count: int) -> np.ndarray:
    """Return labels renumbered from 1 by falling size (ties by old number), and 0 where too small or too many."""
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    order = np.argsort(-sizes, kind="stable")[:count]
    order = order[sizes[order] >= max(smallest, 1)]
    numbers = np.zeros(len(sizes), np.int32)
    numbers[order] = np.arange(1, len(order) + 1)
    return numbers[labels]


def _grown(labels: np.ndarray) -> np.ndarray:
    """Return labels in which each pixel of label 0 has the nearest label; a page without labels is one area."""
    if not labels.any():
        return np.ones_like(labels)
    rows, columns = ndimage.distance_transform_edt(labels == 0, return_distances=False, return_indices=True)
    return labels[rows, columns]
