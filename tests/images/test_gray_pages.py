"""Black-and-white pages on any paper, told from coloured ones."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from mangagan.images.gray_pages import is_gray


def manga_page(seed: int = 0) -> np.ndarray:
    """Ink lines and a tone on white, [400 300] in [0, 255]."""
    rng = np.random.default_rng(seed)
    page = np.full((400, 300), 255.0)
    for y, x in rng.integers(0, 300, (40, 2)):
        page[y : y + 3, x : x + 60] = 10
        page[y : y + 60, x : x + 3] = 10
    page[250:350, 50:250] -= 120 * (np.indices((100, 200)).sum(0) % 4 < 2)
    return page.clip(0, 255)


def tinted(page: np.ndarray, paper: tuple[int, int, int], ink: tuple[int, int, int]) -> np.ndarray:
    share = page[..., None] / 255
    return (share * np.array(paper) + (1 - share) * np.array(ink)).astype(np.uint8)


@pytest.mark.parametrize("paper", [(255, 255, 255), (250, 240, 215), (228, 205, 160)])
@pytest.mark.parametrize("quality", [95, 50])
def test_black_and_white_on_any_paper_is_grey(paper, quality):
    pixels = tinted(manga_page(), paper, (25, 22, 20)).astype(int)
    noisy = (pixels + np.random.default_rng(1).normal(0, 4, pixels.shape)).clip(0, 255).astype(np.uint8)
    jpeg = io.BytesIO()
    Image.fromarray(noisy).save(jpeg, "JPEG", quality=quality)
    page = Image.open(jpeg)
    assert is_gray(page)


def test_unevenly_yellowed_paper_is_grey():
    pixels = tinted(manga_page(), (252, 246, 230), (20, 20, 20)).astype(float)
    pixels[..., 2] -= 15 * np.abs(np.linspace(-1, 1, 300))[None, :] * (pixels[..., 2] > 100)
    assert is_gray(Image.fromarray(pixels.clip(0, 255).astype(np.uint8)))


@pytest.mark.parametrize("paper", [(255, 255, 255), (250, 240, 215)])
@pytest.mark.parametrize("splash", [(200, 20, 30), (40, 90, 200), (250, 200, 190), (60, 140, 70)])
def test_one_splash_of_color_makes_a_colored_page(paper, splash):
    pixels = tinted(manga_page(), paper, (20, 20, 20))
    pixels[100:130, 100:130] = splash  # 0.75 % of the page
    assert not is_gray(Image.fromarray(pixels))


def test_a_page_all_in_blue_is_colored():
    assert not is_gray(Image.fromarray(tinted(manga_page(), (170, 190, 235), (10, 15, 50))))


def test_color_on_black_is_colored():
    pixels = np.zeros((200, 200, 3), np.uint8)
    pixels[50:60, 50:60] = (90, 30, 30)
    assert not is_gray(Image.fromarray(pixels))
