"""Convolutions as matrix products: the forms that XLA's CPU backend computes fast.

The picture's neighbourhoods are laid out as rows ("unfolded") and multiplied with the kernel as a matrix; the
input gradient is the adjoint of that, a product whose rows are added back ("folded").
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float


class Window(NamedTuple):
    """How a kernel walks over a picture: one stride and one zero padding for both axes and both ends."""

    stride: int = 1
    padding: int = 0

    def positions(self, size: int, taps: int) -> int:
        """How many steps a kernel of `taps` pixels makes along `size` pixels."""
        return (size + 2 * self.padding - taps) // self.stride + 1


def forward(window: Window, x: Float[Array, "b h w i"], kernel: Float[Array, "p q i o"]) -> Array:
    """The convolution of x with kernel, [b h2 w2 o]."""
    taps, (inputs, outputs) = kernel.shape[:2], kernel.shape[2:]
    if _thin_output(window, taps, inputs, outputs):
        size = tuple(window.positions(n, k) for n, k in zip(x.shape[1:3], taps, strict=True))
        return input_gradient(_mirrored_window(window, taps), size, x, _mirrored(kernel))
    rows = _unfold(window, taps, x)
    return _product("bhwpqi,pqio->bhwo", rows, kernel).astype(x.dtype)


def input_gradient(
    window: Window, size: tuple[int, int], g: Float[Array, "b h2 w2 o"], kernel: Float[Array, "p q i o"]
) -> Array:
    """The gradient of <forward(x, kernel), g> by x of `size`, [b h w i]."""
    taps, (inputs, outputs) = kernel.shape[:2], kernel.shape[2:]
    if _thin_output(window, taps, inputs, outputs):
        return forward(_mirrored_window(window, taps), g, _mirrored(kernel))
    rows = _product("bhwo,pqio->bhwpqi", g, kernel)
    return _fold(window, size, rows).astype(g.dtype)


def kernel_gradient(
    window: Window, taps: tuple[int, int], x: Float[Array, "b h w i"], g: Float[Array, "b h2 w2 o"]
) -> Array:
    """The gradient of <forward(x, kernel), g> by the kernel of `taps` rows and columns, [p q i o]."""
    if _thin_output(window, taps, x.shape[3], g.shape[3]):
        return _mirrored(kernel_gradient(_mirrored_window(window, taps), taps, g, x))
    rows = _unfold(window, taps, x)
    return _product("bhwpqi,bhwo->pqio", rows, g).astype(x.dtype)
