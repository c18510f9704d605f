"""Gated convolutions equal their definition, padded as TensorFlow and as PyTorch do it."""

from __future__ import annotations

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from mangagan.models.gated import GatedConv, gated_weights, upsample_nearest, zero_pad


def normal(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape, np.float32)


def by_hand(x, kernel, bias, stride, dilation, padding):
    """The definition, with XLA's own padding and NumPy's own elu and sigmoid."""
    layout = ("NHWC", "HWIO", "NHWC")
    y = lax.conv_general_dilated(x, kernel, (stride,) * 2, padding, None, (dilation,) * 2, layout) + bias
    a, b = np.split(np.asarray(y, np.float64), 2, axis=-1)
    return np.where(a > 0, a, np.expm1(np.minimum(a, 0))) / (1 + np.exp(-b))


@pytest.mark.parametrize(
    ("size", "stride", "dilation", "symmetric"),
    [(3, 1, 1, False), (3, 1, 4, False), (5, 1, 1, True), (3, 2, 1, False), (3, 2, 1, True), (5, 2, 1, False)],
)
def test_it_is_elu_times_sigmoid_of_one_convolution(size, stride, dilation, symmetric):
    x, kernel, bias = normal(0, 2, 8, 11, 3), normal(1, size, size, 3, 8), normal(2, 8)
    layer = GatedConv(4, size, stride, dilation, symmetric=symmetric)
    y = layer.apply({"params": {"kernel": kernel, "bias": bias}}, x)
    padding = [(size // 2,) * 2] * 2 if symmetric else "SAME"
    np.testing.assert_allclose(y, by_hand(x, kernel, bias, stride, dilation, padding), rtol=1e-4, atol=1e-4)
    assert y.shape == (2, -(-8 // stride), -(-11 // stride), 4)


def test_another_activation_takes_the_place_of_elu():
    x, kernel = normal(0, 1, 3, 3, 2), normal(1, 1, 1, 2, 4)
    y = GatedConv(2, 1, activation=nn.relu).apply({"params": {"kernel": kernel, "bias": np.zeros(4, np.float32)}}, x)
    value, gate = np.split(x @ kernel[0, 0], 2, axis=-1)
    np.testing.assert_allclose(y, np.maximum(value, 0) / (1 + np.exp(-gate)), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("n", [1, 2, 7, 8])
@pytest.mark.parametrize(("size", "stride", "dilation"), [(3, 1, 1), (3, 2, 1), (5, 2, 1), (3, 1, 16), (1, 2, 1)])
def test_the_padding_is_that_of_same(n, size, stride, dilation):
    reach = dilation * (size - 1) + 1
    (before, after), _ = lax.padtype_to_pads((n, n), (reach, reach), (stride, stride), "SAME")
    padded = zero_pad(np.ones((1, n, n, 1), np.float32), size, stride=stride, dilation=dilation)[0, :, before, 0]
    np.testing.assert_array_equal(padded, [0] * before + [1] * n + [0] * after)


def test_upsample_nearest_repeats_each_pixel_four_times():
    x = normal(0, 1, 2, 3, 2)
    np.testing.assert_array_equal(upsample_nearest(x), np.kron(x, np.ones((1, 2, 2, 1))))


def test_a_bfloat16_kernel_computes_in_bfloat16():
    x, layer = normal(0, 1, 8, 8, 3), GatedConv(4)
    params = layer.init(jax.random.key(0), x)["params"]
    low = {"kernel": params["kernel"].astype(jnp.bfloat16), "bias": params["bias"]}
    rounded = layer.apply({"params": low}, x)
    assert rounded.dtype == jnp.bfloat16
    np.testing.assert_allclose(rounded.astype(np.float32), layer.apply({"params": params}, x), atol=0.05)


def test_weights_carry_a_picture_through_many_layers():
    draw = gated_weights(jax.random.key(0), (3, 3, 50, 80))
    np.testing.assert_allclose([draw.mean(), draw.var()], [0, 4 / (9 * 50)], atol=1e-4)
    assert float(jnp.abs(draw).max()) <= (12 / (9 * 50)) ** 0.5
    x = normal(1, 2, 12, 12, 16) / 10
    first = float(x.std())
    for layer in range(10):
        x = GatedConv(16).init_with_output(jax.random.key(layer), x)[0]
    assert 0.2 * first < float(x.std()) < 2 * first
