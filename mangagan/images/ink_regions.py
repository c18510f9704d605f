"""Instances for pages that come without: the areas that a page's lines enclose."""

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
    """The areas of a page [h w] as int32 numbers 0, 1, 2 ... from the largest to the smallest, `count` at most.

    As a flat colouring tool finds them: an area is what hangs together on one side of the lines. The page is blurred
    by `tone` pixels first (the sigma of a Gaussian; 0 where none are), so that screentones are no lines. Ink is what is
    then darker by more than `contrast` than the mean of the pixels up to `line` away; ways of up to `gap` pixels
    through it are closed. What is darker than `black` and wider than `line` is an area too (hair, night). All other
    ink, areas of fewer than `smallest` pixels and those beyond the `count` largest belong to the nearest area.
    A page always has the same areas. Raises ValueError where it is no uint8 [h w], or `count` is below 1.
    """
    if gray.dtype != np.uint8 or gray.ndim != 2:
        raise ValueError(f"a page of {gray.dtype} {list(gray.shape)} has no regions; give grey values, uint8 [h w]")
    if count < 1:
        raise ValueError(f"count={count}: a page has one region at least")
    smooth = ndimage.gaussian_filter(gray.astype(np.float32), tone, mode="nearest")
    around = ndimage.uniform_filter(smooth, 2 * line + 1, mode="nearest")
    solid = _wider(smooth < black, line)
    paper, papers = ndimage.label(_wider((smooth >= around - contrast) & ~solid, gap))
    solids, _ = ndimage.label(solid)
    areas = _largest(np.where(solid, papers + solids, paper), smallest, count)
    return _largest(_grown(areas), 1, count) - 1


def _wider(mask: np.ndarray, pixels: int) -> np.ndarray:
    """What of mask is wider than `pixels`: the squares of the next size that lie in it."""
    return ndimage.grey_opening(mask, pixels + 1, mode="nearest") & mask


def _largest(labels: np.ndarray, smallest: int, count: int) -> np.ndarray:
    """labels numbered anew from 1 by falling size, ties by their old numbers; 0 where too small or too many."""
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    order = np.argsort(-sizes, kind="stable")[:count]
    order = order[sizes[order] >= max(smallest, 1)]
    numbers = np.zeros(len(sizes), np.int32)
    numbers[order] = np.arange(1, len(order) + 1)
    return numbers[labels]


def _grown(labels: np.ndarray) -> np.ndarray:
    """labels with each pixel of label 0 given the nearest one; a page without labels is one area."""
    if not labels.any():
        return np.ones_like(labels)
    rows, columns = ndimage.distance_transform_edt(labels == 0, return_distances=False, return_indices=True)
    return labels[rows, columns]
