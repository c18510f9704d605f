"""Hint sampling: what is revealed against a NumPy loop, and how often, how large and where."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from mangagan.tasks.hints import Hints, HintSampling, random_hints, reveal, sample_hints, surroundings

KEY = jax.random.key(0)


def colors(*shape):
    return np.random.default_rng(0).uniform(-1, 1, shape).astype(np.float32)


def sample(ab, **options):
    return jax.jit(sample_hints, static_argnums=2)(KEY, ab, HintSampling(**options))


def counts(mask):
    return np.asarray(mask).sum((1, 2, 3))


def boxes(mask):
    """Upper left corner and side of the one square in each mask."""
    rows, columns = np.asarray(mask[..., 0]).any(2), np.asarray(mask[..., 0]).any(1)
    return rows.argmax(1), columns.argmax(1), rows.sum(1), columns.sum(1)


def test_squares_show_the_mean_of_the_truth_and_later_ones_cover_earlier_ones():
    rng, ab = np.random.default_rng(1), colors(3, 12, 10, 2)
    sides = rng.integers(0, 6, (3, 8))
    corners = rng.integers(0, np.array([12, 10]) - sides[..., None] + 1)
    expected, mask = np.zeros((3, 12, 10, 2)), np.zeros((3, 12, 10, 1))
    for n in range(3):
        for (row, column), side in zip(corners[n], sides[n], strict=True):
            square = (n, slice(row, row + side), slice(column, column + side))
            expected[square] = ab[square].mean((0, 1)) if side else 0
            mask[square] = 1
    hints = jax.jit(reveal, static_argnums=3)(ab, corners, sides, 5)
    np.testing.assert_allclose(hints.ab, expected, atol=1e-6)
    np.testing.assert_array_equal(hints.mask, mask)


def test_a_sampled_square_has_the_mean_of_what_it_covers():
    ab = colors(64, 20, 24, 2)
    hints = sample(ab, stop=0.0, max_count=1)
    rows, columns, heights, widths = boxes(hints.mask)
    assert (heights == widths).all() and set(heights) == set(range(1, 10))
    for n, (row, column, side) in enumerate(zip(rows, columns, heights, strict=True)):
        inside = (n, slice(row, row + side), slice(column, column + side))
        mean = ab[inside].mean((0, 1))
        np.testing.assert_allclose(hints.ab[inside], np.broadcast_to(mean, (side, side, 2)), atol=1e-6)


def test_there_are_hints_exactly_where_the_mask_says():
    hints = sample(colors(16, 32, 24, 2))
    assert hints.ab.shape == (16, 32, 24, 2) and hints.mask.shape == (16, 32, 24, 1)
    assert set(np.unique(hints.mask)) == {0, 1}
    np.testing.assert_array_equal((hints.ab != 0).all(-1, keepdims=True), hints.mask == 1)
    np.testing.assert_array_equal((hints.ab == 0).all(-1, keepdims=True), hints.mask == 0)


def test_there_are_seven_hints_on_average_and_none_in_an_eighth_of_the_pictures():
    found = counts(sample(colors(4000, 48, 48, 2), max_count=100, max_side=1, uniform=True).mask)
    assert abs(found.mean() - 7) < 0.4
    assert abs((found == 0).mean() - 1 / 8) < 0.02
    # A geometric count: each further hint comes with the same probability.
    assert abs((found >= 7).mean() - (7 / 8) ** 7) < 0.03


def test_there_are_at_most_max_count_hints():
    assert counts(sample(colors(200, 32, 32, 2), stop=0.01, max_count=4, max_side=1).mask).max() == 4


@pytest.mark.parametrize("options", [{"stop": 1.0}, {"max_count": 0}])
def test_no_hints_are_possible(options):
    hints = sample(colors(4, 16, 16, 2), **options)
    assert not hints.ab.any() and not hints.mask.any()


@pytest.mark.parametrize(("uniform", "spread"), [(False, 0.25), (True, 12**-0.5)])
def test_positions_are_normal_about_the_center_or_uniform(uniform, spread):
    rows, columns, _, _ = boxes(
        sample(colors(3000, 100, 60, 2), stop=0.0, max_count=1, max_side=1, uniform=uniform).mask
    )
    for places, size in ((rows, 100), (columns, 60)):
        assert abs(places.mean() / size - 0.5) < 0.02
        assert abs(places.std() / size - spread) < 0.02
        assert places.min() < 0.05 * size and places.max() > 0.93 * size


def test_sides_are_equally_likely():
    _, _, sides, _ = boxes(sample(colors(3600, 30, 30, 2), stop=0.0, max_count=1).mask)
    assert np.abs(np.bincount(sides, minlength=10)[1:] / 3600 - 1 / 9).max() < 0.025


def test_pictures_may_be_smaller_than_the_largest_square():
    hints = sample(colors(50, 3, 5, 2), stop=0.0, max_count=1, max_side=9)
    assert set(boxes(hints.mask)[2]) == {1, 2, 3}


def test_hints_depend_on_the_picture_and_the_key():
    ab = colors(8, 16, 16, 2)
    one, again = sample(ab), sample(ab)
    np.testing.assert_array_equal(one.mask, again.mask)
    assert len(np.unique(np.asarray(one.mask).reshape(8, -1), axis=0)) > 4


@pytest.mark.parametrize("count", [0, 1, 10, 20])
def test_random_hints_reveal_exactly_so_many_pixels(count):
    ab = colors(3, 4, 5, 2)
    hints = jax.jit(partial(random_hints, count=count))(KEY, ab)
    np.testing.assert_array_equal(counts(hints.mask), [count] * 3)
    np.testing.assert_allclose(hints.ab, np.where(hints.mask, ab, 0), atol=1e-7)


def test_random_squares_lie_within_the_picture():
    hints = random_hints(KEY, jnp.asarray(colors(20, 6, 8, 2)), 1, side=6)
    np.testing.assert_array_equal(counts(hints.mask), [36] * 20)


@pytest.mark.parametrize(("count", "side"), [(21, 1), (7, 3), (1, 5), (-1, 1), (1, 0)])
def test_more_hints_than_places_are_refused(count, side):
    with pytest.raises(ValueError, match=f"{count} hints of {side} x {side} pixels.*4 x 5"):
        random_hints(KEY, jnp.zeros((1, 4, 5, 2)), count, side)


@pytest.mark.parametrize("options", [{"stop": -0.1}, {"stop": 1.5}, {"max_count": -1}, {"max_side": 0}])
def test_settings_out_of_range_are_named(options):
    (name, value) = next(iter(options.items()))
    with pytest.raises(ValueError, match=f"task.hints.{name}={value}: must be"):
        HintSampling(**options)


def test_surroundings_have_the_colors_of_nearby_hints_with_a_confidence_that_decreases():
    ab, mask = np.zeros((1, 45, 170, 2), np.float32), np.zeros((1, 45, 170, 1), np.float32)
    for column, color in ((20, (0.5, -0.25)), (150, (-0.5, 0.75))):
        ab[0, 20:25, column : column + 5], mask[0, 20:25, column : column + 5] = color, 1
    found = surroundings(Hints(jnp.asarray(ab), jnp.asarray(mask)))
    trust = np.asarray(found.mask)[0, ..., 0]
    # A Gaussian of deviation 32 about each pixel that is told, at pixels on the grid of cells.
    for row, column in ((24, 24), (0, 88), (40, 160)):
        rows, columns = np.nonzero(mask[0, ..., 0])
        weight = np.exp(-(np.square(rows - row) + np.square(columns - column)) / (2 * 32**2)) / (2 * np.pi * 32**2)
        share = weight.sum() / (weight.sum() + 5e-4)
        np.testing.assert_allclose(trust[row, column], share, rtol=1e-3)
        mean = (weight[:, None] * ab[0, rows, columns]).sum(0) / weight.sum()
        np.testing.assert_allclose(np.asarray(found.ab)[0, row, column], share * mean, atol=1e-3)
    assert trust[22, 22] > 0.8 and trust[22, 85] < 0.8 * trust[22, 22]
    nothing = surroundings(Hints(jnp.zeros_like(ab), jnp.zeros_like(mask)))
    assert not nothing.ab.any() and not nothing.mask.any()
