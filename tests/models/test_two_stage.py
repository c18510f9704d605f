"""The two-stage inpainting generator: layers, sizes, ranges, holes and errors."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax.traverse_util import flatten_dict, unflatten_dict

from mangagan.models.smooth_fill import smooth_fill
from mangagan.models.sn_patchgan import SNPatchGAN
from mangagan.models.two_stage import TwoStage

KEY = jax.random.key(0)
SMALL = TwoStage(features=4)


def inputs(b=2, h=16, w=20):
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


def test_the_coarse_stage_has_sixteen_gated_layers_and_the_second_nine_layers_around_its_attention():
    (coarse, refined), variables = shapes(TwoStage(), 2, 256, 512, 4)
    assert coarse.shape == refined.shape == (2, 256, 512, 3)
    kernels = {path: leaf.shape for path, leaf in flatten_dict(variables["params"]).items() if path[-1] == "kernel"}
    first = [shape for path, shape in kernels.items() if path[0].startswith("coarse")]
    second = [shape for path, shape in kernels.items() if "attention" not in path and path[0] == "refinement"]
    assert (len(first) - 1, len(second)) == (16, 9)  # without the output layer
    assert sum("attention" in path for path in kernels) == 3
    assert set(variables) == {"params"}
    plain = flatten_dict(shapes(TwoStage(attention=False), 1, 8, 8, 4)[1]["params"])
    assert not any("attention" in path for path in plain)


def test_the_discriminator_of_seven_layers_halves_seven_times():
    logits, variables = shapes(SNPatchGAN(layers=7), 2, 256, 256, 4)
    assert logits.shape == (2, 2, 2, 256) and len(variables["params"]) == 7


def test_both_pictures_are_in_range_and_do_not_depend_on_pixels_in_the_hole(variables, predict):
    x = inputs()
    pictures = predict(variables, x)
    for picture in pictures:
        assert picture.dtype == jnp.float32
        assert picture.shape == (*x.shape[:3], 3) and float(jnp.abs(picture).max()) <= 1
    other = x.at[..., :3].set(jnp.where(x[..., 3:] == 1, 7.0, x[..., :3]))
    for one, two in zip(pictures, predict(variables, other), strict=True):
        np.testing.assert_array_equal(one, two)


def test_the_second_stage_reads_the_first_only_in_the_hole(variables):
    @jax.jit
    def refined(bias, x):
        head = variables["params"]["coarse_decoder"]["head"] | {"bias": bias}
        decoder = variables["params"]["coarse_decoder"] | {"head": head}
        return SMALL.apply({"params": variables["params"] | {"coarse_decoder": decoder}}, x, train=False)[1]

    change, whole = jnp.ones(3), inputs().at[..., 3].set(0)
    np.testing.assert_array_equal(refined(change, whole), refined(0 * change, whole))
    assert float(jnp.abs(refined(change, inputs()) - refined(0 * change, inputs())).max()) > 1e-3


def test_with_smooth_the_prediction_is_added_to_a_smooth_fill(variables):
    zeroed = flatten_dict(variables["params"])
    zeroed = {path: 0 * leaf if "head" in path else leaf for path, leaf in zeroed.items()}
    x = inputs()
    pictures, filled = jax.jit(
        lambda params: (
            SMALL.clone(smooth=True).apply({"params": params}, x, train=False),
            smooth_fill(x[..., :3], x[..., 3:]),
        )
    )(unflatten_dict(zeroed))
    for picture in pictures:
        np.testing.assert_allclose(picture, jnp.clip(filled, -1, 1), atol=1e-6)


def test_every_parameter_is_trained(variables):
    refinement = variables["params"]["refinement"]
    opened = refinement | {"attention": refinement["attention"] | {"gamma": jnp.asarray(0.5)}}

    def loss(params):
        coarse, refined = SMALL.apply({"params": params}, inputs(), train=True)
        return jnp.abs(coarse - 0.3).mean() + jnp.abs(refined - 0.3).mean()

    slopes = jax.jit(jax.grad(loss))(variables["params"] | {"refinement": opened})
    for path, slope in flatten_dict(slopes).items():
        assert bool(jnp.isfinite(slope).all()) and float(jnp.abs(slope).max()) > 0, path


def test_bfloat16_kernels_stay_near_float32(variables, predict):
    low = jax.tree.map(lambda leaf: leaf.astype(jnp.bfloat16) if leaf.ndim > 1 else leaf, variables)
    for rounded, exact in zip(predict(low, inputs()), predict(variables, inputs()), strict=True):
        assert rounded.dtype == jnp.float32
        assert float(jnp.linalg.norm(rounded - exact) / jnp.linalg.norm(exact)) < 0.1


@pytest.mark.parametrize(
    ("shape", "message"), [((1, 12, 18, 4), "12 x 18.*multiples of 4"), ((1, 16, 16, 3), "3 input channels.*takes 4")]
)
def test_inputs_that_do_not_fit_are_refused(shape, message):
    with pytest.raises(ValueError, match=message):
        jax.eval_shape(lambda: SMALL.init(KEY, jnp.zeros(shape), train=False))
