import jax.numpy as jnp
import numpy as np
import pytest
from scipy import ndimage

from mangagan.images.errors import UnusableFile
from mangagan.infer.restore.denoiser import Denoiser
from mangagan.infer.restore.hole_pyramid import erode, halve
from mangagan.infer.restore.inpainter import Inpainter
from mangagan.tiles import Tiles


def picture(height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3)).astype(np.uint8)


def hole_of(shape, top, left, height, width):
    hole = np.zeros(shape, bool)
    hole[top : top + height, left : left + width] = True
    return hole


def mean_of_known(variables, batch):
    """Fills each tile with the mean of what is known in it; black where nothing is."""
    known = 1 - batch["mask"]
    mean = ((batch["input"] + 1) * known).sum((1, 2), keepdims=True) / jnp.maximum(known.sum((1, 2), keepdims=True), 1)
    return jnp.where(batch["mask"] > 0, mean - 1, 0.3)


@pytest.mark.parametrize("size", [(32, 32), (7, 90), (100, 75)])
def test_a_network_that_changes_nothing_returns_every_byte(size):
    pixels = picture(*size)
    same = Denoiser(lambda variables, batch: batch["input"], {}, tiles=Tiles(32, 8, 2)).denoise
    np.testing.assert_array_equal(same(pixels), pixels)


def test_sigma_reaches_the_network_in_shares_of_white():
    def predict(variables, batch):
        assert batch["sigma"].shape == (*batch["input"].shape[:3], 1)
        return batch["input"] * 0 + batch["sigma"] * variables["scale"] - 1

    told = Denoiser(predict, {"scale": 2.0}, True, 51, Tiles(32, 8)).denoise
    assert (told(picture(40, 40)) == 51).all()


def test_one_program_serves_pictures_of_all_sizes():
    traced = []

    def predict(variables, batch):
        traced.append(batch["input"].shape)
        return mean_of_known(variables, batch)

    fill = Inpainter(predict, {}, tiles=Tiles(32, 8, 2)).fill
    for height, width in ((32, 32), (5, 5), (90, 41), (33, 128)):
        fill(picture(height, width), hole_of((height, width), 0, 0, height // 2, width))
    assert traced == [(2, 32, 32, 3)]


@pytest.mark.parametrize("box", [(3, 4, 5, 6), (0, 0, 60, 80), (20, 10, 80, 60), (0, 0, 120, 129)])
def test_known_pixels_come_back_to_the_bit_and_the_hole_is_filled(box):
    pixels, hole = picture(120, 130), hole_of((120, 130), *box)
    filled = Inpainter(lambda variables, batch: jnp.full_like(batch["input"], 0.3), {}, tiles=Tiles(32, 8)).fill(
        pixels, hole
    )
    np.testing.assert_array_equal(filled[~hole], pixels[~hole])
    # In the depth of a large hole the fill of smaller pictures is enlarged: of one color, it stays as it is.
    assert (filled[hole] == 166).all()


@pytest.mark.parametrize("box", [(8, 8, 16, 16), (40, 50, 150, 180), (0, 0, 240, 299), (100, 0, 1, 300)])
def test_no_tile_is_without_a_known_pixel_however_large_the_hole(box):
    hole = hole_of((240, 300), *box)
    pixels = np.full((240, 300, 3), 200, np.uint8)
    pixels[hole] = 7  # what is in a hole is never looked at
    assert (Inpainter(mean_of_known, {}, tiles=Tiles(32, 8, 3)).fill(pixels, hole) == 200).all()


def test_a_hole_larger_than_tiles_knows_what_lies_around_it():
    pixels = np.zeros((160, 160, 3), np.uint8)
    pixels[:, :80, 0], pixels[:, 80:, 2] = 200, 200
    hole = hole_of((160, 160), 16, 16, 128, 128)
    filled = Inpainter(mean_of_known, {}, tiles=Tiles(32, 8)).fill(np.where(hole[..., None], 0, pixels), hole)
    # Far from all that is known, the sides still differ, and nothing is left black.
    assert filled[60:100, 30, 0].min() > 120 > filled[60:100, 30, 2].max()
    assert filled[60:100, 130, 2].min() > 120 > filled[60:100, 130, 0].max()
    assert filled.astype(int).sum(-1).min() > 150


def test_a_picture_that_is_all_hole_cannot_be_filled():
    with pytest.raises(UnusableFile, match="nothing is known"):
        Inpainter(mean_of_known, {}, tiles=Tiles(32, 8)).fill(picture(40, 40), np.ones((40, 40), bool))


def test_a_picture_without_hole_is_not_shown_to_the_network():
    def predict(variables, batch):
        raise AssertionError

    pixels = picture(50, 60)
    same = Inpainter(predict, {}, tiles=Tiles(32, 8)).fill(pixels, np.zeros((50, 60), bool))
    np.testing.assert_array_equal(same, pixels)


@pytest.mark.parametrize("depth", [1, 3, 40])
def test_inner_is_an_erosion_that_borders_do_not_stop(depth):
    hole = ndimage.gaussian_filter(np.random.default_rng(3).normal(size=(40, 61)), 4) > -0.02
    square = np.ones((2 * depth + 1, 2 * depth + 1), bool)
    np.testing.assert_array_equal(erode(hole, depth), ndimage.binary_erosion(hole, square, border_value=1))


def test_halved_by_hand():
    pixels = np.zeros((3, 4, 3), np.uint8)
    pixels[..., 0] = [[10, 20, 1, 1], [30, 99, 1, 1], [50, 70, 8, 4]]
    hole = np.array([[0, 0, 1, 1], [0, 1, 1, 1], [0, 0, 1, 0]], bool)
    small, small_hole = halve(pixels, hole)
    np.testing.assert_array_equal(small[..., 0], [[20, 0], [60, 4]])
    np.testing.assert_array_equal(small_hole, [[0, 1], [0, 0]])
