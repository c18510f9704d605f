import tracemalloc

import numpy as np
import pytest
from PIL import Image, ImageDraw

from mangagan.infer.page.screentone import remove_screentones, screentone_pitch


def dots(height, width, pitch, share=0.35, angle=45.0):
    """Round dots on white, drawn four times larger and reduced."""
    y, x = np.mgrid[: 4 * height, : 4 * width] / 4
    turn = np.radians(angle)
    u, v = (x * np.cos(turn) + y * np.sin(turn)), (y * np.cos(turn) - x * np.sin(turn))
    wave = np.cos(2 * np.pi * u / pitch) + np.cos(2 * np.pi * v / pitch)
    page = np.where(wave > np.quantile(wave, 1 - share), 0, 255).astype(np.uint8)
    return np.asarray(Image.fromarray(page).reduce(4), np.float32) / 255


@pytest.mark.parametrize("pitch", [3.5, 5.0, 8.0])
@pytest.mark.parametrize("angle", [0.0, 30.0, 45.0])
def test_the_pitch_of_dots_is_found(pitch, angle):
    assert screentone_pitch(dots(256, 256, pitch, angle=angle)) == pytest.approx(pitch, rel=0.12)


@pytest.mark.parametrize("number", (4, 8))
def test_composed_pages_have_tones_in_black_and_white_and_none_in_color(composed, number):
    page = composed(3, number)
    assert 3 < screentone_pitch(page.bw.astype(np.float32) / 255) < 7
    gray = np.asarray(Image.fromarray(page.color).convert("L"), np.float32) / 255
    assert screentone_pitch(gray) is None


def test_pages_without_tones_are_unchanged():
    rng = np.random.default_rng(0)
    for page in (np.ones((300, 300)), rng.normal(0.5, 0.2, (300, 300)).clip(0, 1), np.zeros((10, 10))):
        assert screentone_pitch(page.astype(np.float32)) is None
        assert remove_screentones(page, None) is page


def test_only_a_sample_of_windows_is_copied():
    page = np.tile(np.linspace(0, 1, 2000, dtype=np.float32), (2000, 1))
    tracemalloc.start()
    assert screentone_pitch(page) is None
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < page.nbytes, "each pixel lies in four windows"


def test_tones_become_even_and_a_line_through_them_is_kept():
    toned = dots(240, 240, 5.0)
    plane = Image.fromarray(np.round(toned * 255).astype(np.uint8))
    ImageDraw.Draw(plane).line([(20, 30), (220, 200)], fill=0, width=4)
    gray = np.asarray(plane, np.float32) / 255
    smooth = remove_screentones(gray, 5.0)
    assert smooth[180:220, 30:90].std() < 0.03
    assert abs(smooth[180:220, 30:90].mean() - gray[180:220, 30:90].mean()) < 0.02
    assert smooth[115, 120] < 0.1
