"""Holes filled as smoothly as the known pixels around them allow."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

Pictures = Float[Array, "b h w c"]
Holes = Float[Array, "b h w 1"]
# Below this side nothing is left to halve.
SMALLEST = 8
# Of conjugate gradients at each scale: they mend what the next smaller scale could not show.
STEPS = 8


def smooth_fill(pictures: Pictures, holes: Holes) -> Pictures:
    """Pictures whose holes (1 there, 0 elsewhere) have a small sum of squared Laplacians; what they show is unused.

    A few steps of conjugate gradients towards the biharmonic fill (Damelin, Hoang 2018; no slope across the borders),
    from the fill of the picture at half the size, and so on. Stopped early it overshoots less: its PSNR is the higher
    one. In float32; no gradient flows back. A picture without a known pixel becomes 0.
    """
    return lax.stop_gradient(_filled(pictures.astype(jnp.float32) * (1 - holes), holes))


def _filled(known: Pictures, holes: Holes) -> Pictures:
    if min(known.shape[1:3]) > SMALLEST:
        start = _enlarged(_filled(*_halved(known, holes)), known.shape)
    else:
        seen = (1 - holes).sum((1, 2), keepdims=True)
        start = jnp.broadcast_to(known.sum((1, 2), keepdims=True) / jnp.maximum(seen, 1), known.shape)
    return _smoothed(known + holes * start, holes)


def _smoothed(pictures: Pictures, holes: Holes) -> Pictures:
    """Some steps of conjugate gradients down the squared Laplacian, in the holes, for each picture and channel."""

    def bent(x: Pictures) -> Pictures:
        return holes * _laplacian(_laplacian(x))

    def step(_: int, state: tuple[Array, Array, Array, Array]) -> tuple[Array, Array, Array, Array]:
        x, rest, way, length = state
        bend = bent(way)
        pace = length / jnp.maximum((way * bend).sum((1, 2), keepdims=True), 1e-20)
        x, rest = x + pace * way, rest - pace * bend
        longer = jnp.square(rest).sum((1, 2), keepdims=True)
        return x, rest, rest + longer / jnp.maximum(length, 1e-20) * way, longer

    rest = -bent(pictures)
    start = pictures, rest, rest, jnp.square(rest).sum((1, 2), keepdims=True)
    return lax.fori_loop(0, STEPS, step, start)[0]


def _laplacian(x: Pictures) -> Pictures:
    """Four times each pixel less its neighbours; beyond a border lies the border's own pixel."""
    wide = jnp.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)), "edge")
    middle = slice(1, -1)
    return 4 * x - wide[:, 2:, middle] - wide[:, :-2, middle] - wide[:, middle, 2:] - wide[:, middle, :-2]


def _halved(known: Pictures, holes: Holes) -> tuple[Pictures, Holes]:
    """Each pixel the mean of what is known of four; a hole where nothing is."""
    seen = 1 - holes
    odd = ((0, 0), (0, known.shape[1] % 2), (0, known.shape[2] % 2), (0, 0))
    total, count = (_sums_of_four(jnp.pad(array, odd)) for array in (known, seen))
    return total / jnp.maximum(count, 1), (count == 0).astype(jnp.float32)


def _sums_of_four(x: Pictures) -> Pictures:
    return x[:, ::2, ::2] + x[:, 1::2, ::2] + x[:, ::2, 1::2] + x[:, 1::2, 1::2]


def _enlarged(x: Pictures, shape: tuple[int, ...]) -> Pictures:
    """Twice as large, bilinear, cut to the height and width of `shape`."""
    b, h, w, c = x.shape
    return jax.image.resize(x, (b, 2 * h, 2 * w, c), "linear")[:, : shape[1], : shape[2]]
