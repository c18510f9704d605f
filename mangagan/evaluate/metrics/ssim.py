"""Structural similarity at one scale and at five: SSIM and MS-SSIM.

Gaussian windows of 11 x 11 pixels with standard deviation 1.5 that lie wholly inside the picture, population
covariances, K1 = 0.01, K2 = 0.03; sRGB in [0, 1], each channel by itself, then averaged. That is Wang et al. 2004, and
`structural_similarity(gaussian_weights=True, sigma=1.5, use_sample_covariance=False)` of scikit-image, whose defaults
(7 x 7 boxes) give other numbers. MS-SSIM averages the channels of a scale before the scales are multiplied, as
torchmetrics does; pytorch-msssim multiplies first.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from mangagan.evaluate.metrics.pixels import Pictures, to_unit_range

_WINDOW, _DEVIATION = 11, 1.5
_C1, _C2 = 0.01**2, 0.03**2
# The exponents of Wang, Simoncelli and Bovik 2003, from the finest scale to the coarsest.
_EXPONENTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
# The shortest sides that contain a window, at one scale and at the coarsest of five.
SMALLEST, SMALLEST_OF_FIVE = _WINDOW, _WINDOW * 2 ** (len(_EXPONENTS) - 1)


def structural_similarity(pictures: Pictures, truth: Pictures) -> Float[Array, " b"]:
    """Return the SSIM of each pair of pictures, at most 1.

    Args:
        pictures: sRGB in [-1, 1], clipped.
        truth: sRGB in [-1, 1], clipped.

    Raises:
        ValueError: A side is shorter than 11 pixels.
    """
    _check(pictures, SMALLEST)
    return _terms(_centred(pictures), _centred(truth))[0]


def multiscale_similarity(pictures: Pictures, truth: Pictures) -> Float[Array, " b"]:
    """Return the MS-SSIM of each pair of pictures, in [0, 1].

    Args:
        pictures: sRGB in [-1, 1], clipped.
        truth: sRGB in [-1, 1], clipped.

    Raises:
        ValueError: A side is shorter than 176 pixels.
    """
    return similarities(pictures, truth)[1]


def similarities(pictures: Pictures, truth: Pictures) -> tuple[Float[Array, " b"], Float[Array, " b"]]:
    """Return SSIM and MS-SSIM; the finest scale is computed once.

    Pictures are halved by 2 x 2 means between scales, odd rows and columns left out; negative terms count as 0.

    Args:
        pictures: sRGB in [-1, 1], clipped.
        truth: sRGB in [-1, 1], clipped.

    Raises:
        ValueError: A side is shorter than 176 pixels.
    """
    _check(pictures, SMALLEST_OF_FIVE)
    a, b = _centred(pictures), _centred(truth)
    terms = [_terms(a, b)]
    for _ in _EXPONENTS[1:]:
        a, b = _halved(a), _halved(b)
        terms.append(_terms(a, b))
    # Luminance enters at the coarsest scale alone.
    factors = jnp.stack([*(contrast for _, contrast in terms[:-1]), terms[-1][0]])
    return terms[0][0], jnp.prod(jnp.maximum(factors, 0) ** jnp.asarray(_EXPONENTS)[:, None], axis=0)


def _check(pictures: Array, smallest: int) -> None:
    height, width = pictures.shape[1:3]
    if min(height, width) < smallest:
        raise ValueError(
            f"pictures of {height} x {width} (h x w) are too small for {'MS-' if smallest > SMALLEST else ''}SSIM; "
            f"it needs {smallest} pixels at least on either side"
        )


def _centred(pictures: Pictures) -> Pictures:
    # Most of a page is white. Around 0 the squares stay small, and subtracting them loses fewer digits.
    return to_unit_range(pictures) - 0.5


def _terms(a: Pictures, b: Pictures) -> tuple[Float[Array, " b"], Float[Array, " b"]]:
    """Return the means of SSIM and of its contrast and structure term alone."""
    mean_a, mean_b, power, product = (_blurred(x) for x in (a, b, a * a + b * b, a * b))
    contrast = (2 * (product - mean_a * mean_b) + _C2) / (power - mean_a**2 - mean_b**2 + _C2)
    light_a, light_b = mean_a + 0.5, mean_b + 0.5
    light = (2 * light_a * light_b + _C1) / (light_a**2 + light_b**2 + _C1)
    return (light * contrast).mean((1, 2)), contrast.mean((1, 2))


def _blurred(x: Float[Array, "b h w c"]) -> Float[Array, "b h2 w2c"]:
    """Return x averaged under the window, as shifted sums first along columns, then along rows.

    Channels lie side by side in rows, so that all sums run over contiguous memory. As a separable convolution, XLA's
    CPU backend takes minutes for a page.
    """
    x = x.reshape(*x.shape[:2], -1)
    for axis, step in ((1, 1), (2, 3)):
        length = x.shape[axis] - step * (_WINDOW - 1)
        x = sum(  # type: ignore[assignment]
            weight * jax.lax.slice_in_dim(x, step * tap, step * tap + length, axis=axis)
            for tap, weight in enumerate(_weights())
        )
    return x


def _weights() -> Float[np.ndarray, "11"]:
    window = np.exp(-0.5 * ((np.arange(_WINDOW) - _WINDOW // 2) / _DEVIATION) ** 2)
    return (window / window.sum()).astype(np.float32)


def _halved(x: Pictures) -> Pictures:
    b, h, w, c = x.shape
    return x[:, : h // 2 * 2, : w // 2 * 2].reshape(b, h // 2, 2, w // 2, 2, c).mean((2, 4))
