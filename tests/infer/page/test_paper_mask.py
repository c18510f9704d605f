import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from mangagan.infer.page.ink import brightness
from mangagan.infer.page.paper_mask import paper_mask
from mangagan.infer.page.screentone import screentone_pitch


def filled(outline, shape):
    plane = Image.new("1", shape[::-1])
    ImageDraw.Draw(plane).polygon(outline, fill=1)
    return np.array(plane)


def mask_of(gray):
    gray = brightness(gray)
    return paper_mask(gray, screentone_pitch(gray))


@pytest.mark.parametrize("side", ["bw", "color"])
def test_balloons_are_paper_and_pictures_are_not(lettered, side):
    found, missed, wrong, open_area = 0, 0, 0, 0
    for number in (0, 4, 8):
        page, outlines = lettered(3, number)
        balloons = [filled(outline, page.bw.shape) for outline in outlines]
        gray = page.bw if side == "bw" else np.asarray(Image.fromarray(page.color).convert("L"))
        mask = mask_of(gray) > 0.5
        large = [balloon for balloon in balloons if balloon.sum() > 1500]
        found += sum(mask[balloon].mean() > 0.8 for balloon in large)
        missed += sum(mask[balloon].mean() <= 0.8 for balloon in large)
        # Ink is the page's own wherever it lies.
        picture = ~np.logical_or.reduce([*balloons, np.all(page.color > 250, axis=-1), gray < 60])
        wrong, open_area = wrong + (mask & picture).sum(), open_area + picture.sum()
    assert found >= 0.8 * (found + missed)
    assert wrong < 0.03 * open_area


def face(plane, left, top, side):
    """A white face: brows, eyes, a nose and a mouth."""
    pen, unit = ImageDraw.Draw(plane), side / 100
    pen.ellipse((left, top, left + side, top + side), fill=255, outline=0, width=3)
    for x in (25, 58):
        pen.line([(left + x * unit, top + 30 * unit), (left + (x + 18) * unit, top + 28 * unit)], fill=0, width=3)
        pen.ellipse((left + x * unit, top + 38 * unit, left + (x + 16) * unit, top + 54 * unit), fill=0)
    pen.line([(left + 50 * unit, top + 55 * unit), (left + 48 * unit, top + 66 * unit)], fill=0, width=2)
    pen.arc((left + 35 * unit, top + 62 * unit, left + 68 * unit, top + 82 * unit), 20, 160, fill=0, width=3)


def test_white_faces_and_a_white_sky_are_not_paper():
    plane = Image.new("L", (800, 1100), 255)
    pen = ImageDraw.Draw(plane)
    # A panel that runs off the page above; one with a frame below.
    pen.rectangle((40, 560, 760, 1060), outline=0, width=4)
    pen.line([(0, 500), (799, 500)], fill=0, width=4)
    pen.line([(0, 350), (300, 300), (799, 380)], fill=0, width=3)
    pen.polygon([(0, 352), (300, 302), (799, 382), (799, 498), (0, 498)], fill=150)
    for left, top, side in ((100, 620, 120), (300, 640, 220), (560, 700, 60)):
        face(plane, left, top, side)
    mask = mask_of(np.asarray(plane))
    assert mask[100:280, 50:750].max() == 0, "the sky"
    assert mask[570:1050, 50:750].max() == 0, "the panel with the faces"
    assert mask[515:545, 10:790].min() == 1, "the gutter"
    assert mask[1075:, 10:790].min() == 1, "the margin"


def test_leaves_are_not_letters():
    plane, rng = Image.new("L", (800, 1100), 255), np.random.default_rng(0)
    pen = ImageDraw.Draw(plane)
    pen.rectangle((40, 40, 760, 1060), outline=0, width=4)
    for y in range(80, 1020, 26):
        for x in range(70, 730, 26):
            wide, high = rng.uniform(5, 22, 2)
            pen.chord((x, y, x + wide, y + high), rng.integers(360), rng.integers(360, 720), fill=0)
    assert mask_of(np.asarray(plane))[60:1040, 60:740].max() == 0


def test_two_eyes_are_not_a_word():
    plane = Image.new("L", (800, 1100), 255)
    pen = ImageDraw.Draw(plane)
    pen.rectangle((40, 40, 760, 1060), fill=150, outline=0, width=4)
    pen.ellipse((300, 300, 400, 380), fill=255, outline=0, width=3)
    for left in (325, 357):
        pen.ellipse((left, 325, left + 16, 350), fill=0)
    assert mask_of(np.asarray(plane))[305:375, 305:395].max() == 0


