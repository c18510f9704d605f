"""Every kind of image file, against values computed by hand."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms

from mangagan.images import limits
from mangagan.images.decode import read_picture
from mangagan.images.errors import UnusableFile

SIDE = 32


def file_of(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def two_colors(mode: str, left, right) -> Image.Image:
    image = Image.new(mode, (SIDE, SIDE), left)
    image.paste(right, (SIDE // 2, 0, SIDE, SIDE))
    return image


def ends(data: bytes) -> tuple[list, list, str]:
    """The pixels in the middle of the left and right half of a decoded picture, and its mode."""
    picture, kept = read_picture(data)
    stored = Image.open(io.BytesIO(kept))
    assert stored.mode == picture.mode and np.array_equal(np.asarray(stored), np.asarray(picture))
    pixels = np.asarray(picture)
    return pixels[16, 8].tolist(), pixels[16, 24].tolist(), picture.mode


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def rgb_png(width: int, height: int, bits: int, rows: bytes) -> bytes:
    header = png_chunk(b"IHDR", struct.pack(">2I5B", width, height, bits, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + png_chunk(b"IDAT", zlib.compress(rows)) + png_chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
@pytest.mark.parametrize(("mode", "color"), [("RGB", (200, 30, 90)), ("L", 77)])
def test_plain_files_keep_their_bytes(kind, mode, color):
    data = file_of(Image.new(mode, (SIDE, SIDE), color), kind, **({"quality": 95} if kind == "JPEG" else {}))
    picture, kept = read_picture(data)
    assert kept is data and picture.mode == mode
    assert np.abs(np.asarray(picture, int) - np.asarray(color)).max() <= (2 if kind == "JPEG" else 0)


def test_transparency_lies_over_white():
    half_red = file_of(two_colors("RGBA", (255, 0, 0, 255), (255, 0, 0, 51)))
    assert ends(half_red) == ([255, 0, 0], [255, 204, 204], "RGB")
    assert ends(file_of(two_colors("LA", (0, 255), (0, 51)))) == (0, 204, "L")


def test_palette_with_and_without_transparency():
    image = two_colors("P", 0, 1)
    image.putpalette([10, 20, 30, 200, 100, 50])
    assert ends(file_of(image)) == ([10, 20, 30], [200, 100, 50], "RGB")
    assert ends(file_of(image, transparency=1)) == ([10, 20, 30], [255, 255, 255], "RGB")
    assert ends(file_of(image, "GIF")) == ([10, 20, 30], [200, 100, 50], "RGB")


def test_one_bit_is_grey():
    assert ends(file_of(two_colors("1", 0, 1))) == (0, 255, "L")


def test_adobe_cmyk_jpeg():
    data = file_of(two_colors("CMYK", (255, 0, 0, 0), (0, 51, 102, 51)), "JPEG", quality=100)
    assert b"Adobe" in data
    left, right, mode = ends(data)
    # (255 - ink) (255 - black) / 255
    assert mode == "RGB"
    np.testing.assert_allclose(left, [0, 255, 255], atol=2)
    np.testing.assert_allclose(right, [204, 204 * 204 / 255, 153 * 204 / 255], atol=2)


def test_sixteen_bit_grey_is_scaled_not_clipped():
    values = np.full((SIDE, SIDE), 100 * 257, np.uint16)
    values[:, SIDE // 2 :] = 65535
    assert ends(file_of(Image.fromarray(values))) == (100, 255, "L")
    assert ends(file_of(Image.fromarray(values), "TIFF")) == (100, 255, "L")


def test_sixteen_bit_rgb_png():
    row = b"\0" + struct.pack(">3H", 0x1234, 0xFFFF, 0) * 16 + struct.pack(">3H", 0xABCD, 0x80FF, 0x0100) * 16
    assert ends(rgb_png(SIDE, SIDE, 16, row * SIDE)) == ([0x12, 0xFF, 0], [0xAB, 0x80, 1], "RGB")


def test_exif_rotation_turns_the_picture_upright():
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: rows run from the picture's right side
    image = Image.new("RGB", (48, 32), "red")
    image.paste("blue", (0, 16, 48, 32))
    picture, kept = read_picture(file_of(image, "JPEG", exif=exif, quality=100, subsampling=0))
    assert picture.size == (32, 48) and Image.open(io.BytesIO(kept)).size == (32, 48)
    pixels = np.asarray(picture, int)
    np.testing.assert_allclose(pixels[24, [4, 28]], [[0, 0, 255], [255, 0, 0]], atol=4)


def test_embedded_profile_is_converted_to_srgb():
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = srgb.replace(b"rXYZ", b"????").replace(b"bXYZ", b"rXYZ").replace(b"????", b"bXYZ")
    swapped = swapped.replace("sRGB".encode("utf-16-be"), "swap".encode("utf-16-be"))
    image = two_colors("RGB", (255, 0, 0), (128, 128, 128))
    left, right, _ = ends(file_of(image, icc_profile=swapped))
    np.testing.assert_allclose(left, [0, 0, 255], atol=2)
    np.testing.assert_allclose(right, [128, 128, 128], atol=2)
    # A profile that is sRGB, or none at all, changes nothing.
    for profile in (srgb, b"no profile"):
        data = file_of(image, icc_profile=profile)
        assert ends(data) == ([255, 0, 0], [128, 128, 128], "RGB") and read_picture(data)[1] is data


def truncated(kind: str) -> bytes:
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    data = file_of(Image.fromarray(noise), kind)
    return data[: len(data) // 2]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"not a picture at all", "cannot be decoded"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "cannot be decoded"),
        (truncated("JPEG"), "cannot be decoded"),
        (truncated("PNG"), "cannot be decoded"),
        (file_of(Image.new("RGB", (15, 200))), "15 x 200"),
        (file_of(Image.fromarray(np.zeros((32, 32), np.float32)), "TIFF"), "mode F"),
    ],
)
def test_unusable_files_are_refused_with_the_reason(data, reason):
    with pytest.raises(UnusableFile, match=reason):
        read_picture(data)


def test_huge_pictures_are_refused_before_they_are_decoded(monkeypatch):
    with pytest.raises(UnusableFile, match="200000 x 200000|bomb"):
        read_picture(rgb_png(200_000, 200_000, 8, b""))
    monkeypatch.setattr(limits, "MAX_PIXELS", 100)
    with pytest.raises(UnusableFile, match="32 x 32 is more than"):
        read_picture(file_of(Image.new("RGB", (32, 32))))


def test_no_other_decoder_of_pillow_is_tried():
    # Pillow hands PostScript to Ghostscript, a program that runs what it is given.
    with pytest.raises(UnusableFile, match="no decoder for PostScript; convert it"):
        read_picture(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 20 20\n")
    ppm = b"P6 20 20 255\n" + bytes(1200)
    with pytest.raises(UnusableFile, match="it is no picture, or its beginning is damaged$"):
        read_picture(ppm)


@pytest.mark.parametrize("size", [(16, 801), (801, 16), (1600, 17)])
def test_a_picture_of_extreme_sides_is_no_page(size):
    buffer = io.BytesIO()
    Image.new("L", size).save(buffer, "PNG")
    with pytest.raises(UnusableFile, match="is no page: one side is over 50 times the other"):
        read_picture(buffer.getvalue())
    Image.new("L", (16, 800)).save(small := io.BytesIO(), "PNG")
    assert read_picture(small.getvalue())[0].size == (16, 800)
