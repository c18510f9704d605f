from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from mangagan.images.ink_regions import ink_regions

PAGES = Path(__file__).parents[3] / "shared" / "data" / "peppercarrot"


@pytest.fixture
def page():
    """Paper with a box of 60 x 50 that a line cuts into two rooms, a black disc, and a dot of dirt."""
    image = Image.new("L", (160, 120), 255)
    draw = ImageDraw.Draw(image)
    draw.rectangle((10, 10, 70, 60), outline=0, width=3)
    draw.line((30, 10, 30, 60), fill=0, width=3)
    draw.ellipse((90, 40, 130, 80), fill=0)
    draw.ellipse((100, 10, 106, 16), outline=0)
    return image


def numbers_at(regions, *points):
    return [int(regions[y, x]) for x, y in points]


@pytest.mark.parametrize("tone", [0.0, 1.5])
def test_areas_are_numbered_by_size_and_lines_belong_to_one_of_them(page, tone):
    regions = ink_regions(np.asarray(page), tone=tone)
    assert regions.dtype == np.int32 and regions.shape == (120, 160)
    # The paper around, the room at the right, the disc, the room at the left; the dirt belongs to the paper.
    assert numbers_at(regions, (0, 0), (50, 30), (110, 60), (20, 30)) == [0, 1, 2, 3]
    assert regions.max() == 3 and numbers_at(regions, (103, 13), (100, 13)) == [0, 0]
    areas = np.bincount(regions.ravel())[1:]
    np.testing.assert_allclose(areas, [40 * 50, np.pi * 20.5**2, 20 * 50], rtol=0.15)


def test_a_gap_in_a_line_does_not_join_two_areas(page):
    ImageDraw.Draw(page).rectangle((68, 30, 72, 32), fill=255)
    open_page = np.asarray(page)
    assert numbers_at(ink_regions(open_page, gap=3, tone=0), (0, 0), (50, 30)) == [0, 1]
    assert numbers_at(ink_regions(open_page, gap=2, tone=0), (0, 0), (50, 30)) == [0, 0]


def test_small_areas_and_those_beyond_the_count_join_the_nearest(page):
    gray = np.asarray(page)
    assert ink_regions(gray, smallest=900).max() == 2
    assert ink_regions(gray, count=2).max() == 1
    # The left room is folded into the right one where that is near, and into the paper elsewhere; so is the disc.
    assert numbers_at(ink_regions(gray, count=2), (28, 35), (12, 35), (110, 60)) == [1, 0, 0]
    assert not ink_regions(gray, count=1).any()


def test_the_lines_of_a_tone_enclose_nothing():
    x, y = np.meshgrid(np.arange(96), np.arange(64))
    drawn = ((x + y) % 6 < 2) | (np.abs(x - 40) < 3)
    regions = ink_regions(np.where(drawn, 0, 255).astype(np.uint8))
    assert regions.max() == 1
    assert (regions[:, 45:] == 0).all() and (regions[:, :36] == 1).all()


@pytest.mark.parametrize("value", [0, 255])
def test_an_empty_page_is_one_area(value):
    assert not ink_regions(np.full((20, 30), value, np.uint8)).any()


def test_noise_has_few_areas_and_the_same_ones_each_time():
    noise = np.random.default_rng(0).integers(0, 256, (64, 64), dtype=np.uint8)
    regions = ink_regions(noise, tone=0, gap=0, smallest=4, count=16)
    assert sorted(np.unique(regions)) == list(range(16))
    np.testing.assert_array_equal(regions, ink_regions(noise.copy(), tone=0, gap=0, smallest=4, count=16))


@pytest.mark.parametrize("page", [np.zeros((4, 4)), np.zeros((4, 4, 3), np.uint8)])
def test_other_arrays_are_refused(page):
    with pytest.raises(ValueError, match=r"uint8 \[h w\]"):
        ink_regions(page)


def test_a_count_below_1_is_refused():
    with pytest.raises(ValueError, match="count=0"):
        ink_regions(np.zeros((4, 4), np.uint8), count=0)


@pytest.mark.skipif(not PAGES.is_dir(), reason="no real comic pages in ../shared/data/peppercarrot")
def test_a_real_page_falls_into_many_areas():
    gray = np.asarray(Image.open(PAGES / "E05P02.jpg").convert("L"))
    regions = ink_regions(gray, tone=0)
    assert 20 < regions.max() < 256
    assert np.bincount(regions.ravel()).max() < 0.9 * gray.size
