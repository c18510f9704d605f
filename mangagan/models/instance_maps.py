"""Edges and pooled features of instance maps, as in Pix2PixHD (Wang et al. 2018, arXiv 1711.11585).

In an instance map all pixels of one object carry the same number.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int


def edges(instances: Int[Array, "b h w"]) -> Float[Array, "b h w 1"]:
    """Return 1 where one of the four neighbours of a pixel belongs to another instance, else 0, in float32.

    Args:
        instances: any integers, equal within one instance.
    """
    # Padded by False: the border of the picture is no edge.
    down = jnp.pad(instances[:, 1:] != instances[:, :-1], ((0, 0), (1, 1), (0, 0)))
    across = jnp.pad(instances[:, :, 1:] != instances[:, :, :-1], ((0, 0), (0, 0), (1, 1)))
    any_side = down[:, 1:] | down[:, :-1] | across[:, :, 1:] | across[:, :, :-1]
    return any_side[..., None].astype(jnp.float32)


def instance_means(
    features: Float[Array, "b h w c"], instances: Int[Array, "b h w"], count: int
) -> Float[Array, "b h w c"]:
    """Replace the features of every pixel by their mean over its instance in the same picture, in float32.

    Pix2PixHD conditions its generator on these means, so that one object has one colour.

    Args:
        features: unbounded.
        instances: numbers from 0 to `count` - 1; pixels with other numbers get 0.
        count: the number of segments, fixed so that the function can be compiled.
    """
    pixels = features.reshape(len(features), -1, features.shape[-1]).astype(jnp.float32)
    means = jax.vmap(lambda values, numbers: _segment_means(values, numbers, count))
    return means(pixels, instances.reshape(len(instances), -1)).reshape(features.shape)


def _segment_means(values: Float[Array, "n c"], numbers: Int[Array, " n"], count: int) -> Float[Array, "n c"]:
    # A column of ones, summed along with the values, counts the pixels.
    counted = jnp.concatenate([values, jnp.ones_like(values[:, :1])], axis=-1)
    sums = jax.ops.segment_sum(counted, numbers, num_segments=count)
    means = sums[:, :-1] / jnp.maximum(sums[:, -1:], 1)
    inside = (numbers >= 0) & (numbers < count)
    # JAX clamps or wraps indices out of range, so their pixels are masked here.
    return jnp.where(inside[:, None], means[numbers], 0)
