"""Pages of many sizes share few canvases."""

from __future__ import annotations

import numpy as np
import pytest

from mangagan.infer.canvas import canvas_for
from mangagan.tiles import TileSettings

SETTINGS = TileSettings()


@pytest.mark.parametrize(
    ("page", "shown", "canvas"),
    [
        ((727, 512), (727, 512), (768, 512)),  # of the ratio of A4
        ((768, 512), (768, 512), (768, 512)),
        ((800, 512), (768, 492), (768, 512)),  # a little too long
        ((512, 727), (512, 727), (512, 768)),  # a double page
        ((512, 560), (468, 512), (768, 512)),  # nearly square: an upright canvas has room
        ((512, 600), (512, 600), (512, 768)),
        ((1600, 512), (1600, 512), (1792, 512)),  # a strip
        ((1086, 768), (1086, 768), (1152, 768)),
        ((90, 60), (90, 60), (192, 128)),
        ((1, 1), (1, 1), (192, 128)),
    ],
)
def test_pages_lie_on_canvases_of_one_ratio(page, shown, canvas):
    assert canvas_for(*page, 32, SETTINGS) == (shown, canvas)


def test_sides_are_multiples_of_what_the_network_needs():
    assert canvas_for(727, 512, 256, SETTINGS) == ((727, 512), (768, 512))
    assert canvas_for(1086, 768, 256, SETTINGS) == ((1086, 768), (1280, 768))
    assert canvas_for(100, 100, 48, SETTINGS) == ((100, 100), (240, 144))


def test_any_page_fits_and_few_canvases_serve_all():
    rng = np.random.default_rng(0)
    pages = [(round(side * ratio), side) for side in (512, 768, 1024) for ratio in rng.uniform(1 / 1.6, 1.66, 200)]
    canvases = set()
    for height, width in pages:
        page, canvas = canvas_for(height, width, 32, SETTINGS)
        assert all(part <= whole for part, whole in zip(page, canvas, strict=True))
        assert min(page[0] / height, page[1] / width) > SETTINGS.least_fit - 0.01
        assert abs(page[0] / page[1] / (height / width) - 1) < 0.01
        canvases.add(canvas)
    assert len(canvases) <= 12
