"""Which colours pictures have, wherever they lie: histograms of CIE ab, their distance, how a work's pages agree."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from mangagan.evaluate.metrics.pixels import Pictures, lab_of
from mangagan.models.bins import LARGEST, SIDE, STEP

Histograms = Float[Any, "*n 23 23"]


def ab_histogram(pictures: Pictures) -> Float[Array, "b 23 23"]:
    """The share of each picture's pixels in 23 x 23 bins of CIE ab, 10 apart over [-110, 110]; it sums to 1.

    A pixel votes for the four bins about it, the nearer the more (bilinear), so that a shade of difference moves
    a histogram by a little wherever it lies. pictures: sRGB in [-1, 1].
    """
    places = (jnp.clip(lab_of(pictures)[..., 1:], -LARGEST, LARGEST) + LARGEST) / STEP

    def add(total: Array, row: Float[Array, "b w 2"]) -> tuple[Array, None]:
        a, b = (jax.nn.relu(1 - jnp.abs(row[..., n, None] - jnp.arange(SIDE))) for n in (0, 1))
        return total + jnp.einsum("bwi,bwj->bij", a, b, precision=jax.lax.Precision.HIGHEST), None

    count, height, width = pictures.shape[:3]
    total, _ = jax.lax.scan(add, jnp.zeros((count, SIDE, SIDE)), jnp.moveaxis(places, 1, 0))
    return total / (height * width)


def histogram_distance(one: Histograms, other: Histograms) -> Float[Any, "*n"]:
    """Jensen-Shannon distance (base 2) of histograms that sum to 1: 0 for the same, 1 for no colour in common.

    The square root of the divergence, hence a metric. Takes NumPy or JAX arrays and answers with the same kind.
    """
    xp = one.__array_namespace__()
    middle = (one + other) / 2
    divergence = (_information(one, middle, xp) + _information(other, middle, xp)) / 2
    return xp.sqrt(xp.clip(divergence, 0, 1))


def page_agreement(
    painted: Float[np.ndarray, "n 23 23"], truth: Float[np.ndarray, "n 23 23"]
) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
    """Colour consistency within a work: for each of its pages, (error, drift) against its n - 1 others.

    Pages of a work may well differ: a night follows a day. So the distance of a page's histogram to that of another
    page is held against the distance of the same two pages of the truth. The drift is the mean of their differences:
    above 0 the colours wander from page to page more than they should, below 0 all pages look too much alike, as
    grey ones do. The error is the mean of the absolute differences, 0 at best. Raises ValueError for fewer than two
    pages, and for painted and true pages of different number.
    """
    if len(painted) != len(truth) or len(painted) < 2:
        raise ValueError(
            f"consistency within a work: {len(painted)} painted pages and {len(truth)} true ones; "
            "it needs as many of either, and two at least"
        )
    excess = np.stack([histogram_distance(p, painted) - histogram_distance(t, truth)
                       for p, t in zip(painted, truth, strict=True)])  # fmt: skip
    np.fill_diagonal(excess, 0)  # a page has no distance to itself
    others = len(painted) - 1
    return np.abs(excess).sum(1) / others, excess.sum(1) / others


def _information(share: Any, middle: Any, xp: Any) -> Any:
    """Kullback-Leibler divergence in bits; a bin without pixels adds nothing."""
    some = share > 0
    ratio = xp.where(some, share, 1) / xp.where(some, middle, 1)
    return xp.sum(share * xp.log2(ratio), axis=(-2, -1))
