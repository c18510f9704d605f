"""Histograms of CIE ab: which colours pictures have, wherever they lie, and how consistent the pages of a work are."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from mangagan.evaluate.metrics.pixels import Pictures, to_lab
from mangagan.models.bins import LARGEST, SIDE, STEP

Histograms = Float[Any, "*n 23 23"]


def ab_histogram(pictures: Pictures) -> Float[Array, "b 23 23"]:
    """Return the share of each picture's pixels in 23 x 23 bins of CIE ab, 10 apart over [-110, 110].

    Each histogram sums to 1. A pixel is distributed bilinearly over its four nearest bins, so that a small change of
    colour changes the histogram by little, wherever the colour lies.

    Args:
        pictures: sRGB in [-1, 1].
    """
    places = (jnp.clip(to_lab(pictures)[..., 1:], -LARGEST, LARGEST) + LARGEST) / STEP

    # Row by row: the weights of a whole picture, 46 numbers a pixel, would take gigabytes.
    def add(total: Array, row: Float[Array, "b w 2"]) -> tuple[Array, None]:
        a, b = (jax.nn.relu(1 - jnp.abs(row[..., n, None] - jnp.arange(SIDE))) for n in (0, 1))
        return total + jnp.einsum("bwi,bwj->bij", a, b, precision=jax.lax.Precision.HIGHEST), None

    count, height, width = pictures.shape[:3]
    total, _ = jax.lax.scan(add, jnp.zeros((count, SIDE, SIDE)), jnp.moveaxis(places, 1, 0))
    return total / (height * width)


def histogram_distance(one: Histograms, other: Histograms) -> Float[Any, "*n"]:
    """Return the Jensen-Shannon distance (base 2): 0 for equal histograms, 1 for no colour in common.

    It is the square root of the divergence, hence a metric. Takes NumPy or JAX arrays and returns the same kind.

    Args:
        one: Histograms that sum to 1.
        other: Histograms that sum to 1.
    """
    xp = one.__array_namespace__()
    middle = (one + other) / 2
    divergence = (_information(one, middle, xp) + _information(other, middle, xp)) / 2
    # Rounding can move the divergence just outside its range.
    return xp.sqrt(xp.clip(divergence, 0, 1))


def page_agreement(
    predicted: Float[np.ndarray, "n 23 23"], truth: Float[np.ndarray, "n 23 23"]
) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
    """Return the colour consistency within a work: (error, drift) of each page against the n - 1 others.

    Pages of a work may rightly differ: a night follows a day. So the distance between the histograms of two predicted
    pages is compared with that of the same two true pages. The drift is the mean of these differences: above 0 the
    colours vary from page to page more than they should, below 0 the pages are too alike, as grey ones are. The error
    is the mean of the absolute differences, at best 0.

    Args:
        predicted: Histograms of the predicted pages, each summing to 1.
        truth: Histograms of the true pages, each summing to 1.

    Raises:
        ValueError: There are fewer than two pages, or different numbers of predicted and true ones.
    """
    if len(predicted) != len(truth) or len(predicted) < 2:
        raise ValueError(
            f"consistency within a work: {len(predicted)} predicted pages and {len(truth)} true ones; "
            "it needs as many of either, and two at least"
        )
    excess = np.stack([histogram_distance(p, predicted) - histogram_distance(t, truth)
                       for p, t in zip(predicted, truth, strict=True)])  # fmt: skip
    np.fill_diagonal(excess, 0)  # a page has no distance to itself
    others = len(predicted) - 1
    return np.abs(excess).sum(1) / others, excess.sum(1) / others


def _information(share: Any, middle: Any, xp: Any) -> Any:
    """Return the Kullback-Leibler divergence in bits; a bin without pixels adds nothing."""
    some = share > 0
    ratio = xp.where(some, share, 1) / xp.where(some, middle, 1)
    return xp.sum(share * xp.log2(ratio), axis=(-2, -1))
