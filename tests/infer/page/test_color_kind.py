import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mangagan.infer.page.color_kind import page_kind, spot_share

REAL = Path(__file__).parents[4] / "shared" / "data" / "peppercarrot"


def yellowed(gray):
    return np.round(gray[..., None] * np.array([0.98, 0.93, 0.78])).astype(np.uint8)


def compressed(page, quality=60):
    buffer = io.BytesIO()
    Image.fromarray(page).save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer).convert("RGB"))


def spotted(gray, color=(220, 30, 40)):
    """A red sound effect across a tenth of the page, multiplied into it as a second ink is."""
    page = np.repeat(gray[..., None], 3, -1)
    height, width = gray.shape
    part = page[height // 4 : height // 2, width // 3 : width * 3 // 4]
    part[:] = part * (np.array(color) / 255)
    return page


@pytest.mark.parametrize("number", [4, 8])
def test_kinds_of_composed_pages(composed, number):
    page = composed(3, number)
    gray = np.asarray(Image.fromarray(page.color).convert("L"))
    assert page_kind(page.color) == "color"
    for side in (page.bw, gray):
        assert page_kind(side) == "gray"
        assert page_kind(np.repeat(side[..., None], 3, -1)) == "gray"
        assert page_kind(yellowed(side)) == "gray"
        assert page_kind(compressed(yellowed(side))) == "gray"
        assert page_kind(spotted(side)) == "spot"
        assert page_kind(compressed(spotted(side))) == "spot"


def one_ink(gray, paper, ink):
    share = gray[..., None] / 255
    return np.round(share * np.array(paper) + (1 - share) * np.array(ink)).astype(np.uint8)


PAPERS = {
    "white": (255, 255, 255),
    "cream": (250, 240, 215),
    "yellow": (228, 205, 160),
    "pink": (250, 214, 224),
    "blue": (205, 222, 245),
}


@pytest.mark.parametrize("ink", [(84, 30, 110), (30, 50, 130), (110, 50, 30), (20, 80, 50), (190, 40, 40)])
@pytest.mark.parametrize("paper", PAPERS.values(), ids=PAPERS)
def test_one_ink_on_one_paper_is_no_color(composed, paper, ink):
    page = composed(3, 4)
    for gray in (page.bw, np.asarray(Image.fromarray(page.color).convert("L"))):
        printed = one_ink(gray, paper, ink)
        assert page_kind(printed) == "gray"
        assert page_kind(compressed(printed)) == "gray"


@pytest.mark.parametrize("saturation", [0.4, 0.2, 0.1])
@pytest.mark.parametrize("number", [4, 8])
def test_muted_colors_are_colors(composed, number, saturation):
    color = composed(3, number).color
    gray = np.asarray(Image.fromarray(color).convert("L"), np.float32)[..., None]
    muted = np.round(gray + (color - gray) * saturation).clip(0, 255).astype(np.uint8)
    assert page_kind(muted) == "color"
    assert page_kind(compressed(muted, 75)) == "color"


def test_a_scan_of_a_gray_page_is_gray(composed):
    """With noise, fringes at lines and paper that is yellower at its rims."""
    scan = yellowed(composed(3, 4).bw).astype(float)
    scan[..., 2] -= 12 * np.linspace(-1, 1, scan.shape[1]) ** 2 * (scan[..., 2] > 100)
    scan[..., 0] = np.roll(scan[..., 0], 1, axis=1)
    scan += np.random.default_rng(0).normal(0, 4, scan.shape)
    assert page_kind(compressed(scan.clip(0, 255).astype(np.uint8), 75)) == "gray"


def test_blank_pages_are_gray():
    for paper in PAPERS.values():
        assert page_kind(np.full((120, 90, 3), paper, np.uint8)) == "gray"
    assert page_kind(np.zeros((5, 3, 3), np.uint8)) == "gray"


def test_a_stamp_in_any_colors_is_a_spot_and_a_panel_is_not(composed):
    page = composed(3, 4)
    mixed = np.repeat(page.bw[..., None], 3, -1)
    mixed[40:90, 40:120] = page.color[40:90, 40:120] // 2 + np.array([100, 0, 60], np.uint8)
    assert page_kind(mixed) == "spot"
    mixed[:500] = page.color[:500]
    assert page_kind(mixed) == "color"


def test_only_the_spot_is_kept():
    gray = np.full((200, 160), 250, np.uint8)
    gray[::9] = 10
    share = spot_share(spotted(gray))
    assert share[60, 80] == 1 and share[60, 20] == 0 and share[150, 80] == 0


@pytest.mark.skipif(not REAL.is_dir(), reason="the shared pictures are not here")
@pytest.mark.slow
def test_real_pages_are_distinguished_from_their_gray_versions():
    for file in sorted(REAL.glob("*.jpg")):
        picture = Image.open(file).convert("RGB")
        gray = np.asarray(picture.convert("L"))
        # Two pages of text in brown on beige are, in effect, in one ink.
        expected = "gray" if file.stem in ("E16P07", "E17P08") else "color"
        assert page_kind(np.asarray(picture)) == expected, file.name
        assert page_kind(yellowed(gray)) == "gray", file.name
        if (gray < 240).mean() > 0.1:  # a red block on a blank page is a page in red
            assert page_kind(spotted(gray)) == "spot", file.name
