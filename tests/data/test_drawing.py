"""Drawn pages: aligned, in range, reproducible, and each style as it is described."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from mangagan.data.degradation.screens import cross_screen, dot_screen, grain_screen, line_screen, print_screen
from mangagan.data.drawing import STYLES, Drawing, draw_page
from mangagan.data.drawing.lines import Pen, ink

CLEAN, WORN = Drawing(scanned=0.0), Drawing(scanned=1.0)
SKIN, BLUE = (250, 214, 186), (40, 60, 120)
SIZE = (96, 80)  # width, height


@pytest.fixture(scope="module")
def picture() -> Image.Image:
    """A blue disc with a black outline before a light ground that gets darker downwards, at twice SIZE."""
    ramp = np.linspace(235, 200, 160)[:, None, None] * np.array([1.0, 0.97, 0.85])
    image = Image.fromarray(np.broadcast_to(ramp, (160, 192, 3)).astype(np.uint8))
    ImageDraw.Draw(image).ellipse((40, 30, 130, 120), fill=BLUE, outline=(0, 0, 0), width=4)
    return image


def drawn(picture, style, seed=0, drawing=CLEAN, size=SIZE, own=None) -> np.ndarray:
    return draw_page(picture, size, style, drawing, np.random.default_rng(seed), own)


def halves(left, right, side=96) -> Image.Image:
    pixels = np.full((side, side, 3), left, np.uint8)
    pixels[:, side // 2 :] = right
    return Image.fromarray(pixels)


@pytest.mark.parametrize("drawing", [CLEAN, WORN])
@pytest.mark.parametrize("style", STYLES)
def test_range_type_and_the_seed(picture, style, drawing):
    first, again, other = (drawn(picture, style, seed, drawing) for seed in (1, 1, 2))
    assert first.dtype == np.float32 and first.shape == (80, 96, 1)
    assert first.min() >= -1 and first.max() <= 1
    np.testing.assert_array_equal(first, again)
    assert np.array_equal(first, other) == (style == "luminance")


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("size", [(1, 1), (3, 700), (700, 3)])
def test_extreme_sizes_and_pictures(style, size):
    for pixels in (np.zeros((1, 1, 3)), np.full((5, 900, 3), 255), np.random.default_rng(0).uniform(0, 255, (9, 9, 3))):
        for drawing in (CLEAN, WORN):
            page = drawn(Image.fromarray(pixels.astype(np.uint8)), style, 3, drawing, size)
            assert page.shape == (size[1], size[0], 1) and np.isfinite(page).all() and np.abs(page).max() <= 1


def test_grey_pictures_can_be_drawn(picture):
    assert drawn(picture.convert("L"), "toned").shape == (80, 96, 1)


@pytest.mark.parametrize("drawing", [CLEAN, WORN])
@pytest.mark.parametrize("style", STYLES)
def test_drawings_are_aligned_with_the_picture(picture, style, drawing):
    truth = detail(np.asarray(picture.resize(SIZE, Image.Resampling.BOX).convert("L"), np.float32))
    shifts = np.arange(-3, 4)
    for axis in (0, 1):
        fits = np.zeros(len(shifts))
        for seed in range(6):
            page = detail(drawn(picture, style, seed, drawing)[..., 0])
            fits += [np.sum(page * np.roll(truth, shift, axis)) for shift in shifts]
        best = int(np.argmax(fits))
        left, middle, right = fits[best - 1 : best + 2]
        assert abs(shifts[best] + 0.5 * (left - right) / (left - 2 * middle + right)) < 0.5


def detail(page: np.ndarray) -> np.ndarray:
    """Strength of edges, whichever side is darker: tones may swap them."""
    return np.hypot(*np.gradient(page))


@pytest.mark.parametrize("seed", range(4))
def test_line_art_is_lines_along_edges_and_paper_elsewhere(seed):
    page = drawn(halves((230, 230, 225), (110, 120, 115)), "lines", seed, size=(96, 96))[..., 0]
    line = page[:, 44:52].min(1)
    assert np.mean(line < 0) > 0.95
    away = np.concatenate([page[:, :40], page[:, 56:]], 1)
    assert away.min() > 0.98


def test_hues_of_one_lightness_get_a_line():
    light = np.full((64, 64), 0.6, np.float32)
    tint = np.where(np.arange(64) < 32, 0.35, 0.65).astype(np.float32) * np.ones((64, 1), np.float32)
    pen = Pen(weight=3.0, care=2.5, hues=1.0, strokes=0.0)
    assert ink(light, tint, pen)[:, 26:38].max(1).min() > 0.5
    assert ink(light, light, pen).max() == 0


def test_an_outline_is_drawn_once(picture):
    page = drawn(picture, "lines", 5, size=(192, 160))[75, :, 0]
    crossings = np.sum((page[:-1] >= 0) & (page[1:] < 0))
    assert crossings == 2  # the disc's left side, and its right one


def test_skin_is_paper_and_dark_cloth_is_not():
    coarse = Drawing(scanned=0.0, low_pitch=4.5, high_pitch=4.5)
    pages = [drawn(halves(SKIN, BLUE), "toned", seed, coarse, (96, 96)) for seed in range(16)]
    skin, cloth = (
        np.array([page[10:-10, columns].mean() for page in pages]) for columns in (np.s_[8:40], np.s_[56:88])
    )
    assert np.mean(skin > 0.95) >= 0.75
    assert np.mean(cloth < 0.95) >= 0.75


def test_tones_are_ink_and_paper():
    coarse = Drawing(scanned=0.0, low_pitch=7.0, high_pitch=7.0)
    pages = [drawn(halves((255, 255, 255), (70, 90, 80)), "toned", seed, coarse, (96, 96)) for seed in range(8)]
    levels = np.abs(np.concatenate([page[:, 56:88].ravel() for page in pages]))
    assert np.mean(levels > 0.7) > 0.6


def test_a_toned_page_may_use_its_black_and_white_form(picture):
    blocks = np.random.default_rng(1).integers(0, 2, (10, 12), np.uint8) * 255
    own = Image.fromarray(blocks.repeat(8, 0).repeat(8, 1))
    drawing = Drawing(scanned=0.0, own=1.0)
    page = drawn(picture, "toned", 0, drawing, own=own.resize((192, 160), Image.Resampling.NEAREST))
    assert np.mean(np.abs(page[..., 0] - (np.asarray(own) / 127.5 - 1))) < 0.3
    assert np.array_equal(drawn(picture, "lines", 0, drawing, own=own), drawn(picture, "lines", 0, drawing))


def test_styles_are_sampled_by_their_weights():
    rng = np.random.default_rng(0)
    only = Drawing(luminance=0, toned=0, lines=2, wash=0)
    assert {only.sample_style(rng) for _ in range(20)} == {"lines"}
    styles = [Drawing(luminance=1, toned=3, lines=0, wash=0).sample_style(rng) for _ in range(800)]
    assert 0.7 < styles.count("toned") / len(styles) < 0.8


@pytest.mark.parametrize(
    "wrong",
    [
        {"toned": -1},
        {"luminance": 0, "toned": 0, "lines": 0, "wash": 0},
        {"own": 1.5},
        {"scanned": -0.1},
        {"wear": -1},
        {"low_line": 3},
        {"low_pitch": 0.5},
    ],
)
def test_invalid_values_are_refused(wrong):
    with pytest.raises(ValueError, match=r"data\.drawing.*" + next(iter(wrong))):
        Drawing(**wrong).check()


@pytest.mark.parametrize("screen", [dot_screen, line_screen, cross_screen, grain_screen])
@pytest.mark.parametrize("share", [0.1, 0.3, 0.6])
def test_a_screen_prints_the_share_that_is_asked_for(screen, share):
    rng = np.random.default_rng(0)
    print_ = print_screen(np.full((320, 320), share, np.float32), screen((320, 320), 8.0, 37.0, rng), 8.0)
    assert print_.min() >= 0 and print_.max() <= 1
    assert abs(print_.mean() - share) < 0.05
