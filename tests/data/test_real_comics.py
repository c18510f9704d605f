"""Real comic pages, where this checkout has some beside it."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from mangagan.data.sources.entries import works
from mangagan.images.decode import read_picture
from mangagan.images.files import image_files
from mangagan.images.gray_pages import is_gray

PAGES = Path(__file__).parents[3] / "shared" / "data" / "peppercarrot"

pytestmark = pytest.mark.skipif(not PAGES.is_dir(), reason="no real comic pages beside the checkout")


def test_episodes_are_works():
    titles = works(image_files(PAGES))
    assert len(titles) == 133 and set(titles.values()) == {f"E{n:02}" for n in range(1, 18)}
    assert titles["E07.jpg"] == titles["E07P03.jpg"] == "E07"


def test_colored_pages_are_colored_and_their_luminance_is_not():
    for name in image_files(PAGES)[::16]:
        data = (PAGES / name).read_bytes()
        picture, kept = read_picture(data)
        assert kept is data and not is_gray(picture)
        assert is_gray(Image.merge("RGB", [picture.convert("L")] * 3))
