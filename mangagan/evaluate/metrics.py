"""Figures of pictures, one number for each; sums and counts are kept until the end by who averages them."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Float

from mangagan.color import ciede2000, srgb_to_lab

Pictures = Float[Array, "b h w 3"]


def color_difference(pictures: Pictures, truth: Pictures) -> Float[Array, " b"]:
    """CIEDE2000 between pictures in [-1, 1] sRGB, averaged over the pixels of each."""
    return ciede2000(_lab(pictures), _lab(truth)).mean((1, 2))


def absolute_difference(pictures: Pictures, truth: Pictures) -> Float[Array, " b"]:
    """Absolute difference of sRGB in [0, 1], averaged over the pixels and channels of each."""
    return jnp.abs(_unit(pictures) - _unit(truth)).mean((1, 2, 3))


def peak_ratio(pictures: Pictures, truth: Pictures) -> Float[Array, " b"]:
    """Peak signal-to-noise ratio of the sRGB values in [0, 1] of each picture, in dB: PSNR, 100 at most."""
    error = jnp.square(_unit(pictures) - _unit(truth)).mean((1, 2, 3))
    return -10 * jnp.log10(jnp.maximum(error, 1e-10))


def chroma(pictures: Pictures) -> Float[Array, " b"]:
    """Distance from grey in the ab plane of CIE Lab, averaged over the pixels of each."""
    lab = _lab(pictures)
    return jnp.hypot(lab[..., 1], lab[..., 2]).mean((1, 2))


def _lab(pictures: Pictures) -> Pictures:
    return srgb_to_lab(_unit(pictures))


def _unit(pictures: Pictures) -> Pictures:
    return jnp.clip((pictures + 1) / 2, 0, 1)
