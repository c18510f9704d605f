"""The DCGAN colouriser: shapes, sizes, and pictures that do not fit."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from mangagan.models.dcgan import DCGANDiscriminator, DCGANGenerator
from mangagan.models.layers import InstanceNorm

KEY = jax.random.key(0)


def shapes(network, *shape):
    x = jax.ShapeDtypeStruct(shape, jnp.float32)
    return jax.eval_shape(lambda x: network.init_with_output(KEY, x, train=False), x)


def count(network, *shape):
    return sum(math.prod(leaf.shape) for leaf in jax.tree.leaves(shapes(network, *shape)[1]["params"]))


def strided(i, o):
    """The number of weights of a 4 x 4 convolution without bias and of the norm after it."""
    return 16 * i * o + 2 * o


def test_parameter_counts_are_those_of_the_layers():
    ends = (16 * 64 + 64) + (16 * 64 * 3 + 3)
    inner = [(64, 128), (128, 256), (256, 512), (512, 256), (256, 128), (128, 64)]
    assert count(DCGANGenerator(), 1, 64, 64, 1) == ends + sum(strided(i, o) for i, o in inner)
    first, logit = 16 * 4 * 64 + 64, 32 * 32 * 256 + 1
    assert count(DCGANDiscriminator(), 1, 256, 256, 4) == first + strided(64, 128) + strided(128, 256) + logit


@pytest.mark.parametrize("levels", [1, 2, 4, 5])
def test_the_generator_brings_a_picture_back_to_full_size(levels):
    network = DCGANGenerator(levels=levels, features=2, outputs=2)
    assert network.multiple == 2**levels
    picture, _ = shapes(network, 2, 2**levels, 2 ** (levels + 1), 1)
    assert picture.shape == (2, 2**levels, 2 ** (levels + 1), 2) and picture.dtype == jnp.float32


def test_widths_stop_at_eight_times_the_first():
    params = shapes(DCGANGenerator(levels=5, features=4), 1, 32, 32, 1)[1]["params"]
    assert [params[f"down_{n}"]["kernel"].shape[3] for n in range(1, 6)] == [4, 8, 16, 32, 32]


@pytest.mark.parametrize("size", [(8, 8), (16, 40), (13, 9)])
def test_the_discriminator_gives_one_logit_per_picture(size):
    logits, variables = shapes(DCGANDiscriminator(features=4), 3, *size, 4)
    assert logits.shape == (3, 1) and logits.dtype == jnp.float32
    assert variables["params"]["logit"]["kernel"].shape == (16 * (size[0] // 8) * (size[1] // 8), 1)


def test_pictures_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="24 x 32.*multiples of 16"):
        shapes(DCGANGenerator(features=2), 1, 24, 32, 1)
    with pytest.raises(ValueError, match="7 x 32.*8 pixels at least"):
        shapes(DCGANDiscriminator(features=2), 1, 7, 32, 4)


def test_a_discriminator_refuses_pictures_of_another_size_than_its_own():
    network = DCGANDiscriminator(features=2)
    variables = shapes(network, 1, 16, 32, 4)[1]
    with pytest.raises(ValueError, match="24 x 32.*leaves 3 x 4 places.*made for 8"):
        jax.eval_shape(lambda v, x: network.apply(v, x, train=False), variables, jnp.zeros((1, 24, 32, 4)))


@pytest.mark.parametrize(
    ("network", "channels"),
    [(DCGANGenerator(levels=2, features=4, norm=InstanceNorm()), 1), (DCGANDiscriminator(features=4, layers=2), 4)],
    ids=lambda value: type(value).__name__,
)
def test_every_parameter_is_trained(network, channels):
    x = jnp.asarray(np.random.default_rng(0).uniform(-1, 1, (2, 16, 24, channels)), jnp.float32)

    @jax.jit
    def gradients():
        variables = network.init(KEY, x, train=True)

        def loss(params):
            y, _ = network.apply(variables | {"params": params}, x, train=True, mutable=["batch_stats"])
            return jnp.mean(jnp.square(y - 0.3))

        return jax.grad(loss)(variables["params"])

    norm_less = ("down_2", "up_2") if channels == 1 else ()
    for name, layer in gradients().items():
        for kind, gradient in layer.items():
            # An instance norm cancels the bias before it.
            if not (kind == "bias" and name in norm_less):
                assert float(jnp.abs(gradient).max()) > 0, (name, kind)
