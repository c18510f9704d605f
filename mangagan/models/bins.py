"""Quantisation of the ab plane of CIE Lab into 23 x 23 bins of width 10 over the square [-110, 110].

Follows the class head of Zhang et al. 2017 (arXiv 1705.02999) in richzhang/colorization-pytorch. The index of a bin
is 23 * a_bin + b_bin. Encoding takes ab in Lab units; decoding returns ab / 110, the range in which networks predict.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

# All bins of the square: the reference does not restrict them to the sRGB gamut, as Zhang et al. 2016 do (313 bins).
LARGEST, STEP, SIDE = 110, 10, 23
COUNT = SIDE**2


def encode_bins(ab: Float[Array, "*shape 2"]) -> Int[Array, "*shape"]:
    """Return the index of the nearest bin.

    Args:
        ab: colours in Lab units, [-110, 110]; colours outside are assigned to the nearest bin of the border.

    Returns:
        int32 indices from 0 to 528.
    """
    nearest = jnp.round((ab.astype(jnp.float32) + LARGEST) / STEP)
    axes = jnp.clip(nearest, 0, SIDE - 1).astype(jnp.int32)
    return SIDE * axes[..., 0] + axes[..., 1]


def bin_centers(index: Int[Array, "*shape"]) -> Float[Array, "*shape 2"]:
    """Return the ab colour at the centre of each bin, in Lab units.

    Args:
        index: bin indices from 0 to 528.
    """
    axes = jnp.stack([index // SIDE, index % SIDE], axis=-1)
    return axes.astype(jnp.float32) * STEP - LARGEST


def decode_mean(logits: Float[Array, "*shape 529"]) -> Float[Array, "*shape 2"]:
    """Return the expected ab / 110 under the softmax of the logits.

    Args:
        logits: one unbounded score per bin.

    Raises:
        ValueError: where the last axis has another number of bins.
    """
    _check_bin_count(logits)
    probabilities = jax.nn.softmax(logits.astype(jnp.float32))
    # At the default precision a TPU or GPU rounds the factors to fewer digits than a colour needs.
    mean = jnp.matmul(probabilities, bin_centers(jnp.arange(COUNT)), precision=jax.lax.Precision.HIGHEST)
    return mean / LARGEST


def decode_mode(logits: Float[Array, "*shape 529"]) -> Float[Array, "*shape 2"]:
    """Return ab / 110 at the centre of the most likely bin.

    Args:
        logits: one unbounded score per bin.

    Raises:
        ValueError: where the last axis has another number of bins.
    """
    _check_bin_count(logits)
    return bin_centers(jnp.argmax(logits, axis=-1)) / LARGEST


def _check_bin_count(logits: Array) -> None:
    if logits.shape[-1] != COUNT:
        raise ValueError(f"logits of shape {logits.shape}: the last axis must hold the {COUNT} ab bins")
