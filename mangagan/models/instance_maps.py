"""What Pix2PixHD makes of an instance map, in which the pixels of one object carry one number (arXiv 1711.11585)."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int


def edges(instances: Int[Array, "b h w"]) -> Float[Array, "b h w 1"]:
    """1 where a pixel's instance is not that of all its four neighbours, else 0."""
    down = jnp.pad(instances[:, 1:] != instances[:, :-1], ((0, 0), (1, 1), (0, 0)))
    across = jnp.pad(instances[:, :, 1:] != instances[:, :, :-1], ((0, 0), (0, 0), (1, 1)))
    any_side = down[:, 1:] | down[:, :-1] | across[:, :, 1:] | across[:, :, :-1]
    return any_side[..., None].astype(jnp.float32)


def instance_means(
    features: Float[Array, "b h w c"], instances: Int[Array, "b h w"], count: int
) -> Float[Array, "b h w c"]:
    """features with every pixel's replaced by their mean over its instance in its own picture, in float32.

    Instances are numbers from 0 to `count` - 1; pixels of other numbers get 0. Pix2PixHD feeds these means to its
    generator, so that one object has one colour.
    """
    pixels = features.reshape(len(features), -1, features.shape[-1]).astype(jnp.float32)
    means = jax.vmap(lambda values, numbers: _segment_means(values, numbers, count))
    return means(pixels, instances.reshape(len(instances), -1)).reshape(features.shape)


def _segment_means(values: Float[Array, "n c"], numbers: Int[Array, " n"], count: int) -> Float[Array, "n c"]:
    # A column of ones is summed along with the values and counts the pixels.
    counted = jnp.concatenate([values, jnp.ones_like(values[:, :1])], axis=-1)
    sums = jax.ops.segment_sum(counted, numbers, num_segments=count)
    means = sums[:, :-1] / jnp.maximum(sums[:, -1:], 1)
    inside = (numbers >= 0) & (numbers < count)
    return jnp.where(inside[:, None], means[numbers], 0)
