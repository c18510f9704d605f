"""Pictures at other sizes."""

from __future__ import annotations

import jax
from jaxtyping import Array, Float


def with_shorter_side(pictures: Float[Array, "b h w c"], side: int) -> Float[Array, "b h2 w2 c"]:
    """Pictures whose shorter side is `side` pixels, their shape kept; an antialiased triangle filter."""
    height, width = pictures.shape[1:3]
    shorter = min(height, width)
    return resized(pictures, (round(height * side / shorter), round(width * side / shorter)), antialias=True)


def resized(pictures: Float[Array, "b h w c"], size: tuple[int, int], *, antialias: bool) -> Float[Array, "b h2 w2 c"]:
    """Pictures of `size` (height, width), bilinear with the centres of pixels at halves."""
    return jax.image.resize(pictures, (len(pictures), *size, pictures.shape[-1]), "linear", antialias=antialias)
