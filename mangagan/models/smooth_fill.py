"""Inpainting without training: a multi-scale approximation of the biharmonic fill, fast enough for every step."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

Pictures = Float[Array, "b h w c"]
Holes = Float[Array, "b h w 1"]
# Sides up to this are not halved again.
SMALLEST = 8
# Steps of conjugate gradients at each scale; they correct what the next smaller scale could not represent.
STEPS = 8


def smooth_fill(pictures: Pictures, holes: Holes) -> Pictures:
    """Fill holes so that the sum of squared Laplacians is small.

    At each scale a few steps of conjugate gradients towards the biharmonic fill (Damelin and Hoang 2018; zero slope at
    the borders of the picture), started from the fill at half the size. Stopped early, the fill overshoots less than
    the exact solution and has a higher PSNR.

    Args:
        pictures: in any range; pixels inside the holes are not read.
        holes: 1 in the holes, 0 elsewhere.

    Returns:
        The filled pictures in float32, without a gradient. A picture without known pixels becomes 0.
    """
    # Without a gradient the backward pass of a training step does not grow by the fill.
    return lax.stop_gradient(_fill(pictures.astype(jnp.float32) * (1 - holes), holes))


def _fill(known: Pictures, holes: Holes) -> Pictures:
    # Coarse to fine: conjugate gradients alone would need hundreds of steps to cross a large hole.
    if min(known.shape[1:3]) > SMALLEST:
        start = _upsample(_fill(*_halve(known, holes)), known.shape)
    else:
        count = (1 - holes).sum((1, 2), keepdims=True)
        start = jnp.broadcast_to(known.sum((1, 2), keepdims=True) / jnp.maximum(count, 1), known.shape)
    return _smooth(known + holes * start, holes)


def _smooth(pictures: Pictures, holes: Holes) -> Pictures:
    """Minimise the squared Laplacian in the holes by conjugate gradients, for each picture and channel."""

    def bilaplacian(x: Pictures) -> Pictures:
        # Only pixels in the holes are free.
        return holes * _laplacian(_laplacian(x))

    def step(_: int, state: tuple[Array, Array, Array, Array]) -> tuple[Array, Array, Array, Array]:
        x, residual, direction, norm = state
        product = bilaplacian(direction)
        # The floors keep a picture whose residual is zero already from dividing by zero.
        step_size = norm / jnp.maximum((direction * product).sum((1, 2), keepdims=True), 1e-20)
        x, residual = x + step_size * direction, residual - step_size * product
        new_norm = jnp.square(residual).sum((1, 2), keepdims=True)
        return x, residual, residual + new_norm / jnp.maximum(norm, 1e-20) * direction, new_norm

    residual = -bilaplacian(pictures)
    start = pictures, residual, residual, jnp.square(residual).sum((1, 2), keepdims=True)
    return lax.fori_loop(0, STEPS, step, start)[0]


def _laplacian(x: Pictures) -> Pictures:
    """Return the negative five-point Laplacian; pixels of the border are repeated outside."""
    padded = jnp.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)), "edge")
    middle = slice(1, -1)
    return 4 * x - padded[:, 2:, middle] - padded[:, :-2, middle] - padded[:, middle, 2:] - padded[:, middle, :-2]


def _halve(known: Pictures, holes: Holes) -> tuple[Pictures, Holes]:
    """Average the known pixels of each 2 x 2 block; a block without any is a hole."""
    weight = 1 - holes
    # An odd side is padded by unknown pixels of weight 0.
    odd = ((0, 0), (0, known.shape[1] % 2), (0, known.shape[2] % 2), (0, 0))
    total, count = (_sums_of_four(jnp.pad(array, odd)) for array in (known, weight))
    return total / jnp.maximum(count, 1), (count == 0).astype(jnp.float32)


def _sums_of_four(x: Pictures) -> Pictures:
    return x[:, ::2, ::2] + x[:, 1::2, ::2] + x[:, ::2, 1::2] + x[:, 1::2, 1::2]


def _upsample(x: Pictures, shape: tuple[int, ...]) -> Pictures:
    """Double the size bilinearly and crop to the height and width of `shape`."""
    b, h, w, c = x.shape
    return jax.image.resize(x, (b, 2 * h, 2 * w, c), "linear")[:, : shape[1], : shape[2]]
