"""Metrics of single pictures, one number for each picture of a batch; averaging over pages happens elsewhere.

Pictures are sRGB in [-1, 1]. Values outside are clipped, as they are when a picture is written to a file.
"""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Float

from mangagan.color import ciede2000, srgb_to_lab

Pictures = Float[Array, "b h w 3"]


def mean_ciede2000(pictures: Pictures, truth: Pictures) -> Float[Array, " b"]:
    """Return the mean CIEDE2000 over the pixels of each picture.

    Args:
        pictures: sRGB in [-1, 1].
        truth: sRGB in [-1, 1].
    """
    return ciede2000(to_lab(pictures), to_lab(truth)).mean((1, 2))


def mean_absolute_error(pictures: Pictures, truth: Pictures) -> Float[Array, " b"]:
    """Return the mean absolute difference of sRGB in [0, 1] over the pixels and channels of each picture.

    Args:
        pictures: sRGB in [-1, 1].
        truth: sRGB in [-1, 1].
    """
    return jnp.abs(to_unit_range(pictures) - to_unit_range(truth)).mean((1, 2, 3))


def psnr(pictures: Pictures, truth: Pictures) -> Float[Array, " b"]:
    """Return the peak signal-to-noise ratio of each picture's sRGB values in [0, 1], in dB, at most 100.

    Args:
        pictures: sRGB in [-1, 1].
        truth: sRGB in [-1, 1].
    """
    return _decibels(jnp.square(to_unit_range(pictures) - to_unit_range(truth)).mean((1, 2, 3)))


def psnr_ab(pictures: Pictures, truth: Pictures) -> Float[Array, " b"]:
    """Return the peak signal-to-noise ratio of each picture's CIE ab, in dB, at most 100.

    The peak is 220, from -110 to 110. The metric ignores lightness, so its value for a grey picture is the baseline
    of predicting no colour.

    Args:
        pictures: sRGB in [-1, 1].
        truth: sRGB in [-1, 1].
    """
    error = jnp.square(to_lab(pictures)[..., 1:] - to_lab(truth)[..., 1:]).mean((1, 2, 3))
    return _decibels(error / 220**2)


def chroma(pictures: Pictures) -> Float[Array, " b"]:
    """Return the mean distance from grey in the ab plane of CIE Lab over the pixels of each picture.

    Args:
        pictures: sRGB in [-1, 1].
    """
    lab = to_lab(pictures)
    return jnp.hypot(lab[..., 1], lab[..., 2]).mean((1, 2))


def colorfulness(pictures: Pictures) -> Float[Array, " b"]:
    """Return the colourfulness M3 (Hasler and Süsstrunk 2003): 0 for grey, 109 for "extremely colourful".

    Uses the signed opponents R - G and (R + G) / 2 - B of the paper, of sRGB in [0, 255]. The variant on their absolute
    values, as in DDColor's code, gives other numbers.

    Args:
        pictures: sRGB in [-1, 1].
    """
    red, green, blue = jnp.moveaxis(255 * to_unit_range(pictures), -1, 0)
    opponents = jnp.stack([red - green, (red + green) / 2 - blue])
    mean, deviation = opponents.mean((2, 3)), opponents.std((2, 3))
    return jnp.hypot(*deviation) + 0.3 * jnp.hypot(*mean)


def to_lab(pictures: Pictures) -> Pictures:
    """Convert sRGB to CIE Lab.

    Args:
        pictures: sRGB in [-1, 1].

    Returns:
        L in [0, 100], a and b about [-110, 110].
    """
    return srgb_to_lab(to_unit_range(pictures))


def to_unit_range(pictures: Float[Array, "b h w c"]) -> Float[Array, "b h w c"]:
    """Map values from [-1, 1] to [0, 1] and clip them.

    Args:
        pictures: Values in [-1, 1].
    """
    return jnp.clip((pictures + 1) / 2, 0, 1)


def _decibels(error: Array) -> Array:
    # Errors below 1e-10 count as 100 dB, so that equal pictures have a finite value.
    return -10 * jnp.log10(jnp.maximum(error, 1e-10))
