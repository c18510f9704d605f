"""Fréchet and kernel distance between two sets of pictures, each picture a vector of features."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float

FeatureVectors = Float[Any, "n d"]


def frechet_distance(one: FeatureVectors, other: Float[Any, "m d"]) -> float:
    """Return the squared Fréchet distance of normal distributions fitted to two sets (Heusel et al. 2017, eq. 6).

    Biased upwards if there are few pictures: compare only sets of one size.

    Args:
        one: Features, one row for each picture.
        other: Features of the other set.

    Raises:
        ValueError: A set has fewer than two vectors, or vectors differ in size or are not finite.
    """
    (a, mean_a), (b, mean_b) = (_centred(vectors) for vectors in _checked(one, other))
    # The trace of the root of the covariances' product is the sum of the singular values of a b^T: real, without
    # squaring anything, and a small matrix if there are fewer pictures than features.
    mixed = np.linalg.norm(a @ b.T, "nuc")
    return max(float(np.square(mean_a - mean_b).sum() + np.square(a).sum() + np.square(b).sum() - 2 * mixed), 0.0)


def kernel_distance(one: FeatureVectors, other: Float[Any, "m d"]) -> float:
    """Return the unbiased squared maximum mean discrepancy under (x . y / d + 1)^3 (Binkowski et al. 2018).

    Computed over all pairs, without the random subsets of other implementations. For two samples of one distribution it
    is near 0, above or below.

    Args:
        one: Features, one row for each picture.
        other: Features of the other set.

    Raises:
        ValueError: A set has fewer than two vectors, or vectors differ in size or are not finite.
    """
    a, b = _checked(one, other)
    return float(_mean_of_pairs(a) + _mean_of_pairs(b) - 2 * _kernel(a, b).mean())


def _checked(one: FeatureVectors, other: FeatureVectors) -> tuple[Float[np.ndarray, "n d"], Float[np.ndarray, "m d"]]:
    a, b = (np.asarray(vectors, np.float64) for vectors in (one, other))
    if min(len(a), len(b)) < 2:
        raise ValueError(
            f"{min(len(a), len(b))} pictures are too few for a distance between sets; it needs two at least"
        )
    if a.shape[1:] != b.shape[1:]:
        raise ValueError(f"features of shapes {a.shape} and {b.shape} have no distance; they must be of one size")
    for vectors in (a, b):
        bad = np.flatnonzero(~np.isfinite(vectors).all(1))
        if len(bad):
            raise ValueError(f"features of picture {bad[0]} of {len(vectors)} are not finite; are its pixels?")
    return a, b


def _centred(vectors: Float[np.ndarray, "n d"]) -> tuple[Float[np.ndarray, "k d"], Float[np.ndarray, " d"]]:
    """Return a matrix a of at most d rows such that a^T a is the unbiased covariance, and the mean."""
    mean = vectors.mean(0)
    deviations = (vectors - mean) / np.sqrt(len(vectors) - 1)
    if len(deviations) > deviations.shape[1]:
        # R^T R of the QR decomposition is the same covariance with fewer rows.
        deviations = np.linalg.qr(deviations).R
    return deviations, mean


def _kernel(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return (a @ b.T / a.shape[1] + 1) ** 3


def _mean_of_pairs(vectors: np.ndarray) -> float:
    """Return the mean kernel of all pairs of different vectors."""
    count, kernel = len(vectors), _kernel(vectors, vectors)
    return (kernel.sum() - np.trace(kernel)) / (count * (count - 1))
