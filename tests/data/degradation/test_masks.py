"""Masks: they cover the share requested, and each kind of hole has its shape."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw
from scipy import ndimage
from scipy.spatial import ConvexHull

from mangagan.data.degradation import hole_shapes as holes
from mangagan.data.degradation.masks import AREA_CLASSES, HOLE_KINDS, deepfill_mask, draw_class, draw_mask

SHAPES = [holes.rectangle, holes.strokes, holes.balloon, holes.scratches, holes.dust]


def drawn(shape, count, height=256, width=256, **options):
    rng = np.random.default_rng(0)
    return [shape(height, width, rng, **options) for _ in range(count)]


@pytest.mark.parametrize("kinds", [tuple(HOLE_KINDS), *((kind,) for kind in HOLE_KINDS)])
@pytest.mark.parametrize("number", range(len(AREA_CLASSES)))
def test_the_share_is_of_the_class(kinds, number):
    rng, (low, high) = np.random.default_rng(number), AREA_CLASSES[number]
    for height, width in [(64, 64), (96, 40), (17, 33), (256, 256)]:
        mask = draw_class(height, width, rng, number, kinds)
        assert mask.shape == (height, width, 1) and mask.dtype == np.float32
        assert set(np.unique(mask)) <= {0, 1} and low <= mask.mean(dtype=np.float64) <= high


@pytest.mark.parametrize("kind", HOLE_KINDS)
def test_a_single_share_is_met_to_the_pixel(kind):
    rng = np.random.default_rng(0)
    for share in (0, 0.013, 0.37, 0.999, 1):
        assert draw_mask(50, 60, rng, share, share, [kind]).sum() == round(3000 * share)


def test_tiny_pictures_have_the_nearest_share():
    rng = np.random.default_rng(0)
    assert [draw_mask(3, 2, rng, share, share).sum() for share in (0.01, 0.3, 0.6)] == [0, 2, 4]
    assert draw_mask(1, 1, rng, 0.01, 0.6).shape == (1, 1, 1)


def test_shares_are_spread_over_the_range():
    rng = np.random.default_rng(0)
    shares = [draw_mask(64, 64, rng, 0.1, 0.5).mean() for _ in range(200)]
    assert min(shares) < 0.13 and max(shares) > 0.47 and 0.26 < np.mean(shares) < 0.33


def test_a_mask_depends_on_its_seed_alone():
    first, again, other = (draw_mask(64, 64, np.random.default_rng(seed), 0.1, 0.2) for seed in (3, 3, 4))
    assert np.array_equal(first, again) and not np.array_equal(first, other)


@pytest.mark.parametrize(("height", "width"), [(256, 256), (512, 128)])
def test_rectangles_are_half_the_sides_less_up_to_a_sixteenth_at_both_ends(height, width):
    for axis, side in ((0, height), (1, width)):
        spans = [np.flatnonzero(shape.any(1 - axis)) for shape in drawn(holes.rectangle, 300, height, width)]
        assert all(len(span) == span[-1] - span[0] + 1 for span in spans)
        assert {len(span) for span in spans} == {side // 2 - 2 * less for less in range(side // 16 + 1)}
        assert min(span[0] for span in spans) < side / 16 and max(span[-1] for span in spans) > side * 15 / 16
    assert all(shape.sum() == shape.any(0).sum() * shape.any(1).sum() for shape in drawn(holes.rectangle, 9))


def strokes_by_hand(rng, side=256):
    """The description of DeepFillv2's strokes, corner by corner."""
    image = Image.new("L", (side, side))
    draw, radius = ImageDraw.Draw(image), np.sqrt(2 * side**2) / 8
    for _ in range(rng.integers(1, 4)):
        low = 2 * np.pi / 5 - rng.uniform(0, 2 * np.pi / 15)
        high = 2 * np.pi / 5 + rng.uniform(0, 2 * np.pi / 15)
        points = [(rng.uniform(0, side), rng.uniform(0, side))]
        for n in range(rng.integers(4, 12)):
            angle = rng.uniform(low, high)
            angle = 2 * np.pi - angle if n % 2 == 0 else angle
            length = min(max(rng.normal(radius, radius // 2), 0), 2 * radius)
            x, y = points[-1][0] + length * np.cos(angle), points[-1][1] + length * np.sin(angle)
            points.append((min(max(x, 0), side), min(max(y, 0), side)))
        thickness = int(rng.uniform(12, 40))
        draw.line(points, fill=1, width=thickness)
        for x, y in points:
            draw.ellipse((x - thickness // 2, y - thickness // 2, x + thickness // 2, y + thickness // 2), fill=1)
    return np.asarray(image, bool)


def test_strokes_are_those_of_the_reference():
    rng = np.random.default_rng(1)
    ours, theirs = drawn(holes.strokes, 400), [strokes_by_hand(rng) for _ in range(400)]
    for statistic in (
        lambda shape: shape.mean(),
        lambda shape: np.ptp(np.nonzero(shape)[0]),
        lambda shape: np.ptp(np.nonzero(shape)[1]),
        lambda shape: ndimage.distance_transform_cdt(shape).max(),
    ):
        one, other = np.array([[statistic(shape) for shape in shapes] for shapes in (ours, theirs)])
        error = np.hypot(one.std(), other.std()) / 20
        assert abs(one.mean() - other.mean()) < 3 * error and abs(one.std() - other.std()) < 0.25 * other.std()


def test_deepfill_masks_unite_a_rectangle_and_strokes():
    rng = np.random.default_rng(0)
    masks = [deepfill_mask(128, 128, rng) for _ in range(50)]
    # The least rectangle is of 48 x 48 pixels.
    assert all(ndimage.minimum_filter(mask[..., 0], 48).any() for mask in masks)
    assert 0.25 < np.mean(masks) < 0.4 and masks[0].shape == (128, 128, 1)


def test_balloons_are_whole_and_have_a_tail():
    spare = []
    for shape in drawn(holes.balloon, 200):
        if shape[[0, -1]].any() or shape[:, [0, -1]].any():  # the page's edge cuts it
            continue
        # The tip of a tail may end in a pixel apart.
        assert all(np.sort(np.bincount(ndimage.label(shape, np.ones((3, 3)))[0].ravel())[1:])[:-1] <= 5)
        assert np.array_equal(ndimage.binary_fill_holes(shape), shape)
        spare.append(ConvexHull(np.argwhere(shape)).volume / shape.sum())
    # Without its tail a balloon is as large as its convex hull.
    assert len(spare) > 30 and np.median(spare) > 1.04 and max(spare) < 1.6


def test_scratches_are_thin_long_and_nearly_upright():
    for shape in drawn(holes.scratches, 40):
        parts, count = ndimage.label(shape, np.ones((3, 3)))
        assert 1 <= count
        rows, columns = (np.array([np.ptp(np.nonzero(parts == n)[axis]) + 1 for n in range(1, count + 1)])
                         for axis in (0, 1))  # fmt: skip
        # Two may cross; the widest of them is a few pixels wide.
        assert rows.max() > 50 and np.median(columns / rows) < 0.5
        assert not ndimage.binary_erosion(shape, np.ones((1, 12))).any()


def test_dust_is_many_small_specks():
    for shape in drawn(holes.dust, 40):
        parts, count = ndimage.label(shape, np.ones((3, 3)))
        sizes = np.bincount(parts.ravel())[1:]
        assert count > 120 and np.median(sizes) < 10 and shape.mean() < 0.06


@pytest.mark.parametrize("shape", SHAPES)
def test_shapes_grow_with_scale_and_picture(shape):
    small, one, large = (np.mean(drawn(shape, 60, scale=scale)) for scale in (0.5, 1.0, 2.0))
    assert small < one < large
    assert 0.6 < np.mean(drawn(shape, 60, 128, 128)) / one < 2
    assert all(part.shape == (7, 5) and part.dtype == bool for part in drawn(shape, 5, 7, 5))
