"""Sizes, parameter counts and errors of the networks of Pix2PixHD, mostly by shape evaluation alone."""

from __future__ import annotations

import math
import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from mangagan.models.layers import BatchNorm
from mangagan.models.multiscale import MultiscaleDiscriminator, half_size
from mangagan.models.pix2pixhd import FeatureEncoder, GlobalGenerator, LocalEnhancer, with_base

KEY = jax.random.key(0)
TINY = GlobalGenerator(downs=2, blocks=2, features=4)


def picture(*shape):
    return jnp.asarray(np.random.default_rng(0).uniform(-1, 1, shape), jnp.float32)


def evaluated(network, *shape):
    """Shapes of the network's output and variables for a picture of this shape."""
    x = jax.ShapeDtypeStruct(shape, jnp.float32)
    return jax.eval_shape(lambda x: network.init_with_output(KEY, x, train=True), x)


def parameters(network, channels):
    return evaluated(network, 1, 64, 64, channels)[1]["params"]


@pytest.mark.parametrize(
    ("network", "channels", "count"),
    [
        (GlobalGenerator(), 36, 182_546_755),
        (GlobalGenerator(), 39, 182_556_163),
        (GlobalGenerator(), 3, 182_443_267),
        (GlobalGenerator(downs=3), 3, 45_593_347),
        (LocalEnhancer(), 36, 182_857_059),
        (FeatureEncoder(), 3, 788_803),
        (MultiscaleDiscriminator(), 39, 5_603_202),
        (MultiscaleDiscriminator(scales=3), 39, 8_404_803),
        (MultiscaleDiscriminator(), 6, 5_535_618),
    ],
)
def test_parameter_counts_equal_the_references(network, channels, count):
    leaves = jax.tree.leaves(parameters(network, channels))
    assert sum(math.prod(leaf.shape) for leaf in leaves) == count
    assert {leaf.dtype for leaf in leaves} == {jnp.dtype("float32")}


def test_discriminator_activations_have_the_sizes_of_the_reference():
    full, half = evaluated(MultiscaleDiscriminator(), 1, 256, 512, 6)[0]
    widths = [64, 128, 256, 512, 1]
    sizes = [(129, 257), (65, 129), (33, 65), (34, 66), (35, 67)]
    assert [stage.shape for stage in full] == [(1, *size, o) for size, o in zip(sizes, widths, strict=True)]
    sizes = [(65, 129), (33, 65), (17, 33), (18, 34), (19, 35)]
    assert [stage.shape for stage in half] == [(1, *size, o) for size, o in zip(sizes, widths, strict=True)]


def test_discriminators_take_pictures_of_any_size():
    outputs = evaluated(MultiscaleDiscriminator(scales=3, layers=2, features=2), 2, 1, 7, 3)[0]
    assert [[stage.shape[-1] for stage in stages] for stages in outputs] == [[2, 4, 8, 1]] * 3
    wide = evaluated(MultiscaleDiscriminator(scales=1, layers=5, features=2), 1, 64, 64, 3)[0]
    assert [stage.shape[-1] for stage in wide[0]] == [2, 4, 8, 16, 16, 16, 1]


def test_half_size_averages_the_existing_neighbours():
    x = np.asarray(picture(2, 5, 6, 3))
    expected = np.empty((2, 3, 3, 3))
    for row in range(3):
        for column in range(3):
            window = x[:, max(2 * row - 1, 0) : 2 * row + 2, max(2 * column - 1, 0) : 2 * column + 2]
            expected[:, row, column] = window.mean((1, 2))
    np.testing.assert_allclose(half_size(x), expected, atol=1e-6)
    assert half_size(jnp.ones((1, 4, 4, 1), jnp.bfloat16)).dtype == jnp.bfloat16


@pytest.mark.parametrize("enhancers", [0, 1, 2, 3])
def test_any_number_of_enhancers_keeps_the_size(enhancers):
    base = GlobalGenerator(downs=2, blocks=1, features=2 * 2**enhancers)
    network = LocalEnhancer(base, enhancers=enhancers, blocks=1, features=2, outputs=2)
    assert network.multiple == 4 * 2**enhancers
    output, variables = evaluated(network, 1, 32, 64, 5)
    assert output.shape == (1, 32, 64, 2)
    heads = {f"enhancer_{enhancers}_head"}
    assert variables["params"].keys() == {"base", *(f"enhancer_{n + 1}" for n in range(enhancers))} | heads


