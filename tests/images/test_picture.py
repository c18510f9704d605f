import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms

from mangagan.images.decode import decode_stored
from mangagan.images.errors import UnusableFile

PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
LOSSLESS = [
    (format, mode, {}) for format in ("PNG", "TIFF") for mode in ("1", "L", "LA", "P", "RGB", "RGBA")
] + [
    ("BMP", "L", {}),
    ("BMP", "RGB", {}),
    ("WEBP", "RGB", {"lossless": True}),
    ("WEBP", "RGBA", {"lossless": True, "exact": True}),
    ("WEBP", "RGB", {"lossless": True, "icc_profile": PROFILE}),
    ("TIFF", "RGB", {"compression": "tiff_lzw"}),
    ("TIFF", "1", {"compression": "group4"}),
]  # fmt: skip


def image_of(mode, size=(40, 23)):
    rng = np.random.default_rng(0)
    image = Image.fromarray(rng.integers(0, 256, (*size[::-1], 4)).astype(np.uint8), "RGBA")
    return image if mode == "RGBA" else image.convert("RGB").quantize(99) if mode == "P" else image.convert(mode)


def stored(image, format, **options):
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def layers(data):
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGBA"))


def deep_png(depth, kind, channels):
    """A PNG file built by hand, because Pillow cannot write RGB of 16 bits."""
    parts = {
        b"IHDR": struct.pack(">IIBBBBB", 20, 20, depth, kind, 0, 0, 0),
        b"IDAT": zlib.compress((b"\0" + bytes(20 * channels * depth // 8)) * 20),
        b"IEND": b"",
    }
    chunks = [struct.pack(">I", len(v)) + k + v + struct.pack(">I", zlib.crc32(k + v)) for k, v in parts.items()]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


@pytest.mark.parametrize("format, mode, options", LOSSLESS)
def test_a_lossless_file_is_written_again_bit_for_bit(format, mode, options):
    data = stored(image_of(mode), format, **options)
    picture = decode_stored(data)
    assert picture.lossless and picture.gray == (mode in ("1", "L", "LA"))
    again = picture.encode()
    np.testing.assert_array_equal(layers(again), layers(data))
    back = Image.open(io.BytesIO(again))
    assert back.format == format
    assert back.mode == {"1": "L", "P": "RGB"}.get(mode, mode)


@pytest.mark.parametrize("format", ["JPEG", "WEBP", "AVIF"])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_a_lossy_file_is_encoded_well(format, mode):
    smooth = image_of(mode, (4, 4)).resize((128, 96), Image.Resampling.BICUBIC)
    data = stored(smooth, format, quality=90)
    picture = decode_stored(data)
    back = Image.open(io.BytesIO(picture.encode()))
    assert not picture.lossless and back.format == format
    # WebP has no grey mode.
    assert back.mode == mode or (mode == "L" and format != "JPEG")
    assert np.abs(layers(picture.encode()).astype(int) - layers(data)).mean() < 2


@pytest.mark.parametrize("format", ["JPEG", "PNG", "TIFF", "WEBP", "AVIF"])
def test_profile_exif_and_resolution_are_kept(format):
    image = image_of("RGB")
    exif = Image.Exif()
    exif[315] = "Ada"
    data = stored(image, format, icc_profile=PROFILE, exif=exif, dpi=(300, 300))
    back = Image.open(io.BytesIO(decode_stored(data).encode()))
    assert back.info["icc_profile"] == PROFILE
    assert back.getexif()[315] == "Ada"
    if format in ("JPEG", "PNG", "TIFF"):
        assert back.info["dpi"] == pytest.approx((300, 300), abs=0.1)
    if format == "TIFF":
        assert back.size == image.size


def test_a_picture_on_its_side_is_turned_upright_and_loses_its_orientation():
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[315] = "Ada"
    picture = decode_stored(stored(image_of("RGB"), "PNG", exif=exif))
    np.testing.assert_array_equal(picture.pixels, np.rot90(np.asarray(image_of("RGB")), -1))
    back = Image.open(io.BytesIO(picture.encode())).getexif()
    assert 0x0112 not in back and back[315] == "Ada"


def test_a_palette_of_greys_is_grey():
    paletted = image_of("L").convert("P")
    assert paletted.mode == "P"
    picture = decode_stored(stored(paletted, "PNG"))
    assert picture.gray and Image.open(io.BytesIO(picture.encode())).mode == "L"


def test_transparency_in_a_palette_becomes_alpha():
    paletted = image_of("P")
    paletted.info["transparency"] = 3
    picture = decode_stored(stored(paletted, "PNG"))
    assert picture.alpha is not None and 0 < (picture.alpha == 0).sum() < picture.alpha.size
    np.testing.assert_array_equal(layers(picture.encode())[..., 3], picture.alpha)


@pytest.mark.parametrize(
    "data, reason",
    [
        (b"", "the file is empty"),
        (b"no picture", "cannot be decoded"),
        (stored(image_of("RGB"), "PNG")[:-400], "cannot be decoded"),
        (stored(image_of("P"), "GIF"), "GIF cannot be written"),
        (stored(image_of("RGB"), "PNG", save_all=True, append_images=[image_of("L").convert("RGB")]), "2 frames"),
        (stored(image_of("RGB").convert("CMYK"), "JPEG"), "its colours are CMYK"),
        (stored(image_of("L").convert("I;16"), "PNG"), "more than 8 bits"),
        (stored(image_of("L").convert("I;16"), "TIFF"), "more than 8 bits"),
        (stored(image_of("L").convert("F"), "TIFF"), "more than 8 bits"),
        (deep_png(16, 2, 3), "more than 8 bits"),
        (stored(Image.new("1", (12000, 9000)), "PNG"), "12000 x 9000 is more than 100 megapixels"),
    ],
)
def test_files_that_could_not_be_written_again_are_refused(data, reason):
    with pytest.raises(UnusableFile, match=reason):
        decode_stored(data)


def test_other_pixels_are_written_in_the_same_kind_of_file():
    picture = decode_stored(stored(image_of("LA"), "PNG", dpi=(72, 72)))
    dark = picture.with_pixels(picture.pixels // 2, picture.alpha)
    back = Image.open(io.BytesIO(dark.encode()))
    assert back.mode == "LA" and back.info["dpi"] == pytest.approx((72, 72), abs=0.1)
    np.testing.assert_array_equal(np.asarray(back)[..., 0], np.asarray(image_of("LA"))[..., 0] // 2)
