"""Structural similarity of pictures, at one scale and at five: SSIM and MS-SSIM.

Gaussian windows of 11 x 11 pixels with deviation 1.5 that lie wholly within the picture, population covariances,
K1 = 0.01, K2 = 0.03; sRGB in [0, 1], each channel by itself, then averaged. That is Wang et al. 2004, and
`structural_similarity(gaussian_weights=True, sigma=1.5, use_sample_covariance=False)` of scikit-image, whose
defaults (7 x 7 boxes) give other numbers. MS-SSIM averages the channels of a scale before scales are multiplied, as
torchmetrics does; pytorch-msssim multiplies first.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from mangagan.evaluate.metrics.pixels import Pictures, unit

_WINDOW, _DEVIATION = 11, 1.5
_C1, _C2 = 0.01**2, 0.03**2
# The exponents of Wang, Simoncelli and Bovik 2003, from the finest scale to the coarsest.
_EXPONENTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
# The smallest sides that hold a window, at one scale and at the coarsest of five.
SMALLEST, SMALLEST_OF_FIVE = _WINDOW, _WINDOW * 2 ** (len(_EXPONENTS) - 1)


def structural_similarity(pictures: Pictures, truth: Pictures) -> Float[Array, " b"]:
    """SSIM of pictures in [-1, 1], 1 at most; ValueError where a side is shorter than 11 pixels."""
    _check(pictures, SMALLEST)
    return _terms(_centred(pictures), _centred(truth))[0]


def multiscale_similarity(pictures: Pictures, truth: Pictures) -> Float[Array, " b"]:
    """MS-SSIM of pictures in [-1, 1], in [0, 1]; ValueError where a side is shorter than 176 pixels."""
    return similarities(pictures, truth)[1]


def similarities(pictures: Pictures, truth: Pictures) -> tuple[Float[Array, " b"], Float[Array, " b"]]:
    """SSIM and MS-SSIM of pictures in [-1, 1], the finest scale computed once.

    Pictures are halved by 2 x 2 means between scales, odd rows and columns left out; negative terms count as 0.
    Raises ValueError where a side is shorter than 176 pixels.
    """
    _check(pictures, SMALLEST_OF_FIVE)
    a, b = _centred(pictures), _centred(truth)
    terms = [_terms(a, b)]
    for _ in _EXPONENTS[1:]:
        a, b = _halved(a), _halved(b)
        terms.append(_terms(a, b))
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
    # About zero, so that squares do not drown what they are taken from: most of a page is white.
    return unit(pictures) - 0.5


def _terms(a: Pictures, b: Pictures) -> tuple[Float[Array, " b"], Float[Array, " b"]]:
    """The means of SSIM and of its contrast and structure term alone."""
    mean_a, mean_b, power, product = (_blurred(x) for x in (a, b, a * a + b * b, a * b))
    contrast = (2 * (product - mean_a * mean_b) + _C2) / (power - mean_a**2 - mean_b**2 + _C2)
    light_a, light_b = mean_a + 0.5, mean_b + 0.5
    light = (2 * light_a * light_b + _C1) / (light_a**2 + light_b**2 + _C1)
    return (light * contrast).mean((1, 2)), contrast.mean((1, 2))


def _blurred(x: Float[Array, "b h w c"]) -> Float[Array, "b h2 w2c"]:
    """x under the window, as shifted sums: first of rows, then of columns.

    Channels lie side by side in rows, so that all sums run over memory as it lies. As a separable convolution it
    takes XLA's CPU backend minutes for a page.
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
