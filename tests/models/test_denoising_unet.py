"""The denoising U-Net: sizes, the residual output, initialisation, dtypes and errors."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from mangagan.models.denoising_unet import DenoisingUNet
from mangagan.models.layers import BatchNorm, InstanceNorm, NoNorm

KEY = jax.random.key(0)
SMALL = DenoisingUNet(levels=2, features=8, blocks=1, norm=NoNorm())


def picture(*shape):
    return jnp.asarray(np.random.default_rng(0).uniform(-1, 1, shape), jnp.float32)


def initialise(network, x):
    return jax.jit(lambda x: network.init(KEY, x, train=False))(x)


@pytest.fixture(scope="module")
def variables():
    """Initial variables of SMALL for three channels; they do not depend on the size of the picture."""
    return initialise(SMALL, picture(1, 8, 8, 3))


def run(network, variables, x):
    return jax.jit(lambda variables, x: network.apply(variables, x, train=False))(variables, x)


def shape_of(network, *shape):
    x = jax.ShapeDtypeStruct(shape, jnp.float32)
    return jax.eval_shape(lambda x: network.init_with_output(KEY, x, train=True)[0], x).shape


@pytest.mark.parametrize("sampling", [2, 4])
@pytest.mark.parametrize("levels", [1, 3, 7])
def test_networks_of_any_depth_keep_the_size(levels, sampling):
    network = DenoisingUNet(levels=levels, features=4, blocks=1, sampling=sampling)
    assert network.multiple == 2**levels
    assert shape_of(network, 2, network.multiple, 2 * network.multiple, 4) == (2, 2**levels, 2 ** (levels + 1), 3)


@pytest.mark.parametrize("norm", [BatchNorm(), InstanceNorm(), NoNorm()], ids=lambda norm: type(norm).__name__)
def test_a_256_patch_passes_seven_levels_with_every_norm(norm):
    assert shape_of(DenoisingUNet(norm=norm), 1, 256, 256, 3) == (1, 256, 256, 3)


def test_inputs_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="10 x 16.*multiples of 4"):
        shape_of(SMALL, 1, 10, 16, 3)
    with pytest.raises(ValueError, match="1 channels.*picture 3.*data.input=color"):
        shape_of(SMALL, 1, 8, 8, 1)


def silent(variables):
    """The variables with an output layer of zeros."""
    params = variables["params"]
    return {**variables, "params": params | {"head": jax.tree.map(jnp.zeros_like, params["head"])}}


def test_a_residual_network_with_a_zero_output_layer_returns_the_picture():
    x = picture(2, 8, 12, 4)
    variables = silent(initialise(SMALL, x))
    np.testing.assert_array_equal(run(SMALL, variables, x), x[..., :3])
    # Without the residual connection the same network returns mid grey.
    direct = SMALL.clone(residual=False)
    np.testing.assert_array_equal(run(direct, variables, x), jnp.zeros((2, 8, 12, 3)))


def test_the_last_layer_reads_the_input_itself(variables):
    x = picture(1, 8, 8, 3)
    params = variables["params"]
    head = params["head"]["kernel"]
    assert head.shape == (3, 3, 3 + SMALL.features // 4, 3)
    # The centre tap passes the input on: the predicted noise is the input, and nothing is left.
    passing = jnp.zeros_like(head).at[1, 1, :3].set(jnp.eye(3))
    params = params | {"head": params["head"] | {"kernel": passing}}
    np.testing.assert_allclose(run(SMALL, {**variables, "params": params}, x), 0, atol=1e-6)


def test_a_deep_network_without_norms_starts_near_the_input_and_passes_gradients_to_every_layer():
    network = DenoisingUNet(levels=3, features=8, blocks=1, sampling=2, norm=NoNorm())
    x = picture(2, 16, 16, 3)
    variables = initialise(network, x)

    def loss(params):
        y = network.apply({"params": params}, x, train=True)
        return jnp.square(y).mean(), y

    gradients, y = jax.jit(jax.grad(loss, has_aux=True))(variables["params"])
    assert float(jnp.abs(y - x).mean()) < 0.5 * float(jnp.abs(x).mean())
    norms = [float(jnp.linalg.norm(gradient)) for gradient in jax.tree.leaves(gradients)]
    assert min(norms) > 1e-4 * max(norms)


def test_bfloat16_kernels_stay_near_float32_and_the_output_is_float32(variables):
    x = picture(1, 16, 16, 3)
    low = jax.tree.map(lambda leaf: leaf.astype(jnp.bfloat16) if leaf.ndim > 1 else leaf, variables)
    exact, rounded = run(SMALL, variables, x), run(SMALL, low, x)
    assert rounded.dtype == jnp.float32
    assert 0 < float(jnp.abs(rounded - exact).max()) < 0.05
