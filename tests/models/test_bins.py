"""Colour bins against NumPy."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from mangagan.models import bins

CENTERS = np.array([(a, b) for a in range(-110, 111, 10) for b in range(-110, 111, 10)], np.float32)


def test_bins_are_numbered_row_by_row_and_lie_ten_apart():
    assert len(CENTERS) == bins.COUNT == 529
    np.testing.assert_allclose(bins.bin_centers(jnp.arange(529)), CENTERS)
    index = bins.encode_bins(jnp.asarray(CENTERS))
    assert index.dtype == jnp.int32
    np.testing.assert_array_equal(index, np.arange(529))


def test_a_color_goes_to_the_nearest_bin():
    ab = np.random.default_rng(0).uniform(-110, 110, (2, 5, 7, 2)).astype(np.float32)
    nearest = np.square(ab[..., None, :] - CENTERS).sum(-1).argmin(-1)
    np.testing.assert_array_equal(jax.jit(bins.encode_bins)(ab), nearest)


def test_colors_outside_the_square_go_to_its_border():
    ab = jnp.array([[-130.0, -115.1], [121.0, 0.0], [0.0, 990.0]])
    np.testing.assert_array_equal(bins.encode_bins(ab), [0, 22 * 23 + 11, 11 * 23 + 22])


def test_the_mean_is_the_expectation_under_the_softmax():
    logits = np.random.default_rng(1).normal(0, 4, (2, 3, 4, 529)).astype(np.float32)
    likely = np.exp(logits.astype(np.float64))
    likely /= likely.sum(-1, keepdims=True)
    np.testing.assert_allclose(jax.jit(bins.decode_mean)(logits), likely @ CENTERS / 110, atol=1e-5)


def test_a_certain_bin_decodes_to_its_center_either_way():
    index = jnp.arange(0, 529, 7)
    logits = 100 * jax.nn.one_hot(index, 529)
    np.testing.assert_allclose(bins.decode_mean(logits), CENTERS[::7] / 110, atol=1e-5)
    np.testing.assert_allclose(bins.decode_mode(logits), CENTERS[::7] / 110, atol=1e-6)
    np.testing.assert_array_equal(bins.encode_bins(110 * bins.decode_mean(logits)), index)


def test_huge_logits_stay_finite():
    logits = jnp.full((1, 529), -1e30).at[0, 100].set(1e30)
    np.testing.assert_allclose(bins.decode_mean(logits)[0], CENTERS[100] / 110, atol=1e-6)


@pytest.mark.parametrize("decode", [bins.decode_mean, bins.decode_mode])
def test_another_number_of_bins_is_refused(decode):
    with pytest.raises(ValueError, match=r"\(2, 313\).*529 ab bins"):
        decode(jnp.zeros((2, 313)))
