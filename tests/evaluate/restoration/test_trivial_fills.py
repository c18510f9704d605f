import numpy as np
import pytest
from scipy import ndimage
from skimage.restoration import inpaint_biharmonic

from mangagan.evaluate.restoration.trivial_fills import biharmonic, mean_color, smooth


def picture(height=24, width=30):
    noise = np.random.default_rng(0).normal(size=(height, width, 3))
    return np.clip(128 + 300 * ndimage.gaussian_filter(noise, (2, 2, 0)), 0, 255).astype(np.uint8)


def hole_of(shape, rows, columns):
    hole = np.zeros(shape[:2], bool)
    hole[rows, columns] = True
    return hole


def test_mean_color_by_hand():
    pixels = np.array([[[0, 10, 3], [100, 20, 4], [9, 9, 9]]], np.uint8)
    filled = mean_color(pixels, np.array([[False, False, True]]))
    assert filled.tolist() == [[[0, 10, 3], [100, 20, 4], [50, 15, 4]]]


@pytest.mark.parametrize("rows, columns", [(slice(5, 12), slice(8, 20)), ([4, 4, 9, 18], [5, 6, 22, 11])])
def test_biharmonic_equals_scikit_image_inside(rows, columns):
    pixels = picture()
    hole = hole_of(pixels.shape, rows, columns)
    wanted = inpaint_biharmonic(pixels / 255, hole, channel_axis=-1) * 255
    filled = biharmonic(pixels, hole)
    np.testing.assert_array_equal(filled[~hole], pixels[~hole])
    assert np.abs(filled - np.clip(wanted, 0, 255)).max() <= 0.51


def test_biharmonic_goes_on_with_a_slope_and_reaches_borders():
    slope = np.broadcast_to(np.arange(40, dtype=np.uint8)[:, None, None] * 5, (40, 30, 3)).copy()
    hole = hole_of(slope.shape, slice(10, 30), slice(5, 25))
    np.testing.assert_array_equal(biharmonic(slope, hole), slope)
    flat, corner = np.full((20, 20, 3), 77, np.uint8), hole_of((20, 20), slice(0, 15), slice(0, 20))
    np.testing.assert_array_equal(biharmonic(flat, corner), flat)
    np.testing.assert_array_equal(biharmonic(slope, np.zeros((40, 30), bool)), slope)


def test_smooth_is_near_biharmonic_and_keeps_what_is_known():
    pixels, hole = picture(), hole_of((24, 30), slice(5, 12), slice(8, 20))
    filled, wanted = smooth(pixels, hole), biharmonic(pixels, hole)
    assert filled.dtype == np.uint8 and np.array_equal(filled[~hole], pixels[~hole])
    error = lambda other: np.abs(filled[hole].astype(float) - other[hole]).mean()  # noqa: E731
    assert error(wanted) < 0.5 * error(mean_color(pixels, hole))


@pytest.mark.parametrize("fill", [mean_color, biharmonic, smooth])
def test_nothing_known(fill):
    with pytest.raises(ValueError, match="nothing is known"):
        fill(picture(), np.ones((24, 30), bool))
