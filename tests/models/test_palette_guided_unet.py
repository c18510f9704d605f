"""The filter after upsampling keeps flat areas flat."""

import jax
import jax.numpy as jnp
import numpy as np
from scipy import ndimage

from mangagan.models.layers import ConvTranspose
from mangagan.models.palette_guided_unet import _border_gain, binomial_filter


def test_the_filter_is_binomial():
    x = np.random.default_rng(0).normal(size=(2, 7, 6, 3)).astype(np.float32)
    expected = x
    for axis in (1, 2):
        expected = ndimage.convolve1d(expected, [0.25, 0.5, 0.25], axis=axis, mode="constant")
    np.testing.assert_allclose(binomial_filter(jnp.asarray(x)), expected, atol=1e-6)


def test_borders_are_as_bright_as_the_rest():
    assert np.allclose(binomial_filter(jnp.ones((1, 5, 5, 1)))[0, 2, :, 0] * _border_gain(5), 1)


def test_it_removes_the_checkerboard_of_a_transposed_convolution():
    up = ConvTranspose(4, 4, 2, 1)
    plane = jnp.ones((1, 8, 8, 3))
    checked = up.apply(up.init(jax.random.key(0), plane), plane)[0, 2:-2, 2:-2]
    assert np.ptp(checked, axis=(0, 1)).min() > 0.01
    np.testing.assert_allclose(np.ptp(binomial_filter(checked[None])[0, 1:-1, 1:-1], axis=(0, 1)), 0, atol=1e-6)
