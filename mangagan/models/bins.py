"""The colour plane ab as 23 x 23 bins, 10 apart, over the whole square [-110, 110].

Follows the class head of Zhang et al. 2017 (arXiv 1705.02999) in richzhang/colorization-pytorch. The index of a bin
is 23 * a_bin + b_bin. Bins are counted in the units of Lab; colours are decoded in units of 110, as networks give them.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

LARGEST, STEP, SIDE = 110, 10, 23
COUNT = SIDE**2


def encode_bins(ab: Float[Array, "*shape 2"]) -> Int[Array, "*shape"]:
    """The index (int32, 0 to 528) of the bin nearest to ab [* 2] in [-110, 110]; colours outside go to the border."""
    nearest = jnp.round((ab.astype(jnp.float32) + LARGEST) / STEP)
    places = jnp.clip(nearest, 0, SIDE - 1).astype(jnp.int32)
    return SIDE * places[..., 0] + places[..., 1]


def bin_centers(index: Int[Array, "*shape"]) -> Float[Array, "*shape 2"]:
    """ab [* 2] in [-110, 110] at the middle of each bin."""
    places = jnp.stack([index // SIDE, index % SIDE], axis=-1)
    return places.astype(jnp.float32) * STEP - LARGEST


def decode_mean(logits: Float[Array, "*shape 529"]) -> Float[Array, "*shape 2"]:
    """The expected ab / 110 [* 2] under the softmax of logits [* 529]; ValueError for another number of bins."""
    _check(logits)
    likely = jax.nn.softmax(logits.astype(jnp.float32))
    # A TPU or GPU would round to fewer digits than a colour needs.
    mean = jnp.matmul(likely, bin_centers(jnp.arange(COUNT)), precision=jax.lax.Precision.HIGHEST)
    return mean / LARGEST


def decode_mode(logits: Float[Array, "*shape 529"]) -> Float[Array, "*shape 2"]:
    """ab / 110 [* 2] of the likeliest bin of logits [* 529]; ValueError for another number of bins."""
    _check(logits)
    return bin_centers(jnp.argmax(logits, axis=-1)) / LARGEST


def _check(logits: Array) -> None:
    if logits.shape[-1] != COUNT:
        raise ValueError(f"logits of shape {logits.shape}: the last axis is to hold the {COUNT} ab bins")
