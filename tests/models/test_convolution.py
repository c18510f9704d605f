"""The convolutions equal those of XLA in values and in first and second derivatives."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from mangagan.models import convolution, products
from mangagan.models.convolution import conv, conv_transpose
from mangagan.models.products import Window

NHWC = ("NHWC", "HWIO", "NHWC")


def xla_conv(x, kernel, *, stride, padding, dilation=1):
    borders, apart = [(padding, padding)] * 2, (dilation, dilation)
    return lax.conv_general_dilated(x, kernel, (stride, stride), borders, rhs_dilation=apart, dimension_numbers=NHWC)


def xla_conv_transpose(x, kernel, *, stride, padding, output_padding):
    before = kernel.shape[0] - 1 - padding
    borders = [(before, before + output_padding)] * 2
    return lax.conv_transpose(x, kernel, (stride, stride), borders, dimension_numbers=NHWC, transpose_kernel=True)


def random(seed, *shape):
    return jnp.asarray(np.random.default_rng(seed).standard_normal(shape, np.float32))


# The shapes of the three networks' layers, and the corners: strides wider than the kernel, pixels no tap reaches.
CONVS = [
    # height, width, inputs, outputs, size, stride, padding
    (8, 12, 3, 5, 4, 2, 1),
    (2, 2, 4, 4, 4, 2, 1),
    (7, 9, 4, 6, 4, 1, 1),
    (7, 6, 6, 1, 4, 1, 1),
    (9, 8, 2, 4, 3, 2, 1),
    (6, 7, 4, 4, 3, 1, 0),
    (9, 10, 4, 3, 7, 1, 0),
    (5, 4, 6, 2, 1, 1, 0),
    (5, 6, 2, 3, 1, 2, 0),
]
# Taps on every phase of the stride, on some only, further apart than the picture is wide, and more padding than reach.
DILATED = [
    # height, width, inputs, outputs, size, stride, padding, dilation
    (8, 7, 4, 4, 3, 1, 2, 2),
    (7, 8, 6, 2, 3, 1, 2, 2),
    (9, 8, 2, 5, 3, 1, 0, 3),
    (9, 10, 3, 4, 3, 2, 2, 2),
    (9, 8, 3, 4, 4, 2, 3, 3),
    (3, 4, 4, 4, 3, 1, 8, 8),
    (4, 5, 4, 3, 3, 1, 5, 2),
]
TRANSPOSES = [
    # height, width, inputs, outputs, size, stride, padding, output padding
    (4, 6, 4, 3, 4, 2, 1, 0),
    (1, 2, 5, 5, 4, 2, 1, 0),
    (4, 5, 4, 2, 3, 2, 1, 1),
    (4, 5, 2, 4, 3, 1, 1, 0),
]


def first_and_second_derivatives(function, x, kernel, g):
    """Values, gradients, and the gradients of a penalty on a gradient (WGAN-GP and R1 differentiate twice)."""

    def energy(x, kernel):
        return jnp.sum(jnp.sin(function(x, kernel)) * g)

    def penalty(x, kernel):
        return sum(jnp.sum(jnp.square(d)) for d in jax.grad(energy, (0, 1))(x, kernel))

    value = function(x, kernel)
    return value, jax.grad(energy, (0, 1))(x, kernel), jax.grad(penalty, (0, 1))(x, kernel)


def assert_same(ours, plain, x, kernel):
    g = random(3, *jax.eval_shape(plain, x, kernel).shape)
    results = [jax.jit(partial(first_and_second_derivatives, f))(x, kernel, g) for f in (ours, plain)]
    for a, b in zip(jax.tree.leaves(results[0]), jax.tree.leaves(results[1]), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5 * max(1.0, float(jnp.abs(b).max())))


@pytest.mark.parametrize("shape", CONVS, ids=str)
def test_conv_is_xlas(shape):
    h, w, inputs, outputs, size, stride, padding = shape
    options = {"stride": stride, "padding": padding}
    x, kernel = random(0, 2, h, w, inputs), random(1, size, size, inputs, outputs)
    assert_same(partial(conv, **options), partial(xla_conv, **options), x, kernel)


@pytest.mark.parametrize("shape", DILATED, ids=str)
def test_dilated_conv_is_xlas(shape):
    h, w, inputs, outputs, size, stride, padding, dilation = shape
    options = {"stride": stride, "padding": padding, "dilation": dilation}
    x, kernel = random(0, 2, h, w, inputs), random(1, size, size, inputs, outputs)
    assert_same(partial(conv, **options), partial(xla_conv, **options), x, kernel)


@pytest.mark.parametrize("shape", TRANSPOSES, ids=str)
def test_conv_transpose_is_xlas(shape):
    h, w, inputs, outputs, size, stride, padding, output_padding = shape
    options = {"stride": stride, "padding": padding, "output_padding": output_padding}
    x, kernel = random(0, 2, h, w, inputs), random(1, size, size, outputs, inputs)
    assert_same(partial(conv_transpose, **options), partial(xla_conv_transpose, **options), x, kernel)


@pytest.mark.parametrize("shape", CONVS[:5] + DILATED[:5], ids=str)
def test_the_forms_of_the_other_platforms_agree(shape):
    h, w, inputs, outputs, size, *walk = shape
    window, taps = Window(*walk), (size, size)
    x, kernel = random(0, 2, h, w, inputs), random(1, size, size, inputs, outputs)

    @jax.jit
    def both(x, kernel):
        y = convolution.plain_forward(window, x, kernel)
        g = jnp.cos(y)
        plain = (
            y,
            convolution.plain_input_gradient(window, (h, w), g, kernel),
            convolution.plain_kernel_gradient(window, taps, x, g),
        )
        return plain, (
            products.forward(window, x, kernel),
            products.input_gradient(window, (h, w), g, kernel),
            products.kernel_gradient(window, taps, x, g),
        )

    jax.tree.map(partial(np.testing.assert_allclose, atol=1e-4, rtol=1e-5), *both(x, kernel))


def test_bfloat16_kernels_give_bfloat16_results_near_float32():
    x, kernel = random(0, 2, 8, 8, 16), random(1, 4, 4, 16, 8)
    function = partial(conv, stride=2, padding=1)
    g = random(2, 2, 4, 4, 8)

    @jax.jit
    def gradients(x, kernel, g):
        y, pull = jax.vjp(function, x, kernel)
        return y, *pull(g.astype(y.dtype))

    exact = gradients(x, kernel, g)
    rounded = gradients(*(a.astype(jnp.bfloat16) for a in (x, kernel, g)))
    for a, b in zip(rounded, exact, strict=True):
        assert a.dtype == jnp.bfloat16
        assert float(jnp.linalg.norm(a.astype(jnp.float32) - b) / jnp.linalg.norm(b)) < 0.02


def test_no_multiplication_with_inserted_zeros():
    x, kernel = random(0, 1, 16, 16, 32), random(1, 4, 4, 16, 32)
    step = jax.jit(lambda x, k: conv_transpose(x, k, stride=2, padding=1))
    needed = 2 * 16 * 16 * 4 * 4 * 16 * 32
    assert step.lower(x, kernel).compile().cost_analysis()["flops"] < 1.05 * needed
