"""DeepFill and SN-PatchGAN: sizes, ranges, holes, power iteration and errors."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax.traverse_util import flatten_dict

from mangagan.models.deepfill import DeepFill
from mangagan.models.sn_patchgan import SNPatchGAN

KEY = jax.random.key(0)
SMALL = DeepFill(features=4)


def inputs(b=2, h=16, w=24):
    rng = np.random.default_rng(0)
    picture, hole = rng.uniform(-1, 1, (b, h, w, 3)), np.zeros((b, h, w, 1))
    hole[:, 4:12, 8:16] = 1
    return jnp.asarray(np.concatenate([picture, hole], -1), jnp.float32)


@pytest.fixture(scope="module")
def variables():
    return jax.jit(lambda x: SMALL.init(KEY, x, train=False))(inputs())


@pytest.fixture(scope="module")
def predict():
    return jax.jit(lambda variables, x: SMALL.apply(variables, x, train=False))


def shapes(network, *shape):
    x = jax.ShapeDtypeStruct(shape, jnp.float32)
    return jax.eval_shape(lambda x: network.init_with_output(KEY, x, train=False), x)


def count(tree):
    return sum(math.prod(leaf.shape) for leaf in jax.tree.leaves(tree))


def test_the_generator_has_as_many_parameters_as_the_reference_stage_by_stage():
    (coarse, refined), variables = shapes(DeepFill(), 2, 256, 512, 4)
    assert coarse.shape == refined.shape == (2, 256, 512, 3)
    first = {name: part for name, part in variables["params"].items() if name.startswith("coarse")}
    assert (count(first), count(variables["params"])) == (1_631_151, 4_052_478)
    assert set(variables) == {"params"}


def test_the_discriminator_has_as_many_parameters_as_the_reference():
    logits, variables = shapes(SNPatchGAN(), 2, 256, 256, 4)
    assert logits.shape == (2, 4, 4, 256)
    assert count(variables["params"]) == 5_946_816


def test_both_pictures_are_in_range_and_do_not_depend_on_pixels_in_the_hole(variables, predict):
    x = inputs()
    pictures = predict(variables, x)
    for picture in pictures:
        assert picture.dtype == jnp.float32
        assert picture.shape == (*x.shape[:3], 3) and float(jnp.abs(picture).max()) <= 1
    other = x.at[..., :3].set(jnp.where(x[..., 3:] == 1, 7.0, x[..., :3]))
    for one, two in zip(pictures, predict(variables, other), strict=True):
        np.testing.assert_array_equal(one, two)


def test_each_picture_has_its_own_hole(variables, predict):
    x = inputs()
    x = x.at[1, ..., 3].set(jnp.roll(x[1, ..., 3], -8, axis=1))
    for n in range(2):
        for one, alone in zip(predict(variables, x), predict(variables, jnp.stack([x[n], x[n]])), strict=True):
            np.testing.assert_allclose(one[n], alone[0], atol=1e-5)


def test_every_parameter_is_trained(variables):
    def loss(params):
        # Large enough for patches that do not touch the hole: without any the attention returns 0.
        coarse, refined = SMALL.apply({"params": params}, inputs(1, 32, 32), train=True)
        return jnp.abs(coarse - 0.3).mean() + jnp.abs(refined - 0.3).mean()

    for path, slope in flatten_dict(jax.jit(jax.grad(loss))(variables["params"])).items():
        assert bool(jnp.isfinite(slope).all()) and float(jnp.abs(slope).max()) > 0, path


def test_bfloat16_kernels_stay_near_float32(variables, predict):
    low = jax.tree_util.tree_map_with_path(
        lambda path, leaf: leaf.astype(jnp.bfloat16) if path[-1].key == "kernel" else leaf, variables
    )
    for rounded, exact in zip(predict(low, inputs()), predict(variables, inputs()), strict=True):
        assert rounded.dtype == jnp.float32
        assert float(jnp.linalg.norm(rounded - exact) / jnp.linalg.norm(exact)) < 0.1


@pytest.mark.parametrize(
    ("shape", "message"), [((1, 12, 16, 4), "12 x 16.*multiples of 8"), ((1, 16, 16, 3), "3 input channels.*takes 4")]
)
def test_inputs_that_do_not_fit_are_refused(shape, message):
    with pytest.raises(ValueError, match=message):
        jax.eval_shape(lambda: SMALL.init(KEY, jnp.zeros(shape), train=False))


def test_power_iteration_finds_each_kernels_largest_singular_value_and_only_training_keeps_it():
    network, x = SNPatchGAN(layers=2, features=4), inputs(1, 9, 10)
    variables = jax.jit(lambda x: network.init(KEY, x, train=False))(x)
    apply = jax.jit(lambda v, train: network.apply(v, x, train=train, mutable=["batch_stats"]), static_argnums=1)
    for _ in range(100):
        variables |= apply(variables, True)[1]
    for layer in ("conv_1", "conv_2"):
        kernel = np.asarray(variables["params"][layer]["conv"]["kernel"])
        expected = np.linalg.svd(kernel.reshape(-1, kernel.shape[-1]), compute_uv=False)[0]
        found = variables["batch_stats"][layer]["norm"]["conv/kernel/sigma"]
        np.testing.assert_allclose(found, expected, rtol=1e-3)
    logits, stats = apply(variables, False)
    assert logits.shape == (1, 3, 3, 8) and logits.dtype == jnp.float32
    jax.tree.map(np.testing.assert_array_equal, stats["batch_stats"], variables["batch_stats"])


def test_the_logits_do_not_depend_on_the_scale_of_the_kernels():
    network, x = SNPatchGAN(layers=2, features=4), inputs(1, 8, 8)
    variables = jax.jit(lambda x: network.init(KEY, x, train=False))(x)
    larger = variables | {"params": jax.tree.map(lambda leaf: 50 * leaf, variables["params"])}
    apply = jax.jit(lambda v: network.apply(v, x, train=False))
    np.testing.assert_allclose(apply(larger), apply(variables), atol=1e-5)
