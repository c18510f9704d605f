"""Figures of pictures, one number for each; sums and counts are kept until the end by who averages them.

Pictures are sRGB in [-1, 1]; what lies outside is clipped, as it is where a picture is written to a file.
"""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Float

from mangagan.color import ciede2000, srgb_to_lab

Pictures = Float[Array, "b h w 3"]


def color_difference(pictures: Pictures, truth: Pictures) -> Float[Array, " b"]:
    """CIEDE2000 between pictures in [-1, 1] sRGB, averaged over the pixels of each."""
    return ciede2000(lab_of(pictures), lab_of(truth)).mean((1, 2))


def absolute_difference(pictures: Pictures, truth: Pictures) -> Float[Array, " b"]:
    """Absolute difference of sRGB in [0, 1], averaged over the pixels and channels of each."""
    return jnp.abs(unit(pictures) - unit(truth)).mean((1, 2, 3))


def peak_ratio(pictures: Pictures, truth: Pictures) -> Float[Array, " b"]:
    """Peak signal-to-noise ratio of the sRGB values in [0, 1] of each picture, in dB: PSNR, 100 at most."""
    return _decibels(jnp.square(unit(pictures) - unit(truth)).mean((1, 2, 3)))


def ab_peak_ratio(pictures: Pictures, truth: Pictures) -> Float[Array, " b"]:
    """Peak signal-to-noise ratio of each picture's CIE ab, in dB, 100 at most; the peak is 220, from -110 to 110.

    Blind to lightness, so the figure of a grey picture says what painting nothing is worth.
    """
    error = jnp.square(lab_of(pictures)[..., 1:] - lab_of(truth)[..., 1:]).mean((1, 2, 3))
    return _decibels(error / 220**2)


def chroma(pictures: Pictures) -> Float[Array, " b"]:
    """Distance from grey in the ab plane of CIE Lab, averaged over the pixels of each."""
    lab = lab_of(pictures)
    return jnp.hypot(lab[..., 1], lab[..., 2]).mean((1, 2))


def colorfulness(pictures: Pictures) -> Float[Array, " b"]:
    """Colourfulness M3 of sRGB in [0, 255] (Hasler and Süsstrunk 2003): 0 for grey, 109 for "extremely colourful".

    With the signed opponents R - G and (R + G) / 2 - B of the paper. The variant on their absolute values, which
    DDColor's code has, gives other numbers.
    """
    red, green, blue = jnp.moveaxis(255 * unit(pictures), -1, 0)
    opponents = jnp.stack([red - green, (red + green) / 2 - blue])
    mean, deviation = opponents.mean((2, 3)), opponents.std((2, 3))
    return jnp.hypot(*deviation) + 0.3 * jnp.hypot(*mean)


def lab_of(pictures: Pictures) -> Pictures:
    """CIE Lab of pictures in [-1, 1]."""
    return srgb_to_lab(unit(pictures))


def unit(pictures: Float[Array, "b h w c"]) -> Float[Array, "b h w c"]:
    """Pictures in [-1, 1] as values clipped to [0, 1]."""
    return jnp.clip((pictures + 1) / 2, 0, 1)


def _decibels(error: Array) -> Array:
    return -10 * jnp.log10(jnp.maximum(error, 1e-10))
