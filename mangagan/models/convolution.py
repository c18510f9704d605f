"""Two-dimensional convolutions that are fast on every platform, with gradients of every order.

`<forward(x, k), g>` is linear in the picture x, the kernel k and the output's cotangent g. Its three partial
gradients (`forward`, `input_gradient`, `kernel_gradient`) are each other's derivatives, so three custom rules
give reverse-mode derivatives of any order, and each function may be computed the way the platform likes: one
XLA convolution on GPU and TPU, one matrix product on the CPU (`mangagan.models.products`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import jax
from jax import lax
from jaxtyping import Array, Float

from mangagan.models import products
from mangagan.models.products import Window

LAYOUT = ("NHWC", "HWIO", "NHWC")


def conv(
    x: Float[Array, "b h w i"],
    kernel: Float[Array, "kh kw i o"],
    *,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
) -> Float[Array, "b h2 w2 o"]:
    """The convolution (cross-correlation) of x, zero-padded on all sides, with kernel, its taps `dilation` apart."""
    return _forward(Window(stride, padding, dilation), x, kernel)


def conv_transpose(
    x: Float[Array, "b h w i"],
    kernel: Float[Array, "kh kw o i"],
    *,
    stride: int = 1,
    padding: int = 0,
    output_padding: int = 0,
) -> Float[Array, "b h2 w2 o"]:
    """The transpose of `conv` with the same kernel: PyTorch's ConvTranspose2d, sizes included."""
    grow = [
        (n - 1) * stride + k - 2 * padding + output_padding for n, k in zip(x.shape[1:3], kernel.shape[:2], strict=True)
    ]
    return _input_gradient(Window(stride, padding), (grow[0], grow[1]), x, kernel)


def plain_forward(window: Window, x: Array, kernel: Array) -> Array:
    """`forward` as one XLA convolution."""
    s, p, d = window
    return lax.conv_general_dilated(x, kernel, (s, s), [(p, p), (p, p)], rhs_dilation=(d, d), dimension_numbers=LAYOUT)


def plain_input_gradient(window: Window, size: tuple[int, int], g: Array, kernel: Array) -> Array:
    """`input_gradient` for a picture of `size`, as one XLA convolution."""
    x = jax.ShapeDtypeStruct((g.shape[0], *size, kernel.shape[2]), g.dtype)
    return jax.linear_transpose(lambda x: plain_forward(window, x, kernel), x)(g)[0]


def plain_kernel_gradient(window: Window, taps: tuple[int, int], x: Array, g: Array) -> Array:
    """`kernel_gradient` for a kernel of `taps` rows and columns, as one XLA convolution."""
    kernel = jax.ShapeDtypeStruct((*taps, x.shape[3], g.shape[3]), g.dtype)
    return jax.linear_transpose(lambda k: plain_forward(window, x, k), kernel)(g)[0]


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def _forward(window: Window, x: Array, kernel: Array) -> Array:
    return lax.platform_dependent(
        x, kernel, cpu=partial(products.forward, window), default=partial(plain_forward, window)
    )


@partial(jax.custom_vjp, nondiff_argnums=(0, 1))
def _input_gradient(window: Window, size: tuple[int, int], g: Array, kernel: Array) -> Array:
    return lax.platform_dependent(
        g,
        kernel,
        cpu=partial(products.input_gradient, window, size),
        default=partial(plain_input_gradient, window, size),
    )


@partial(jax.custom_vjp, nondiff_argnums=(0, 1))
def _kernel_gradient(window: Window, taps: tuple[int, int], x: Array, g: Array) -> Array:
    return lax.platform_dependent(
        x,
        g,
        cpu=partial(products.kernel_gradient, window, taps),
        default=partial(plain_kernel_gradient, window, taps),
    )


def _keep(function: Callable) -> Callable:
    return lambda *arguments: (function(*arguments), arguments[-2:])


def _forward_backward(window: Window, saved: tuple[Array, Array], g: Array) -> tuple[Array, Array]:
    x, kernel = saved
    size, taps = x.shape[1:3], kernel.shape[:2]
    return _input_gradient(window, size, g, kernel), _kernel_gradient(window, taps, x, g)


def _input_gradient_backward(
    window: Window, size: tuple[int, int], saved: tuple[Array, Array], x: Array
) -> tuple[Array, Array]:
    g, kernel = saved
    return _forward(window, x, kernel), _kernel_gradient(window, kernel.shape[:2], x, g)


def _kernel_gradient_backward(
    window: Window, taps: tuple[int, int], saved: tuple[Array, Array], kernel: Array
) -> tuple[Array, Array]:
    x, g = saved
    return _input_gradient(window, x.shape[1:3], g, kernel), _forward(window, x, kernel)


_forward.defvjp(_keep(_forward), _forward_backward)
_input_gradient.defvjp(_keep(_input_gradient), _input_gradient_backward)
_kernel_gradient.defvjp(_keep(_kernel_gradient), _kernel_gradient_backward)
