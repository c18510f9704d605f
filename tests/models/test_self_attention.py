"""Self-attention equals its definition, in blocks and as a whole, and is bounded in memory."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from mangagan.models.self_attention import SelfAttention, attend


def normal(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape, np.float32)


def parts(n=15, m=15):
    return normal(0, 2, n, 3), normal(1, 2, m, 3), normal(2, 2, m, 4)


def test_a_query_gets_the_mean_of_the_values_weighted_by_the_softmax():
    queries, keys, values = parts(n=5, m=7)
    seen = attend(queries, keys, values)
    for b, n in np.ndindex(2, 5):
        weights = np.exp([float(queries[b, n] @ key) for key in keys[b]])
        np.testing.assert_allclose(seen[b, n], weights @ values[b] / weights.sum(), atol=1e-5)


@pytest.mark.parametrize("length", [1, 4, 5, 14, 15])
def test_blocks_of_any_length_equal_the_whole_and_so_do_their_gradients(length):
    def loss(arrays, scores):
        seen = attend(*arrays, scores=scores)
        return jnp.sin(3 * seen).sum(), seen

    def both(scores):
        (_, seen), slopes = jax.jit(partial(jax.value_and_grad(loss, has_aux=True), scores=scores))(parts())
        return seen, *slopes

    for one, whole in zip(both(2 * 15 * length), both(2**26), strict=True):
        np.testing.assert_allclose(one, whole, atol=1e-5)


def test_it_starts_as_the_identity_and_opens_with_gamma():
    x, layer = normal(0, 2, 4, 5, 16), SelfAttention()
    params = layer.init(jax.random.key(0), x)["params"]
    assert {name: jax.tree.map(np.shape, leaf) for name, leaf in params.items()} == {
        "gamma": (),
        "key": {"kernel": (16, 2)},
        "query": {"kernel": (16, 2)},
        "value": {"kernel": (16, 16)},
    }
    np.testing.assert_array_equal(layer.apply({"params": params}, x), x)
    flat = x.reshape(2, 20, 16)
    queries, keys, values = (flat @ params[name]["kernel"] for name in ("query", "key", "value"))
    expected = x + 0.5 * np.asarray(attend(queries, keys, values)).reshape(x.shape)
    opened = layer.apply({"params": params | {"gamma": jnp.asarray(0.5)}}, x)
    np.testing.assert_allclose(opened, expected, atol=1e-5)
    # With gamma at 0 only gamma has a gradient.
    slopes = jax.grad(lambda params: jnp.sin(layer.apply({"params": params}, x)).sum())(params)
    assert slopes.pop("gamma") != 0 and not any(leaf.any() for leaf in jax.tree.leaves(slopes))


def test_bfloat16_is_returned_as_bfloat16():
    x, layer = jnp.asarray(normal(0, 1, 4, 4, 8), jnp.bfloat16), SelfAttention()
    params = layer.init(jax.random.key(0), x)["params"] | {"gamma": jnp.asarray(1.0)}
    assert layer.apply({"params": params}, x).dtype == jnp.bfloat16


@pytest.mark.parametrize("gradient", [False, True])
def test_the_features_of_a_picture_of_1024_pixels_need_no_more_than_a_few_gigabytes(gradient):
    arrays = [jax.ShapeDtypeStruct((1, 256 * 256, c), jnp.float32) for c in (16, 16, 128)]
    function = jax.grad(lambda *inputs: attend(*inputs).sum(), argnums=(0, 1, 2)) if gradient else attend
    memory = jax.jit(function).lower(*arrays).compile().memory_analysis()
    assert memory.temp_size_in_bytes < (3 if gradient else 1.5) * 2**30