def test_a_gap_in_a_frame_does_not_extend_the_margin():
    plane = Image.new("L", (800, 1100), 255)
    pen = ImageDraw.Draw(plane)
    pen.rectangle((40, 40, 760, 1060), outline=0, width=4)
    pen.line([(300, 42), (303, 42)], fill=255, width=5)
    for y in range(90, 1060, 40):  # long white strips, as narrow as a gutter
        pen.line([(80, y), (757, y)], fill=0, width=3)
    mask = mask_of(np.asarray(plane))
    assert mask[60:1040, 60:740].max() == 0
    assert mask[:36].min() == 1


def test_a_sky_behind_an_open_frame_is_not_margin():
    plane = Image.new("L", (800, 1100), 255)
    pen = ImageDraw.Draw(plane)
    pen.rectangle((40, 40, 760, 500), outline=0, width=4)
    pen.rectangle((30, 38, 60, 200), fill=255)  # open at its upper left
    pen.rectangle((200, 540, 760, 700), outline=0, width=4)  # set in, but framed
    pen.rectangle((40, 740, 760, 1060), outline=0, width=4)
    for left in range(60, 760, 50):  # clouds
        pen.arc((left, 220 - left // 9, left + 50, 270 - left // 9), 180, 360, 0, 3)
    mask = mask_of(np.asarray(plane))
    assert mask[70:480, 100:700].max() == 0
    pen.line([(260, 44), (350, 230)], fill=0, width=3)  # the slope of a rock before them
    assert mask_of(np.asarray(plane))[70:480, 100:700].max() == 0
    assert mask[550:690, :190].min() == mask[:30].min() == mask[510:530].min() == 1


@pytest.mark.parametrize(("side", "gutter"), [(500, 6), (500, 8), (1200, 14)])
def test_narrow_gutters_are_paper(side, gutter):
    plane, half = Image.new("L", (side, 3 * side // 2), 255), side // 2
    pen = ImageDraw.Draw(plane)
    for left, right in ((20, half - gutter // 2 - 1), (half + gutter // 2, side - 20)):
        for top, bottom in ((20, 700 * side // 1000), (700 * side // 1000 + gutter + 1, 3 * side // 2 - 20)):
            pen.rectangle((left, top, right, bottom), 140, 0, 2)
    mask = mask_of(np.asarray(plane))
    assert mask[60 : 600 * side // 1000, half - gutter // 2 + 1 : half + gutter // 2 - 1].min() > 0.9


@pytest.mark.parametrize("shade", [232, 240, 255])
@pytest.mark.parametrize("corner", [60, 61])
def test_the_mask_ends_at_the_thinnest_line(shade, corner):
    plane = Image.new("L", (800, 1100), 255)
    pen = ImageDraw.Draw(plane)
    pen.rectangle((corner, corner, 740, 1040), fill=shade, outline=0)
    pen.ellipse((200, 200, 520, 420), fill=255, outline=0)
    pen.text((360, 310), "WHERE DID\nTHE KITE\nGO TODAY?", 0, ImageFont.load_default(36), anchor="mm", align="center")
    page = np.asarray(plane)
    mask = mask_of(page)
    balloon = np.hypot((np.arange(800) - 360) / 160, (np.arange(1100)[:, None] - 310) / 110)
    assert mask[balloon < 0.97].min() > 0.9
    inside = np.zeros(mask.shape, bool)
    inside[corner + 1 : 1040, corner + 1 : 740] = True
    # Its rim is soft: half a pixel of the next one is taken.
    assert mask[inside & (balloon > 1.03)].max() < 0.35
    inside[:] = False
    inside[corner + 2 : 1039, corner + 2 : 739] = True
    assert mask[inside & (balloon > 1.05)].max() < 0.02
    assert mask[: corner - 1].min() > 0.99 and mask[corner - 1].min() > 0.7, "white beside the line"


def test_a_balloon_is_found_on_a_page_full_of_dots_and_text():
    """More small shapes than any balloon has, on another white and on the page's own."""
    plane = Image.new("L", (800, 1100), 255)
    pen, font = ImageDraw.Draw(plane), ImageFont.load_default(36)
    pen.rectangle((20, 20, 780, 500), outline=0, width=3)
    for y in range(30, 490, 10):
        for x in range(30, 770, 10):
            pen.rectangle((x, y, x + 5, y + 5), fill=0)
    pen.ellipse((240, 100, 560, 320), fill=255, outline=0, width=3)
    pen.text((400, 210), "WHERE DID\nTHE KITE\nGO TODAY?", 0, font, anchor="mm", align="center")
    small = ImageFont.load_default(13)
    for y in range(520, 1080, 16):
        pen.text((20, y), "A kite went over the hills and far away as it does on a windy day " * 2, 0, small)
    mask = mask_of(np.asarray(plane))
    balloon = np.hypot((np.arange(800) - 400) / 160, (np.arange(1100)[:, None] - 210) / 110)
    assert mask[balloon < 0.95].min() > 0.9
    assert mask[530:1070, 30:770].mean() > 0.85


def sheet_with_text(lines):
    """A sheet that is shaded towards its sides, on white, with small print; below it in a frame a grey picture."""
    shade = 240 - 70 * np.abs(np.linspace(-1, 1, 720)) ** 3
    plane = Image.new("L", (800, 1100), 255)
    plane.paste(Image.fromarray(np.tile(shade.astype(np.uint8), (1020, 1))), (40, 40))
    pen, small = ImageDraw.Draw(plane), ImageFont.load_default(13)
    pen.rectangle((40, 40, 760, 1060), outline=0, width=3)
    pen.rectangle((200, 800, 600, 1000), fill=190, outline=0, width=4)
    for row in range(lines):
        pen.text((120, 90 + 17 * row), "Thanks to all the readers who paid for this fine episode of ours", 0, small)
    return mask_of(np.asarray(plane))


def test_a_page_of_text_is_half_paper_up_to_its_edge_and_a_picture_on_it_is_not():
    mask = sheet_with_text(38)
    # Between the letters as beside them: no box is to be seen.
    for where in (mask[100:700, 130:500], mask[60:1040, 46:60]):
        assert np.median(where) == pytest.approx(0.5, abs=0.01)
    assert np.median(mask[42:1060, 20:30]) == 1
    assert mask[810:990, 210:590].max() < 0.1


def test_a_caption_does_not_make_its_sky_paper():
    mask = sheet_with_text(2)
    assert mask[85:120, 130:450].mean() > 0.8
    assert mask[200:760, 44:757].max() < 0.1


def test_gutters_and_margin_are_paper(composed):
    mask = mask_of(composed(3, 4).bw)
    for side in (mask[:8], mask[-8:], mask[:, :8], mask[:, -8:]):
        assert side.min() == 1


@pytest.mark.parametrize("value", [0, 90, 255])
def test_blank_pages(value):
    mask = paper_mask(np.full((300, 200), value / 255, np.float32), None)
    assert mask.shape == (300, 200) and np.isfinite(mask).all()
    assert (mask == (value == 255)).mean() > 0.9


@pytest.mark.parametrize("shape", [(1, 1), (5, 400), (40, 3), (33, 65)])
def test_small_pages_of_noise(shape):
    gray = np.random.default_rng(0).random(shape, np.float32)
    mask = paper_mask(gray, None)
    assert mask.shape == shape and mask.min() >= 0 and mask.max() <= 1


def test_the_mask_does_not_depend_on_the_size_of_the_page(composed):
    gray = np.asarray(Image.fromarray(composed(3, 4).color).convert("L"))
    large = np.asarray(Image.fromarray(gray).resize((1536, 2176), Image.Resampling.BICUBIC))
    shrunk = np.asarray(Image.fromarray(mask_of(large)).resize(gray.shape[::-1], Image.Resampling.BOX))
    assert np.abs(shrunk - mask_of(gray)).mean() < 0.03


def test_the_time_goes_with_the_pixels_of_a_page_and_not_with_its_areas(monkeypatch):
    # Letters in frames: each frame is a white area with lettering of its own.
    cell = np.ones((24, 40), np.float32)
    cell[[0, -1]] = cell[:, [0, -1]] = 0
    for column in (8, 16, 24, 32):
        cell[8:16, column : column + 5] = 0
        cell[10:14, column + 2 : column + 4] = 1
    searches = []
    search = ndimage.find_objects
    monkeypatch.setattr(ndimage, "find_objects", lambda *arguments: searches.append(1) or search(*arguments))
    paper_mask(np.tile(cell, (40, 20)), None)
    assert len(searches) <= 4
