"""SIGGRAPH17: its size, its errors, and which head trains which stages."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from mangagan.models.layers import InstanceNorm, NoNorm
from mangagan.models.siggraph17 import Siggraph17

KEY = jax.random.key(0)


def picture(*shape):
    return jnp.asarray(np.random.default_rng(0).uniform(-1, 1, shape), jnp.float32)


def shapes(network, *shape):
    x = jax.ShapeDtypeStruct(shape, jnp.float32)
    return jax.eval_shape(lambda x: network.init_with_output(KEY, x, train=False), x)


@pytest.mark.parametrize(("classes", "count"), [(529, 34_187_027), (0, 34_187_027 - 257 * 529)])
def test_parameter_count(classes, count):
    _, variables = shapes(Siggraph17(classes=classes), 1, 64, 64, 4)
    assert sum(math.prod(leaf.shape) for leaf in jax.tree.leaves(variables["params"])) == count
    assert ("class_head" in variables["params"]) == bool(classes)


def test_ab_is_at_full_size_and_classes_at_a_quarter():
    (ab, logits), _ = shapes(Siggraph17(features=4), 2, 32, 40, 4)
    assert ab.shape == (2, 32, 40, 2) and logits.shape == (2, 8, 10, 529)
    assert ab.dtype == logits.dtype == jnp.float32


def test_without_a_class_head_there_are_no_logits():
    (ab, logits), _ = shapes(Siggraph17(features=4, classes=0, norm=InstanceNorm()), 2, 8, 16, 4)
    assert ab.shape == (2, 8, 16, 2) and logits is None


def test_pictures_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="12 x 16.*multiples of 8"):
        shapes(Siggraph17(features=4), 1, 12, 16, 4)
    with pytest.raises(ValueError, match="3 input channels.*takes 4"):
        shapes(Siggraph17(features=4), 1, 16, 16, 3)


def random_variables(network, x, scale):
    """Normal numbers in the shapes of the variables, which are drawn faster than `init` compiles; variances are 1."""
    rng, tree = np.random.default_rng(0), shapes(network, *x.shape)[1]
    draw = lambda leaf: jnp.asarray(scale * rng.standard_normal(leaf.shape), jnp.float32)  # noqa: E731
    return jax.tree_util.tree_map_with_path(
        lambda path, leaf: jnp.ones(leaf.shape) if path[-1].key in ("var", "scale") else draw(leaf), tree
    )


@pytest.fixture(scope="module", params=[False, True], ids=["colors lead", "classes lead"])
def gradients(request):
    """Whether the classes lead, and the largest gradient of each parameter from the colours and from the classes."""
    network = Siggraph17(features=4, classes=5, norm=NoNorm(), classify=request.param)
    x = picture(2, 16, 16, 4)

    @jax.jit
    def largest(params):
        outputs, pull = jax.vjp(lambda params: network.apply({"params": params}, x, train=True), params)
        heads = [jnp.ones_like(y) for y in outputs]
        pulls = (heads[0], 0 * heads[1]), (0 * heads[0], heads[1])
        return [jax.tree.map(lambda g: jnp.abs(g).max(), pull(pulled)[0]) for pulled in pulls]

    return request.param, largest(random_variables(network, x, 0.1)["params"])


def trained(gradients):
    """Layers of which every parameter has a gradient; the others have none at all."""
    moved = {name for name, layer in gradients.items() if all(g > 0 for g in layer.values())}
    assert all(g == 0 for name, layer in gradients.items() if name not in moved for g in layer.values())
    return moved


def test_one_head_trains_the_shared_stages_and_the_other_only_its_own(gradients):
    classes_lead, (colors, classes) = gradients
    everything = set(colors)
    shared = {name for name in everything if name.startswith(tuple(f"stage_{n}_" for n in range(1, 9)))}
    assert trained(classes) == {"class_head"} | (shared if classes_lead else set())
    assert trained(colors) == everything - {"class_head"} - (shared if classes_lead else set())


def test_bfloat16_kernels_stay_near_float32_and_outputs_are_float32():
    network = Siggraph17(features=4, classes=5)
    x = picture(1, 16, 16, 4)
    # Running statistics: batch statistics of four pixels at the bottom would magnify every rounding error.
    apply = jax.jit(lambda v: network.apply(v, x, train=False))
    # Large weights, so that the picture reaches the outputs through only four features.
    variables = random_variables(network, x, 0.1)
    low = jax.tree_util.tree_map_with_path(
        lambda p, v: v.astype(jnp.bfloat16) if p[-1].key == "kernel" else v, variables
    )
    for exact, rounded in zip(apply(variables), apply(low), strict=True):
        assert rounded.dtype == jnp.float32
        assert float(jnp.linalg.norm(rounded - exact) / jnp.linalg.norm(exact)) < 0.1
