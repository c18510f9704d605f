"""Edges and feature means of instance maps against loops in NumPy."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from mangagan.models.instance_maps import edges, instance_means


def test_edges_lie_on_both_sides_of_a_change():
    instances = jnp.array([[[0, 0, 7], [0, 0, 7], [0, 0, 0]], [[3, 3, 3], [3, 3, 3], [3, 3, 3]]])
    expected = [[[0, 1, 1], [0, 1, 1], [0, 0, 1]], np.zeros((3, 3))]
    found = edges(instances)
    assert found.shape == (2, 3, 3, 1) and found.dtype == jnp.float32
    np.testing.assert_array_equal(found[..., 0], expected)


def test_edges_equal_a_loop_over_neighbours():
    instances = np.random.default_rng(0).integers(0, 3, (2, 6, 5))
    padded = np.pad(instances, ((0, 0), (1, 1), (1, 1)), "edge")
    neighbours = [padded[:, :-2, 1:-1], padded[:, 2:, 1:-1], padded[:, 1:-1, :-2], padded[:, 1:-1, 2:]]
    expected = np.any([n != instances for n in neighbours], axis=0)
    np.testing.assert_array_equal(edges(jnp.asarray(instances))[..., 0], expected)


def test_means_equal_a_loop_over_pictures_and_instances():
    rng = np.random.default_rng(0)
    features = rng.normal(3, 1, (3, 6, 7, 4)).astype(np.float32)
    instances = rng.integers(0, 5, (3, 6, 7))
    expected = np.empty_like(features)
    for picture, numbers, means in zip(features, instances, expected, strict=True):
        for number in np.unique(numbers):
            means[numbers == number] = picture[numbers == number].mean(0)
    found = jax.jit(instance_means, static_argnums=2)(features, instances, 9)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_numbers_beyond_the_count_are_left_out():
    features = jnp.arange(8.0).reshape(2, 1, 4, 1)
    instances = jnp.array([[[0, 0, 2, -1]], [[0, 1, 1, 5]]])
    found = jax.jit(instance_means, static_argnums=2)(features, instances, 2)
    np.testing.assert_array_equal(found[..., 0], [[[0.5, 0.5, 0, 0]], [[4, 5.5, 5.5, 0]]])


def test_means_are_float32_and_spread_their_gradient():
    features = jnp.ones((1, 2, 2, 1), jnp.bfloat16)
    instances = jnp.array([[[0, 0], [0, 1]]])
    assert jax.eval_shape(lambda f: instance_means(f, instances, 2), features).dtype == jnp.float32
    weights = jnp.array([3.0, 0.0, 0.0, 5.0]).reshape(1, 2, 2, 1)
    slope = jax.jit(jax.grad(lambda f: jnp.sum(weights * instance_means(f, instances, 2))))(
        features.astype(jnp.float32)
    )
    np.testing.assert_allclose(slope.ravel(), [1, 1, 1, 5], rtol=1e-6)
