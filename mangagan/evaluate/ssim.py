"""Structural similarity (Wang et al. 2004, IEEE TIP 13:600)."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

WINDOW, SIGMA = 11, 1.5
_K1, _K2 = 0.01, 0.03


def structural_similarity(pictures: Float[Array, "b h w c"], truth: Float[Array, "b h w c"]) -> Float[Array, " b"]:
    """SSIM of pictures in [-1, 1], averaged over the pixels and channels of each; 1 for the truth itself.

    As in the paper: a Gaussian window of 11 x 11 pixels and sigma 1.5, only where it lies wholly inside the picture,
    covariances divided by the window's weight. Raises ValueError for pictures smaller than the window.
    """
    if min(pictures.shape[1:3]) < WINDOW:
        raise ValueError(f"SSIM looks through a window of {WINDOW} pixels, and the pictures are {pictures.shape[1:3]}")
    # About zero, so that squares do not drown what they are subtracted from.
    a, b = (jnp.clip(values, -1, 1) / 2 for values in (pictures, truth))
    mean_a, mean_b = _blurred(a), _blurred(b)
    variances = _blurred(a * a) - mean_a**2 + _blurred(b * b) - mean_b**2
    covariance = _blurred(a * b) - mean_a * mean_b
    light_a, light_b = mean_a + 0.5, mean_b + 0.5
    luminance = (2 * light_a * light_b + _K1**2) / (light_a**2 + light_b**2 + _K1**2)
    return (luminance * (2 * covariance + _K2**2) / (variances + _K2**2)).mean((1, 2, 3))


def _blurred(values: Float[Array, "b h w c"]) -> Float[Array, "b h-10 w-10 c"]:
    weights = np.exp(-((np.arange(WINDOW) - WINDOW // 2) ** 2) / (2 * SIGMA**2))
    for axis in (1, 2):
        length = values.shape[axis] - WINDOW + 1
        # Shifted sums: one filter for all channels is slow as a convolution on CPUs.
        values = sum(  # type: ignore[assignment]
            jnp.asarray(weight, values.dtype) * values.take(start + np.arange(length), axis)
            for start, weight in enumerate(weights / weights.sum())
        )
    return values
