import io

import numpy as np
import pytest
from PIL import Image

from mangagan.images.decode import decode_stored
from mangagan.images.errors import UnusableFile
from mangagan.infer.restore.holes import colored_hole, mask_of, masked_hole, transparent_hole


def png(pixels):
    buffer = io.BytesIO()
    Image.fromarray(np.asarray(pixels, np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


PICTURE = decode_stored(png([[[0, 0, 0], [0, 0, 1], [255, 255, 255], [9, 9, 9]]]))


def test_a_color_means_exactly_that_color():
    assert colored_hole(PICTURE, "black").tolist() == [[True, False, False, False]]
    assert colored_hole(PICTURE, "white").tolist() == [[False, False, True, False]]


def test_transparent_is_wholly_transparent():
    assert transparent_hole(decode_stored(png([[[5, 0], [5, 1], [5, 255]]]))).tolist() == [[True, False, False]]
    with pytest.raises(UnusableFile, match="it says no hole: give --mask or --hole"):
        transparent_hole(PICTURE)


@pytest.mark.parametrize(
    "mask",
    [
        [[255, 127, 128, 0]],
        [[[255, 255, 255], [0, 0, 0], [200, 200, 200], [90, 90, 90]]],
        [[[255, 255], [255, 0], [255, 255], [0, 255]]],  # white paint on a transparent layer
    ],
)
def test_white_of_a_mask_is_the_hole(mask):
    assert masked_hole(PICTURE, png(mask)).tolist() == [[True, False, True, False]]


def test_a_mask_that_is_deep_or_huge(monkeypatch):
    buffer = io.BytesIO()
    Image.new("I;16", (4, 1)).save(buffer, "PNG")
    with pytest.raises(UnusableFile, match="its mask: it has more than 8 bits"):
        masked_hole(PICTURE, buffer.getvalue())
    monkeypatch.setattr("mangagan.images.limits.MAX_PIXELS", 3)
    with pytest.raises(UnusableFile, match="its mask: 4 x 1 is more than"):
        masked_hole(PICTURE, png([[0, 0, 0, 0]]))


def test_a_mask_that_does_not_fit():
    with pytest.raises(UnusableFile, match="its mask is 2 x 1, the picture 4 x 1"):
        masked_hole(PICTURE, png([[0, 0]]))
    with pytest.raises(UnusableFile, match="its mask: cannot be decoded"):
        masked_hole(PICTURE, b"no mask")


def test_the_mask_of_a_picture(tmp_path):
    (tmp_path / "a").mkdir()
    assert mask_of("a/1.jpg", tmp_path / "one.png") == tmp_path / "one.png"
    with pytest.raises(UnusableFile, match="no masks named a/1"):
        mask_of("a/1.jpg", tmp_path)
    for name in ("1.png", "1.txt", "11.png"):
        (tmp_path / "a" / name).touch()
    assert mask_of("a/1.jpg", tmp_path) == tmp_path / "a" / "1.png"
    (tmp_path / "a" / "1.bmp").touch()
    with pytest.raises(UnusableFile, match="2 masks named"):
        mask_of("a/1.jpg", tmp_path)
    (tmp_path / "a" / "1.jpg").touch()
    assert mask_of("a/1.jpg", tmp_path) == tmp_path / "a" / "1.jpg"


STROKE = (slice(2, 5), slice(3, 7))


def strokes(stroke, ground, mode="RGBA"):
    pixels = np.full((8, 10, 4), ground, np.uint8)
    pixels[STROKE] = stroke
    return np.asarray(Image.fromarray(pixels, "RGBA").convert(mode))


CLEAR, BLACK, WHITE = (0, 0, 0, 0), (0, 0, 0, 255), (255, 255, 255, 255)


@pytest.mark.parametrize(
    ("stroke", "ground", "mode"),
    [
        (WHITE, BLACK, "L"),
        (WHITE, BLACK, "RGB"),
        (WHITE, CLEAR, "RGBA"),
        (BLACK, CLEAR, "RGBA"),
        ((255, 0, 0, 255), CLEAR, "RGBA"),
        ((255, 0, 255, 255), BLACK, "RGB"),
        ((0, 0, 255, 255), BLACK, "RGB"),
        ((200, 0, 0, 255), WHITE, "RGB"),
        ((255, 255, 255, 0), CLEAR, "RGBA"),
        (BLACK, BLACK, "L"),
    ],
)
def test_what_a_mask_marks(stroke, ground, mode):
    wanted = np.zeros((8, 10), bool)
    wanted[STROKE] = True
    picture = decode_stored(png(np.zeros((8, 10, 3))))
    mask = png(strokes(stroke, ground, mode))
    if stroke in (BLACK, (255, 255, 255, 0)) and ground in (BLACK, CLEAR) and stroke[3] == ground[3]:
        with pytest.raises(UnusableFile, match="its mask marks nothing: white is the hole"):
            masked_hole(picture, mask)
    else:
        np.testing.assert_array_equal(masked_hole(picture, mask), wanted)


def test_white_and_black_strokes_on_transparency_mean_the_white():
    mask = strokes(WHITE, CLEAR).copy()
    mask[6:] = BLACK
    wanted = np.zeros((8, 10), bool)
    wanted[STROKE] = True
    np.testing.assert_array_equal(masked_hole(decode_stored(png(np.zeros((8, 10, 3)))), png(mask)), wanted)
