"""Shapes, dropout, dtypes, gradients and errors of the networks."""

from __future__ import annotations

from functools import partial

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from mangagan.models.dcgan import DCGANDiscriminator
from mangagan.models.layers import Dropout, InstanceNorm, NoNorm, weights
from mangagan.models.multiscale import MultiscaleDiscriminator
from mangagan.models.patchgan import PatchGAN, PixelGAN
from mangagan.models.resnet import ResNet
from mangagan.models.unet import UNet

KEY = jax.random.key(0)


def picture(*shape):
    return jnp.asarray(np.random.default_rng(0).uniform(-1, 1, shape), jnp.float32)


def initialise(network, x):
    return jax.jit(lambda key, x: network.init(key, x, train=False))(KEY, x)


def output_shape(network, *shape):
    x = jax.ShapeDtypeStruct(shape, jnp.float32)
    return jax.eval_shape(lambda x: network.init_with_output(KEY, x, train=False)[0], x).shape


@pytest.mark.parametrize(("layers", "side"), [(1, 126), (2, 62), (3, 30), (4, 14), (5, 6)])
def test_patchgan_has_as_many_patches_as_the_reference(layers, side):
    assert output_shape(PatchGAN(layers=layers), 1, 256, 256, 6) == (1, side, side, 1)


def test_pixelgan_has_a_logit_for_each_pixel():
    assert output_shape(PixelGAN(), 2, 5, 7, 3) == (2, 5, 7, 1)


@pytest.mark.parametrize("levels", range(2, 10))
def test_unets_of_any_depth_keep_the_size(levels):
    network = UNet(levels=levels, features=2, outputs=2, norm=NoNorm())
    assert network.multiple == 2**levels
    assert output_shape(network, 1, network.multiple, 2 * network.multiple, 1) == (1, 2**levels, 2 ** (levels + 1), 2)


@pytest.mark.parametrize("network", [UNet(levels=3, features=2), ResNet(blocks=1, features=2)], ids=["unet", "resnet"])
def test_pictures_that_do_not_fit_are_refused(network):
    with pytest.raises(ValueError, match=f"10 x 16.*multiples of {network.multiple}"):
        jax.eval_shape(lambda: network.init(KEY, jnp.zeros((1, 10, 16, 1)), train=False))


@pytest.mark.parametrize(
    ("network", "drops"),
    [
        (UNet(levels=9, features=2), 4),
        (UNet(levels=8, features=2), 3),
        (UNet(levels=7, features=2), 2),
        (UNet(levels=5, features=2), 0),
        (UNet(levels=8, features=2, dropout=0.0), 0),
        (ResNet(blocks=3, features=2, dropout=0.5), 3),
        (ResNet(blocks=3, features=2), 0),
    ],
    ids=lambda value: str(value) if isinstance(value, int) else type(value).__name__,
)
def test_dropout_is_where_the_reference_has_it_and_only_in_training(network, drops):
    assert dropped_maps(network, train=True) == drops
    assert dropped_maps(network, train=False) == 0


def dropped_maps(network, *, train):
    dropped = []

    def watch(next_function, args, kwargs, context):
        layer = context.module
        if isinstance(layer, Dropout) and layer.rate > 0 and kwargs["train"]:
            dropped.append(layer)
        return next_function(*args, **kwargs)

    x = jax.ShapeDtypeStruct((1, network.multiple, network.multiple, 1), jnp.float32)
    with nn.intercept_methods(watch):
        jax.eval_shape(lambda x: network.init({"params": KEY, "dropout": KEY}, x, train=train), x)
    return len(dropped)


@pytest.mark.parametrize(
    "network",
    [UNet(levels=2, features=4), ResNet(blocks=1, features=4), PatchGAN(layers=1, features=4), PixelGAN(features=4)],
    ids=lambda network: type(network).__name__,
)
def test_bfloat16_kernels_stay_near_float32_and_outputs_are_float32(network):
    x = picture(1, 16, 16, 3)
    variables = initialise(network, x)

    def halved(path, leaf):
        return leaf.astype(jnp.bfloat16) if path[-1].key == "kernel" else leaf

    low = {**variables, "params": jax.tree_util.tree_map_with_path(halved, variables["params"])}
    apply = jax.jit(lambda v, x: network.apply(v, x, train=True, mutable=["batch_stats"])[0])
    exact, rounded = apply(variables, x), apply(low, x)
    assert rounded.dtype == jnp.float32
    assert float(jnp.linalg.norm(rounded - exact) / jnp.linalg.norm(exact)) < 0.1


@pytest.mark.parametrize(
    "network",
    [
        PatchGAN(layers=1, features=4, norm=NoNorm(), spectral=True),
        PixelGAN(features=4, norm=NoNorm(), spectral=True),
        MultiscaleDiscriminator(layers=1, features=4, norm=NoNorm(), spectral=True),
        DCGANDiscriminator(layers=2, features=4, norm=NoNorm(), spectral=True),
    ],
    ids=lambda network: type(network).__name__,
)
def test_with_spectral_norm_no_convolution_depends_on_the_scale_of_its_kernel(network):
    x = picture(1, 12, 12, 3)
    variables = initialise(network, x)
    assert variables["batch_stats"]

    def scaled(path, leaf):
        return 50 * leaf if "kernel" in str(path[-1]) and "logit'" not in str(path) else leaf

    larger = variables | {"params": jax.tree_util.tree_map_with_path(scaled, variables["params"])}
    discriminate = jax.jit(lambda v: network.apply(v, x, train=False))
    jax.tree.map(partial(np.testing.assert_allclose, atol=1e-5), discriminate(larger), discriminate(variables))


def test_a_gradient_penalty_reaches_the_discriminators_weights():
    network = PatchGAN(layers=1, features=4, norm=InstanceNorm())
    x = picture(1, 16, 16, 3)
    variables = initialise(network, x)

    def penalty(variables, x):
        slope = jax.grad(lambda x: network.apply(variables, x, train=True).sum())(x)
        return jnp.square(jnp.sqrt(jnp.sum(jnp.square(slope))) - 1)

    gradients = jax.jit(jax.grad(penalty))(variables, x)["params"]
    for name in ("conv_1", "conv_2", "logits"):
        kernel = gradients[name]["kernel"]
        assert bool(jnp.isfinite(kernel).all()) and float(jnp.abs(kernel).max()) > 0


def test_every_parameter_of_a_generator_is_trained():
    network = UNet(levels=3, features=4)
    x = picture(2, 16, 8, 1)
    variables = initialise(network, x)

    def loss(params, stats, x):
        y = network.apply({"params": params, "batch_stats": stats}, x, train=True, mutable=["batch_stats"])[0]
        return jnp.abs(y - 0.3).mean()

    gradients = jax.jit(jax.grad(loss))(variables["params"], variables["batch_stats"], x)
    for gradient in jax.tree.leaves(gradients):
        assert float(jnp.abs(gradient).max()) > 0


def test_dropout_keeps_the_mean_and_zeroes_its_share():
    x = jnp.ones((2, 50, 50, 4))
    y = Dropout(0.25).apply({}, x, train=True, rngs={"dropout": KEY})
    np.testing.assert_allclose((y == 0).mean(), 0.25, atol=0.02)
    np.testing.assert_allclose(y.max(), 1 / 0.75, rtol=1e-6)
    assert Dropout(0.25).apply({}, x, train=False) is x


def test_weights_have_the_references_spread():
    draw = weights(KEY, (3, 4, 50, 60))
    np.testing.assert_allclose([draw.mean(), draw.std()], [0, 0.02], atol=1e-3)
