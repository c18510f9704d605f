import numpy as np
import pytest
from PIL import Image, ImageDraw

from mangagan.infer.page.screentone import remove_screentones, screentone_pitch
from mangagan.infer.page.working_size import line_width, working_size


def drawing(width, height=900, wide=640):
    plane = Image.new("L", (wide, height), 255)
    pen = ImageDraw.Draw(plane)
    for i in range(8):
        pen.line([(40, 60 + 100 * i), (600, 90 + 95 * i)], fill=0, width=width)
        pen.line([(50 + 70 * i, 20), (90 + 60 * i, 880)], fill=0, width=width)
    return np.asarray(plane, np.float32) / 255


@pytest.mark.parametrize("width", [2, 3, 4, 6])
def test_the_line_width_is_found(width):
    assert line_width(drawing(width)) == pytest.approx(width, abs=1.0)


def test_a_blank_page_has_no_lines_and_gets_the_smallest_size():
    blank = np.ones((1400, 1000), np.float32)
    assert line_width(blank) is None
    assert working_size(blank, None) == (717, 512)


def test_thin_lines_need_a_larger_size():
    widths = [working_size(drawing(width, 1400, 1200), None)[1] for width in (1, 2, 5)]
    assert widths == sorted(widths, reverse=True) and widths[0] > widths[-1] == 512


def test_a_page_is_never_enlarged_and_keeps_its_shape():
    assert working_size(np.ones((300, 200), np.float32), None) == (300, 200)
    assert working_size(np.ones((1000, 2000), np.float32), None, sizes=(512,)) == (512, 1024)


def test_tones_that_would_make_moire_need_the_next_size():
    y, x = np.mgrid[:900, :900]
    toned = (0.5 + 0.5 * np.sign(np.cos(2 * np.pi * x / 4) + np.cos(2 * np.pi * y / 4))).astype(np.float32)
    pitch = screentone_pitch(toned)
    assert pitch == pytest.approx(4, rel=0.05)
    assert working_size(remove_screentones(toned, pitch), pitch, sizes=(450, 600)) == (600, 600)


@pytest.mark.parametrize("sizes", [(), (0,), (-5, 512)])
def test_invalid_sizes_are_refused(sizes):
    with pytest.raises(ValueError, match="working sizes"):
        working_size(np.ones((100, 100), np.float32), None, sizes)
