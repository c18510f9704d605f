"""Resizing of batches of pictures for the networks that measure them."""

from __future__ import annotations

import jax
from jaxtyping import Array, Float


def with_shorter_side(pictures: Float[Array, "b h w c"], side: int) -> Float[Array, "b h2 w2 c"]:
    """Resize pictures to a shorter side of `side` pixels, keeping their shape, with an antialiased triangle filter.

    Args:
        pictures: Pictures of any range.
        side: The shorter side, in pixels.
    """
    height, width = pictures.shape[1:3]
    shorter = min(height, width)
    return resize(pictures, (round(height * side / shorter), round(width * side / shorter)), antialias=True)


def resize(pictures: Float[Array, "b h w c"], size: tuple[int, int], *, antialias: bool) -> Float[Array, "b h2 w2 c"]:
    """Resize pictures bilinearly, with pixel centres at half-integer coordinates.

    Args:
        pictures: Pictures of any range.
        size: Height and width, in pixels.
        antialias: Whether a reduction widens the filter.
    """
    return jax.image.resize(pictures, (len(pictures), *size, pictures.shape[-1]), "linear", antialias=antialias)