def test_pictures_of_2048_x_1024_fit():
    assert evaluated(LocalEnhancer(), 1, 1024, 2048, 36)[0].shape == (1, 1024, 2048, 3)
    assert len(evaluated(MultiscaleDiscriminator(scales=3), 1, 1024, 2048, 39)[0]) == 3


@pytest.mark.parametrize("network", [TINY, LocalEnhancer(TINY, features=2), FeatureEncoder(downs=2)])
def test_pictures_that_do_not_fit_are_refused(network):
    with pytest.raises(ValueError, match=f"{type(network).__name__}.*10 x 16.*multiples of {network.multiple}"):
        evaluated(network, 1, 10, 16, 1)


def test_widths_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="base.features is 4; .* need base.features=16"):
        evaluated(LocalEnhancer(TINY, enhancers=2, features=4), 1, 16, 16, 1)


def test_an_enhancer_starts_from_a_trained_base():
    start = parameters(LocalEnhancer(TINY, features=2), 3)
    trained = jax.tree.map(lambda leaf: np.ones(leaf.shape), parameters(TINY, 3))
    joined = with_base(start, trained)
    assert joined["base"].keys() == start["base"].keys() == trained.keys() - {"head"}
    assert joined["base"]["block_2_conv_1"]["kernel"] is trained["block_2_conv_1"]["kernel"]
    assert all(joined[name] is start[name] for name in ("enhancer_1", "enhancer_1_head"))


@pytest.mark.parametrize(
    ("other", "channels", "named"),
    [
        (TINY.clone(blocks=1), 3, "missing .*block_2_conv_1"),
        (TINY.clone(blocks=3), 3, "not in the base .*block_3_conv_1"),
        (TINY, 4, "other shapes .*stem"),
    ],
)
def test_an_enhancer_refuses_parameters_of_another_network(other, channels, named):
    start = parameters(LocalEnhancer(TINY, features=2), 3)
    with pytest.raises(ValueError, match=named):
        with_base(start, parameters(other, channels))


@pytest.mark.parametrize("norm", [TINY.norm, BatchNorm()], ids=["instance", "batch"])
def test_remat_changes_neither_names_nor_numbers(norm):
    plain = LocalEnhancer(TINY.clone(norm=norm, blocks=1, downs=1), blocks=1, features=2)
    saving = plain.clone(base=plain.base.clone(remat=True), remat=True)
    x = picture(1, 8, 8, 3)
    variables = jax.jit(lambda: plain.init(KEY, x, train=True))()
    assert jax.tree.map(jnp.shape, variables) == jax.tree.map(jnp.shape, evaluated(saving, *x.shape)[1])

    def loss(network, params):
        others = {name: tree for name, tree in variables.items() if name != "params"}
        y, new = network.apply({"params": params, **others}, x, train=True, mutable=["batch_stats"])
        return jnp.abs(y - 0.3).mean(), (y, new)

    def both(network):
        return jax.value_and_grad(lambda params: loss(network, params), has_aux=True)

    assert recomputed(both(saving), variables["params"]) == 2 and not recomputed(both(plain), variables["params"])
    expected, given = (jax.jit(both(network))(variables["params"]) for network in (plain, saving))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-5), given, expected)


def recomputed(function, *arguments):
    """How many parts of a program `jax.checkpoint` has marked; the primitive's name differs among JAX's releases."""
    return len(re.findall(r"= (?:remat|checkpoint)\w*\[", str(jax.make_jaxpr(function)(*arguments))))


def test_bfloat16_kernels_give_float32_outputs():
    def lowered(path, leaf):
        dtype = jnp.bfloat16 if path[-1].key == "kernel" else leaf.dtype
        return jax.ShapeDtypeStruct(leaf.shape, dtype)

    for network in (LocalEnhancer(TINY, features=2), FeatureEncoder(downs=2), MultiscaleDiscriminator(features=2)):
        x = jax.ShapeDtypeStruct((1, 32, 32, 3), jnp.float32)
        variables = jax.tree_util.tree_map_with_path(lowered, evaluated(network, *x.shape)[1])
        outputs = jax.eval_shape(lambda v, x, network=network: network.apply(v, x, train=True), variables, x)
        assert {leaf.dtype for leaf in jax.tree.leaves(outputs)} == {jnp.dtype("float32")}
