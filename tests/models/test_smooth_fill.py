"""The fill is smooth, keeps the known pixels, depends on them alone, and takes pictures of any size."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from mangagan.evaluate.restoration.trivial_fills import biharmonic
from mangagan.models.smooth_fill import smooth_fill

fill = jax.jit(smooth_fill)


def scene(h=40, w=56):
    """A soft picture [1 h w 3] in [-1, 1] and a hole of a third of it."""
    down, across = np.mgrid[:h, :w] / 20
    picture = np.stack([np.sin(down + across), np.cos(down * across / 2), 0.4 * down - 0.3 * across], -1)
    hole = np.zeros((h, w, 1))
    hole[h // 4 : 3 * h // 4, w // 4 : 3 * w // 4], hole[: h // 3, -3:] = 1, 1
    return np.clip(picture, -1, 1)[None].astype(np.float32), hole[None].astype(np.float32)


def test_it_is_near_the_biharmonic_fill_and_nearer_to_the_truth_than_the_mean():
    picture, hole = scene()
    filled, inside = np.asarray(fill(picture, hole)), hole[0, ..., 0] > 0
    exact = biharmonic(np.round((picture[0] + 1) * 127.5).astype(np.uint8), inside) / 127.5 - 1
    mean = picture[0][~inside].mean(0)
    off = lambda other: np.abs(filled[0][inside] - other).mean()  # noqa: E731
    assert off(exact[inside]) < 0.1 and off(picture[0][inside]) < 0.3 * np.abs(picture[0][inside] - mean).mean()
    np.testing.assert_allclose(filled[0][~inside], picture[0][~inside], atol=1e-6)


def test_a_constant_picture_and_a_slope_are_continued():
    picture, hole = scene()
    even = np.full_like(picture, 0.25)
    np.testing.assert_allclose(fill(even, hole), even, atol=1e-4)
    slope = np.broadcast_to(np.linspace(-0.8, 0.8, 56, dtype=np.float32)[:, None], picture.shape)
    line = np.zeros_like(hole)
    line[:, :, 20:22] = 1
    np.testing.assert_allclose(fill(slope, line), slope, atol=0.01)


def test_pixels_in_the_hole_and_other_pictures_have_no_effect():
    picture, hole = scene()
    filled = fill(picture, hole)
    np.testing.assert_array_equal(fill(np.where(hole > 0, np.float32(0.9), picture), hole), filled)
    both = fill(np.concatenate([picture, -picture]), np.concatenate([hole, hole]))
    np.testing.assert_allclose(both[:1], filled, atol=1e-5)


@pytest.mark.parametrize("size", [(1, 1), (3, 30), (17, 9), (31, 33)])
def test_any_size_and_pictures_without_known_pixels(size):
    picture, hole = scene(*size)
    assert np.isfinite(fill(picture, hole)).all() and fill(picture, hole).shape == picture.shape
    np.testing.assert_array_equal(fill(picture, np.ones_like(hole)), np.zeros_like(picture))
    np.testing.assert_array_equal(fill(picture, np.zeros_like(hole)), picture)


def test_no_gradient_flows_back():
    # Two scales are enough, and compiled the gradient takes a second instead of twenty.
    picture, hole = scene(12, 14)
    slope = jax.jit(jax.grad(lambda x: jnp.square(smooth_fill(x, hole)).sum()))
    assert not slope(jnp.asarray(picture)).any()
