"""Palettes against values computed by hand, and what they do not depend on."""

import numpy as np
import pytest
from PIL import Image

from mangagan.color import lab_to_srgb, srgb_to_lab
from mangagan.palette import merge_palettes, named_palette, palette_of
from mangagan.palette_bins import BINS, LIGHT_BINS, bin_colors


def flat(*colors, size=(20, 12)):
    """A picture of vertical stripes of equal width."""
    row = np.repeat(np.array(colors, np.uint8), size[0] // len(colors), axis=0)
    return Image.fromarray(np.broadcast_to(row, (size[1], *row.shape)).copy())


def mean_color(palette):
    return palette @ bin_colors()


def test_a_color_is_shared_by_the_bins_around_it_whose_mean_is_the_color():
    for rgb in ((216, 69, 62), (40, 90, 160), (128, 128, 128)):
        lab = srgb_to_lab(np.array(rgb, np.float32) / np.float32(255))
        palette = palette_of(flat(rgb))
        assert palette.shape == (BINS,) and palette.dtype == np.float32 and palette.sum() == pytest.approx(1)
        assert 1 <= np.count_nonzero(palette) <= 8
        np.testing.assert_allclose(mean_color(palette), lab, atol=1e-3)


def test_a_color_in_the_middle_of_a_bin_fills_only_that_bin():
    lab = np.array([5.5 * 100 / LIGHT_BINS - 50, 5.0, -5.0], np.float32)
    rgb = np.round(lab_to_srgb(lab) * 255).astype(np.uint8)
    nearest = np.abs(bin_colors() - lab).sum(-1).argmin()
    assert palette_of(flat(rgb)).argmax() == nearest and palette_of(flat(rgb))[nearest] > 0.9


def test_shares_are_those_of_the_area_that_is_not_paper():
    red, blue, paper = (200, 40, 40), (40, 60, 190), (255, 255, 255)
    both = palette_of(flat(red, red, red, blue, size=(40, 40)))
    np.testing.assert_allclose(both, 0.75 * palette_of(flat(red)) + 0.25 * palette_of(flat(blue)), atol=1e-6)
    np.testing.assert_allclose(palette_of(flat(red, paper)), palette_of(flat(red)), atol=1e-6)
    assert not palette_of(flat(paper)).any()


def test_colors_beyond_the_bins_are_counted_with_the_outermost():
    assert palette_of(flat((0, 0, 255))).sum() == pytest.approx(1)


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "CMYK"])
def test_pictures_of_any_mode_and_size_have_a_palette(mode):
    assert palette_of(Image.new(mode, (3000, 1), 90)).sum() == pytest.approx(1)


def test_a_named_palette_is_near_its_colors_in_their_shares():
    palette = named_palette([(np.array([200, 40, 40], np.uint8), 3.0), (np.array([40, 60, 190], np.uint8), 1.0)])
    lab = srgb_to_lab(np.array([[200, 40, 40], [40, 60, 190]], np.float32) / np.float32(255))
    assert palette.sum() == pytest.approx(1) and np.count_nonzero(palette) > 30
    np.testing.assert_allclose(mean_color(palette), [0.75, 0.25] @ lab, atol=4)


@pytest.mark.parametrize("colors", [[], [(np.zeros(3, np.uint8), 0.0)], [(np.zeros(3, np.uint8), -1.0)]])
def test_a_named_palette_needs_colors_with_shares(colors):
    with pytest.raises(ValueError, match="one colour or more, and each a share above 0"):
        named_palette(colors)


def test_merged_palettes_count_equally_and_empty_ones_do_not():
    one, other = palette_of(flat((200, 40, 40))), palette_of(flat((40, 60, 190)))
    np.testing.assert_allclose(merge_palettes([one, np.zeros(BINS, np.float32), other]), (one + other) / 2)
    assert not merge_palettes([]).any() and merge_palettes([]).shape == (BINS,)
