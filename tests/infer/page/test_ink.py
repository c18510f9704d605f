import numpy as np
import pytest

from mangagan.color import srgb_to_lab
from mangagan.infer.page.ink import brightness, ink_share, is_painted


def test_brightness_is_the_luminance_of_pillow():
    page = np.array([[[255, 255, 255], [0, 0, 0], [255, 0, 0], [0, 128, 0]]], np.uint8)
    np.testing.assert_allclose(brightness(page), [[1, 0, 0.299, 0.587 * 128 / 255]], rtol=1e-5)
    np.testing.assert_array_equal(brightness(page[..., 0]), page[..., 0].astype(np.float32) / 255)


@pytest.mark.parametrize(("light", "share"), [(0, 1), (24.9, 1), (40.1, 0), (100, 0)])
def test_ink_is_what_is_darker_than_lightness_25(light, share):
    values = np.arange(256, dtype=np.float32) / 255
    lab = srgb_to_lab(np.repeat(values[:, None], 3, 1))
    at = values[np.abs(lab[:, 0] - light).argmin()] - 1e-3 * (light == 24.9) + 1e-3 * (light == 40.1)
    assert ink_share(np.array([[max(at, 0)]], np.float32))[0, 0] == share


def test_ink_fades_steadily():
    assert (np.diff(ink_share(np.linspace(0, 1, 100)[None])[0]) <= 0).all()


@pytest.mark.parametrize("faded", [False, True])
def test_painted_shadows_are_distinguished_from_drawn_blacks(faded):
    across = np.linspace(0, 1, 200, dtype=np.float32)
    drawn = np.ones((200, 200), np.float32)
    drawn[50:90, 50:90] = 0  # solid black
    drawn[100:150:3, ::3] = 0  # a tone of dots
    drawn[160:190:2] = 0.3  # lines in grey
    painted = np.where(drawn < 1, drawn, 0.15 + 0.8 * across)
    for page, expected in ((drawn, False), (painted, True)):
        assert is_painted(0.18 + 0.7 * page if faded else page) is expected


def test_a_blank_page_is_not_painted():
    assert not is_painted(np.ones((40, 30), np.float32))
