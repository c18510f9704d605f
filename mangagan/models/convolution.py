"""Two-dimensional convolutions that are fast on every platform, with gradients of every order.

`<forward(x, k), g>` is linear in the picture x, the kernel k and the output's cotangent g. Its three partial gradients
(`forward`, `input_gradient`, `kernel_gradient`) are each other's derivatives. Three custom VJP rules therefore give
reverse-mode derivatives of any order, and each function can use the fastest form of its platform: one XLA convolution
on GPU and TPU, one matrix product on the CPU (`mangagan.models.products`).
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
    """Convolve (cross-correlate) x, zero-padded on all sides, with a kernel.

    Args:
        x: unbounded.
        kernel: unbounded, of the dtype of x.
        stride: of both axes.
        padding: zeros on each side.
        dilation: pixels between two taps of the kernel.
    """
    return _forward(Window(stride, padding, dilation), x, kernel)


def conv_transpose(
    x: Float[Array, "b h w i"],
    kernel: Float[Array, "kh kw o i"],
    *,
    stride: int = 1,
    padding: int = 0,
    output_padding: int = 0,
) -> Float[Array, "b h2 w2 o"]:
    """Apply the transpose of `conv` with the same kernel, with the sizes of PyTorch's ConvTranspose2d.

    Args:
        x: unbounded.
        kernel: unbounded, of the dtype of x.
        stride: of the convolution that is transposed.
        padding: of the convolution that is transposed.
        output_padding: pixels that are added to the output at the far ends.
    """
    size = [
        (n - 1) * stride + k - 2 * padding + output_padding for n, k in zip(x.shape[1:3], kernel.shape[:2], strict=True)
    ]
    return _input_gradient(Window(stride, padding), (size[0], size[1]), x, kernel)


def plain_forward(window: Window, x: Array, kernel: Array) -> Array:
    """Compute `products.forward` as one XLA convolution.

    Args:
        window: stride, padding and dilation.
        x: picture [b h w i], unbounded.
        kernel: [p q i o], unbounded.
    """
    s, p, d = window
    return lax.conv_general_dilated(x, kernel, (s, s), [(p, p), (p, p)], rhs_dilation=(d, d), dimension_numbers=LAYOUT)


def plain_input_gradient(window: Window, size: tuple[int, int], g: Array, kernel: Array) -> Array:
    """Compute `products.input_gradient` as one XLA convolution.

    Args:
        window: stride, padding and dilation.
        size: height and width of the picture.
        g: cotangent of the output [b h2 w2 o], unbounded.
        kernel: [p q i o], unbounded.
    """
    # Transposing the linear map lets JAX derive the padding of the gradient.
    x = jax.ShapeDtypeStruct((g.shape[0], *size, kernel.shape[2]), g.dtype)
    return jax.linear_transpose(lambda x: plain_forward(window, x, kernel), x)(g)[0]


def plain_kernel_gradient(window: Window, taps: tuple[int, int], x: Array, g: Array) -> Array:
    """Compute `products.kernel_gradient` as one XLA convolution.

    Args:
        window: stride, padding and dilation.
        taps: rows and columns of the kernel.
        x: picture [b h w i], unbounded.
        g: cotangent of the output [b h2 w2 o], unbounded.
    """
    kernel = jax.ShapeDtypeStruct((*taps, x.shape[3], g.shape[3]), g.dtype)
    return jax.linear_transpose(lambda k: plain_forward(window, x, k), kernel)(g)[0]


# The form is chosen when a program is lowered for a platform, not by the default backend of the process.
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


def _with_residuals(function: Callable) -> Callable:
    """Return the forward rule of a custom VJP: the function's value, and its two arrays for the backward rule."""
    # The two arrays are always the last arguments.
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


_forward.defvjp(_with_residuals(_forward), _forward_backward)
_input_gradient.defvjp(_with_residuals(_input_gradient), _input_gradient_backward)
_kernel_gradient.defvjp(_with_residuals(_kernel_gradient), _kernel_gradient_backward)
