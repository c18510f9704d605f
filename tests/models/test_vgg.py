"""VGG: its taps, their sizes and values, and its errors."""

from __future__ import annotations

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from mangagan.models.vgg import VGG16, VGG19, imagenet

KEY = jax.random.key(0)


def shapes(network, *shape):
    x = jax.ShapeDtypeStruct(shape, jnp.float32)
    taps, variables = jax.eval_shape(lambda x: network.init_with_output(KEY, x), x)
    return [tap.shape for tap in taps], variables["params"]


def test_imagenet_takes_minus_one_to_one():
    x = np.random.default_rng(0).uniform(-1, 1, (1, 2, 3, 3)).astype(np.float32)
    expected = ((x + 1) / 2 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    np.testing.assert_allclose(imagenet(jnp.asarray(x)), expected, rtol=1e-5, atol=1e-6)
    assert imagenet(jnp.asarray(x, jnp.bfloat16)).dtype == jnp.bfloat16


@pytest.mark.parametrize(("network", "count"), [(VGG16(), 14_714_688), (VGG19(("relu5_4",)), 20_024_384)])
def test_parameter_counts_are_those_of_the_published_convolutions(network, count):
    leaves = jax.tree.leaves(shapes(network, 1, 32, 32, 3)[1])
    assert sum(leaf.size for leaf in leaves) == count


def test_taps_come_in_the_order_asked_for_and_odd_sizes_round_down():
    network = VGG19(("relu5_1", "relu1_1", "relu3_4"))
    assert shapes(network, 2, 50, 33, 3)[0] == [(2, 3, 2, 512), (2, 50, 33, 64), (2, 12, 8, 256)]


def test_layers_behind_the_last_tap_have_no_parameters():
    assert set(shapes(VGG16(("relu2_1",)), 1, 8, 8, 3)[1]) == {"conv1_1", "conv1_2", "conv2_1"}


@pytest.mark.parametrize("taps", [(), ("relu3_4",), ("relu1_1", "pool1"), ("relu1_3",)])
def test_unknown_taps_are_refused_and_the_known_ones_listed(taps):
    with pytest.raises(ValueError, match="VGG16: taps .* must be some of relu1_1, .*relu3_3, relu4_1.*relu5_3"):
        shapes(VGG16(taps), 1, 32, 32, 3)


@pytest.mark.parametrize("shape", [(1, 32, 32, 1), (1, 15, 32, 3)])
def test_pictures_that_do_not_fit_are_refused(shape):
    with pytest.raises(ValueError, match="needs 3 channels and, for relu5_3, 16 pixels at least"):
        shapes(VGG16(), *shape)


def test_values_are_those_of_plain_flax_layers():
    network = VGG16(("relu1_2", "relu2_1"))
    x = jax.random.normal(KEY, (2, 9, 10, 3))
    variables = jax.jit(network.init)(KEY, x)
    got = jax.jit(network.apply)(variables, x)

    def layer(name, x):
        plain = nn.Conv(variables["params"][name]["bias"].size, (3, 3), padding=1)
        return nn.relu(plain.apply({"params": variables["params"][name]}, x))

    first = layer("conv1_2", layer("conv1_1", x))
    second = layer("conv2_1", nn.max_pool(first, (2, 2), (2, 2)))
    np.testing.assert_allclose(got[0], first, atol=1e-5)
    np.testing.assert_allclose(got[1], second, atol=1e-5)


def test_half_precision_kernels_give_float32_taps():
    network = VGG16(("relu1_1",))
    x = jnp.ones((1, 4, 4, 3))
    variables = jax.tree.map(lambda leaf: leaf.astype(jnp.bfloat16), network.init(KEY, x))
    assert network.apply(variables, x)[0].dtype == jnp.float32
