import time

import numpy as np
import pytest
from PIL import Image

from mangagan.infer.page.guided_upsample import edge_confidence, guided_upsample, resize_planes, smooth_within_lines

BLUE, RED = np.array([0.2, 0.3, 0.9], np.float32), np.array([0.9, 0.2, 0.2], np.float32)


def two_colors(slope=0.0, line=3, height=200, width=240):
    """A page of one line on white, and the picture of 1/4 its size that has blue on its left and red on its right."""
    y, x = np.mgrid[:height, :width]
    away = x - width / 2 - slope * (y - height / 2)
    ink = np.abs(away) <= line / 2
    color = np.where((away < 0)[..., None], BLUE, RED) * ~ink[..., None]
    small = resize_planes(color, height // 4, width // 4, Image.Resampling.BICUBIC)
    return np.where(ink, 0.0, 1.0).astype(np.float32), small, away


@pytest.mark.parametrize("slope", [0.0, 0.3, 1.0])
def test_no_color_crosses_a_thin_line(slope):
    guide, small, away = two_colors(slope)
    color = guided_upsample(small, edge_confidence(guide, *small.shape[:2]), guide)
    inside = (slice(10, -10), slice(10, -10))
    left, right = (away < -3)[inside], (away > 3)[inside]
    assert np.abs(color[inside][left] - BLUE).max() < 0.03
    assert np.abs(color[inside][right] - RED).max() < 0.03


def test_plain_enlargement_lets_color_cross_a_line():
    guide, small, away = two_colors()
    plain = resize_planes(small, *guide.shape, Image.Resampling.BICUBIC)
    assert np.abs(plain[(away < -2) & (away > -6)] - BLUE).max() > 0.1


def test_on_an_even_page_upsampling_is_interpolation():
    ramp = np.linspace(0, 1, 40, dtype=np.float32)[None, :, None] * np.ones((30, 1, 3), np.float32)
    color = guided_upsample(ramp, np.ones((30, 40), np.float32), np.ones((120, 160), np.float32))
    np.testing.assert_allclose(color[:, 20:-20, 0], np.tile(np.linspace(0, 1, 160), (120, 1))[:, 20:-20], atol=0.02)
    constant = guided_upsample(
        np.full((7, 5, 2), -3.5, np.float32), np.full((7, 5), 0.3), np.ones((50, 31), np.float32)
    )
    np.testing.assert_allclose(constant, -3.5, rtol=1e-5)


def test_smoothing_equals_the_recursive_filter():
    values = np.array([0, 0, 1, 0, 0, 0], np.float32)
    filtered = smooth_within_lines(values[:, None, None], np.ones((6, 1), np.float32), reach=2.0)[:, 0, 0]
    expected = values.astype(float)
    for sigma in (2 * np.sqrt(3) * 2 / np.sqrt(15), 2 * np.sqrt(3) / np.sqrt(15)):
        keep = np.exp(-np.sqrt(2) / sigma)
        for order in (range(1, 6), range(4, -1, -1)):
            before = -1 if order.step == 1 else 1
            for i in order:
                expected[i] += keep * (expected[i + before] - expected[i])
    np.testing.assert_allclose(filtered, expected, rtol=1e-5)


def test_confidence_is_low_where_a_pixel_sees_both_sides_of_an_edge():
    guide = np.ones((80, 80), np.float32)
    guide[:, 40:] = 0.2
    weight = edge_confidence(guide, 20, 20)
    assert weight[:, 9:11].max() < 0.05 and weight[:, :8].min() == 1 and weight[:, 12:].min() == 1


@pytest.mark.parametrize("shape", [(50, 30), (1, 1), (200, 3)])
def test_any_size_is_accepted(shape):
    guide = np.random.default_rng(0).random(shape, np.float32)
    for small in ((1, 1), (3, 2), (64, 64)):
        color = guided_upsample(np.full((*small, 3), 0.5, np.float32), edge_confidence(guide, *small), guide)
        assert color.shape == (*shape, 3)
        np.testing.assert_allclose(color, 0.5, rtol=1e-4)


@pytest.mark.slow
def test_a_large_page_takes_seconds():
    guide = np.random.default_rng(0).random((2000, 1400), np.float32)
    started = time.process_time()
    guided_upsample(np.ones((731, 512, 4), np.float32), edge_confidence(guide, 731, 512), guide)
    assert time.process_time() - started < 6
