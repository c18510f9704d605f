import numpy as np
import pytest
from PIL import Image, ImageDraw
from scipy import ndimage

from mangagan.infer.page.black_surround import enclosed_gutter_mask
from mangagan.infer.page.ink import brightness
from mangagan.infer.page.paper_mask import paper_mask


def black_page(size=(800, 1100), level=0):
    plane = Image.new("L", size, level)
    return plane, ImageDraw.Draw(plane)


def mask_of(plane):
    return paper_mask(brightness(np.asarray(plane)), None)


@pytest.mark.parametrize("level", [0, 40])
@pytest.mark.parametrize("frame", [12, 40])
def test_a_white_frame_around_a_panel_is_paper(level, frame):
    plane, pen = black_page(level=level)
    pen.rectangle((60, 80, 739, 600), fill=255)
    pen.rectangle((60 + frame, 80 + frame, 739 - frame, 600 - frame), fill=150)
    white = np.asarray(plane) == 255
    pen.ellipse((300, 200, 500, 400), fill=255)
    mask = mask_of(plane)
    assert mask[ndimage.binary_erosion(white, iterations=2)].min() > 0.9
    assert mask[80 + frame + 4 : 597 - frame, 60 + frame + 4 : 736 - frame].max() < 0.02


def test_margins_and_gutters_of_a_page_on_black_are_paper():
    plane, pen = black_page()
    pen.rectangle((60, 80, 739, 1000), fill=255)
    pen.rectangle((90, 110, 392, 500), fill=150, outline=0, width=3)
    pen.rectangle((408, 110, 709, 500), fill=255, outline=0, width=3)
    pen.rectangle((90, 516, 709, 1000), fill=120)  # cut off below
    mask = mask_of(plane)
    assert mask[84:106, 64:736].min() > 0.9 and mask[84:996, 64:86].min() > 0.9 and mask[84:996, 714:736].min() > 0.9
    assert mask[112:500, 395:406].min() > 0.9 and mask[504:513, 64:736].min() > 0.9
    assert mask[116:496, 412:704].max() < 0.02, "the white panel"
    assert mask[520:1000, 94:706].max() < 0.02


@pytest.mark.parametrize("width", [8, 24])
def test_a_white_gutter_between_two_panels_is_paper(width):
    plane, pen = black_page()
    pen.rectangle((40, 300, 760, 640), fill=150)
    pen.ellipse((120, 350, 340, 570), fill=255)
    pen.rectangle((400, 300, 400 + width - 1, 640), fill=255)
    mask = mask_of(plane)
    assert mask[304:637, 402 : 398 + width].min() > 0.9
    assert mask[:, :396].max() < 0.02 and mask[:, 404 + width :].max() < 0.02


@pytest.mark.parametrize("degrees", [-1, 0.7])
def test_the_margin_of_a_crooked_scan_on_black_is_paper(degrees):
    plane, pen = black_page()
    pen.rectangle((60, 80, 739, 1000), fill=255)
    pen.rectangle((90, 110, 709, 970), fill=150)
    plane = plane.rotate(degrees, Image.Resampling.BICUBIC)
    white = np.asarray(plane) > 250
    assert mask_of(plane)[ndimage.binary_erosion(white, iterations=4)].mean() > 0.98


@pytest.mark.parametrize("box", [(100, 500, 700, 530), (100, 500, 799, 530), (380, 100, 410, 1000)])
def test_a_white_strip_across_black_is_paper(box):
    plane, pen = black_page()
    pen.rectangle(box, fill=255)
    left, top, right, bottom = box
    assert mask_of(plane)[top + 3 : bottom - 2, left + 3 : right - 2].min() > 0.9


def test_a_margin_that_a_white_sky_joins_ends_where_it_does_elsewhere():
    plane, pen = black_page()
    pen.rectangle((60, 80, 739, 600), fill=255)
    pen.rectangle((90, 300, 709, 600), fill=150)
    pen.ellipse((300, 120, 400, 220), fill=150)
    mask = mask_of(plane)
    assert mask[84:596, 64:86].min() > 0.9 and mask[84:596, 714:736].min() > 0.9
    assert mask[120:290, 100:700].max() < 0.02


def moon(pen):
    pen.ellipse((250, 300, 550, 600), fill=255)


def crescent(pen):
    pen.ellipse((250, 300, 650, 700), fill=255)
    pen.ellipse((290, 310, 670, 690), fill=0)


def window(pen):
    for left, top in ((250, 300), (410, 300), (250, 520), (410, 520)):
        pen.rectangle((left, top, left + 140, top + 200), fill=255)


def slit(pen):
    pen.rectangle((390, 300, 420, 500), fill=255)


def jacket(pen):
    pen.polygon([(330, 300), (470, 300), (620, 420), (560, 800), (240, 800), (180, 420)], fill=255)
    pen.polygon([(395, 300), (405, 300), (430, 800), (400, 800)], fill=0)
    pen.polygon([(250, 450), (290, 430), (300, 800), (280, 800)], fill=0)


def white_panel(pen):
    pen.rectangle((60, 200, 739, 800), fill=255)
    pen.ellipse((300, 350, 500, 799), fill=120)


def sky_and_ground(pen):
    pen.rectangle((60, 200, 739, 800), fill=150)
    pen.rectangle((60, 200, 739, 230), fill=255)
    pen.rectangle((60, 760, 739, 800), fill=255)
    pen.rectangle((120, 720, 400, 800), fill=150)


def river(pen):
    pen.rectangle((60, 200, 739, 800), fill=150)
    pen.line([(60, 400), (250, 520), (420, 430), (600, 600), (739, 500)], fill=255, width=30)


@pytest.mark.parametrize("draw", [moon, crescent, window, slit, jacket, white_panel, sky_and_ground, river])
def test_white_in_a_picture_on_black_is_not_paper(draw):
    plane, pen = black_page()
    draw(pen)
    pen.ellipse((600, 900, 790, 1090), fill=255)
    assert mask_of(plane).max() < 0.02


@pytest.mark.parametrize(("line", "paper", "found"), [(0, 0, True), (0, 40, False), (4, 40, False)])
def test_black_encloses_only_where_it_reaches_the_rim_and_is_wider_than_a_line(line, paper, found):
    """A panel with a white frame on black, which is on white paper or reaches the rim; a line may run along the rim."""
    black, white = np.ones((500, 400), bool), np.zeros((500, 400), bool)
    for depth, is_white in ((line, True), (line + paper, False), (100, True)):
        inner = (slice(depth, 500 - depth), slice(depth, 400 - depth))
        black[inner], white[inner] = not is_white, is_white
    white[115:-115, 115:-115] = False
    mask = enclosed_gutter_mask(ndimage.label(white)[0], black)
    assert mask.any() == found and mask[102:398, 102:113].all() == found


@pytest.mark.parametrize("shape", [(1, 1), (2, 300), (40, 3), (33, 65)])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.98])
def test_small_pages_of_noise(shape, share):
    noise = np.random.default_rng(0).random(shape)
    mask = enclosed_gutter_mask(ndimage.label(noise > share)[0], noise < share)
    assert mask.shape == shape and not (mask & (noise <= share)).any()
