"""Pages read and written: everything a file holds beside its pixels is kept."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageOps, JpegImagePlugin

from mangagan.images import page_file
from mangagan.images.encode import Quality
from mangagan.images.errors import UnusableFile
from mangagan.images.limits import Limits
from mangagan.images.page_file import read_page, write_page

LOSSLESS = [("PNG", {}), ("TIFF", {"compression": "tiff_lzw"}), ("WEBP", {"lossless": True}), ("BMP", {})]
LOSSLESS += [("JPEG2000", {})]
LOSSY = [("JPEG", {"quality": 90}), ("WEBP", {"quality": 90}), ("AVIF", {"quality": 90})]
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
# Red and blue change places, under another name.
SWAPPED = SRGB.replace(b"rXYZ", b"????").replace(b"bXYZ", b"rXYZ").replace(b"????", b"bXYZ")
SWAPPED = SWAPPED.replace("sRGB".encode("utf-16-be"), "swap".encode("utf-16-be"))


def picture(mode: str = "L", size: tuple[int, int] = (48, 32)) -> Image.Image:
    across = np.linspace(0, 255, size[0]).astype(np.uint8)
    return Image.fromarray(np.tile(across, (size[1], 1))).convert(mode)


def file_of(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def colored(data: bytes) -> tuple[np.ndarray, Image.Image]:
    """The pixels of a coloured page, and the file that is written from them."""
    pixels, envelope = read_page(data, Limits(), Quality())
    made = pixels // 2 + np.array([0, 40, 90], np.uint8)
    written = write_page(made, envelope)
    assert written == write_page(made, read_page(data, Limits(), Quality())[1])
    return made, Image.open(io.BytesIO(written))


def exif_of(**tags: object) -> Image.Exif:
    exif = Image.Exif()
    for tag, value in tags.items():
        exif[int(tag[1:])] = value
    return exif


@pytest.mark.parametrize(("kind", "options"), LOSSLESS)
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_lossless_formats_keep_every_pixel(kind, options, mode):
    made, file = colored(file_of(picture(mode), kind, **options))
    assert file.format == kind and file.mode == "RGB" and np.array_equal(np.asarray(file), made)
    if kind == "TIFF":
        assert file.info["compression"] == "tiff_lzw"


@pytest.mark.parametrize(("kind", "options"), LOSSY)
def test_lossy_formats_stay_close(kind, options):
    made, file = colored(file_of(picture(), kind, **options))
    assert file.format == kind and file.size == (48, 32)
    assert np.abs(np.asarray(file.convert("RGB"), int) - made).max() <= 16
    if kind == "JPEG":
        assert [part[1:3] for part in file.layer] == [(1, 1)] * 3


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF", "AVIF"])
def test_exif_profile_and_resolution_are_kept(kind):
    options = {"exif": exif_of(_271="a camera", _305="a scanner"), "icc_profile": SRGB, "dpi": (300, 300)}
    _, file = colored(file_of(picture("RGB"), kind, **options))
    assert file.getexif()[271] == "a camera" and file.getexif()[305] == "a scanner"
    assert file.info["icc_profile"] == SRGB
    if kind in ("PNG", "JPEG", "TIFF"):
        assert np.allclose([float(dots) for dots in file.info["dpi"]], 300, atol=0.01)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
@pytest.mark.parametrize("mode", ["L", "RGBA"])
def test_a_turned_page_is_coloured_upright_and_written_as_it_was_stored(kind, orientation, mode):
    image = picture(mode)
    if mode == "RGBA":
        image.putpixel((3, 5), (0, 0, 0, 0))
    data = file_of(image, kind, exif=exif_of(_274=orientation))
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    pixels, _ = read_page(data, Limits(), Quality())
    over = Image.alpha_composite(Image.new("RGBA", upright.size, "white"), upright.convert("RGBA"))
    assert np.array_equal(pixels, np.asarray(over)[..., :3])
    made, file = colored(data)
    # Pillow gives the upright size of a TIFF.
    stored = (file.tag_v2[256], file.tag_v2[257]) if kind == "TIFF" else file.size
    assert stored == (48, 32) and file.getexif().get(274, 1) == orientation
    result = ImageOps.exif_transpose(file)
    if mode == "RGBA":
        clear = np.asarray(result)[..., 3] == 0
        assert np.array_equal(np.asarray(result)[..., 3], np.asarray(upright)[..., 3]) and clear.sum() == 1
        made, result = made[~clear], np.asarray(result)[~clear][..., :3]
    assert np.array_equal(np.asarray(result), made)


def test_a_foreign_profile_is_kept_and_holds_the_same_colors():
    made, file = colored(file_of(picture("RGB"), icc_profile=SWAPPED))
    assert file.info["icc_profile"] == SWAPPED
    back, _ = read_page(file_of(file, icc_profile=SWAPPED), Limits(), Quality())
    np.testing.assert_allclose(back.astype(int), made, atol=3)
    assert np.abs(np.asarray(file, int)[..., 0] - made[..., 2]).max() <= 3


def test_profiles_of_grey_and_cmyk_are_not_embedded_in_colored_pages(monkeypatch):
    gray = SRGB.replace(b"RGB XYZ", b"GRAYXYZ")
    assert "icc_profile" not in colored(file_of(picture("L"), icc_profile=gray))[1].info
    cmyk = Image.new("CMYK", (32, 32), (0, 0, 0, 100))
    made, file = colored(file_of(cmyk, "JPEG", icc_profile=SRGB.replace(b"RGB XYZ", b"CMYKXYZ")))
    assert file.mode == "RGB" and "icc_profile" not in file.info


def test_transparency_is_kept_and_the_page_over_white_is_the_colored_one():
    image = picture("LA")
    image.putalpha(Image.fromarray(np.tile(np.linspace(0, 255, 32).astype(np.uint8)[:, None], (1, 48))))
    data = file_of(image)
    pixels, envelope = read_page(data, Limits(), Quality())
    made = np.minimum(pixels, pixels // 4 + np.array([191, 191, 40], np.uint8))
    file = Image.open(io.BytesIO(write_page(np.maximum(made, pixels - 30), envelope)))
    assert file.mode == "RGBA" and np.array_equal(np.asarray(file)[..., 3], np.asarray(image)[..., 1])
    assert np.asarray(file)[0, :, 3].max() == 0
    # What the page gives itself comes back, but for the steps that a thin layer has.
    same = Image.open(io.BytesIO(write_page(pixels, envelope)))
    over = Image.alpha_composite(Image.new("RGBA", same.size, "white"), same).convert("RGB")
    np.testing.assert_allclose(np.asarray(over, int), pixels, atol=2)


def test_modes_that_cannot_hold_colors_become_rgb():
    for mode in ("1", "P", "L"):
        _, file = colored(file_of(picture(mode)))
        assert (file.format, file.mode, file.size) == ("PNG", "RGB", (48, 32))
    assert colored(file_of(picture("P"), "GIF"))[1].format == "PNG"
    sixteen = Image.fromarray(np.full((32, 32), 100 * 257, np.uint16))
    made, file = colored(file_of(sixteen))
    assert file.mode == "RGB" and made[0, 0].tolist() == [50, 90, 140]
    fax = file_of(picture("1"), "TIFF", compression="group4")
    assert colored(fax)[1].info["compression"] == "tiff_adobe_deflate"


@pytest.mark.parametrize("profile", [SWAPPED, b"\0" * 20_000_000])
def test_unwritable_metadata_are_dropped_rather_than_the_page(profile):
    """A profile that cannot be written either is dropped, and the colours are those of sRGB."""
    data = file_of(picture("RGB"), "JPEG", exif=exif_of(_274=6), icc_profile=SWAPPED)
    pixels, envelope = read_page(data, Limits(), Quality())
    envelope = replace(envelope, profile=profile)
    envelope.metadata["exif"] = b"Exif\0\0" + b"x" * 70_000
    made = pixels // 2 + np.array([0, 40, 90], np.uint8)
    data = write_page(made, envelope)
    file = Image.open(io.BytesIO(data))
    assert file.size == (48, 32) and file.getexif()[274] == 6
    assert file.info.get("icc_profile") == (SWAPPED if profile == SWAPPED else None)
    back, _ = read_page(data, Limits(), Quality())
    np.testing.assert_allclose(back.astype(int), made, atol=16)


def test_a_pillow_without_one_of_the_formats_reads_the_others(monkeypatch):
    monkeypatch.setattr(Image, "OPEN", {kind: way for kind, way in Image.OPEN.items() if kind != "AVIF"})
    monkeypatch.setattr(Image, "ID", [kind for kind in Image.ID if kind != "AVIF"])
    assert colored(file_of(picture("P"), "GIF"))[1].format == "PNG"
    with pytest.raises(UnusableFile, match="it is no picture, or its beginning is damaged"):
        read_page(b"no picture", Limits(), Quality())


def test_pages_of_other_kinds_are_decoded_without_being_encoded(monkeypatch):
    data = file_of(picture("P"), "TIFF")
    monkeypatch.setattr("mangagan.images.decode.encode_png", None)
    assert read_page(data, Limits(), Quality())[0].shape == (32, 48, 3)


def frames(kind: str) -> bytes:
    return file_of(picture("L"), kind, save_all=True, append_images=[ImageOps.invert(picture("L"))])


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "cannot be decoded"),
        (file_of(picture())[:-60], "cannot be decoded"),
        (frames("GIF"), "several pictures"),
        (frames("TIFF"), "several pictures"),
        (frames("WEBP"), "several pictures"),
        (frames("PNG"), "several pictures"),
        (file_of(picture(size=(48, 8))), "side under"),
    ],
)
def test_unusable_files_are_refused_with_the_reason(data, reason):
    with pytest.raises(UnusableFile, match=reason):
        read_page(data, Limits(), Quality())


def test_large_pages_are_refused_before_they_are_decoded(monkeypatch):
    monkeypatch.setattr(page_file, "decode_srgb", None)
    with pytest.raises(UnusableFile, match=r"0.0 megapixels \(48 x 32\), more than the limit of 0.001"):
        read_page(file_of(picture()), Limits(pixels=1000), Quality())
    with pytest.raises(ValueError, match="limit of 100000001"):
        Limits(pixels=100_000_001)


@pytest.mark.parametrize(("quality", "subsampling", "expected"), [(75, 2, 2), (75, 0, 0), (95, 0, 0), (95, 2, 2)])
def test_a_jpeg_keeps_its_tables_and_subsampling(quality, subsampling, expected):
    data = file_of(picture("RGB"), "JPEG", quality=quality, subsampling=subsampling)
    _, file = colored(data)
    assert file.quantization == Image.open(io.BytesIO(data)).quantization
    assert JpegImagePlugin.get_sampling(file) == expected


@pytest.mark.parametrize(("quality", "expected"), [(75, 2), (95, 0)])
def test_a_grey_jpeg_gets_full_colour_where_it_was_stored_well(quality, expected):
    data = file_of(picture("L"), "JPEG", quality=quality)
    _, file = colored(data)
    assert file.quantization[0] == Image.open(io.BytesIO(data)).quantization[0]
    assert JpegImagePlugin.get_sampling(file) == expected


def test_a_grey_photograph_of_low_quality_does_not_grow_three_times():
    rng = np.random.default_rng(0)
    noise = Image.fromarray(rng.integers(0, 256, (60, 60), np.uint8)).resize((480, 480), Image.Resampling.BICUBIC)
    data = file_of(noise, "JPEG", quality=75)
    pixels, envelope = read_page(data, Limits(), Quality())
    made = (pixels * np.array([1, 0.9, 0.7])).astype(np.uint8)
    assert len(write_page(made, envelope)) < 1.3 * len(data)
    assert len(write_page(made, read_page(data, Limits(), Quality(jpeg=95))[1])) > 2 * len(data)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "AVIF", "TIFF"])
@pytest.mark.parametrize("mode", ["L", "RGBA"])
def test_pages_are_converted(kind, mode):
    for source in ("PNG", "WEBP", "TIFF"):
        image = picture(mode)
        if mode == "RGBA":
            image.putalpha(128)
        data = file_of(image, source, exif=exif_of(_271="a camera"), **({"lossless": True} if source == "WEBP" else {}))
        pixels, envelope = read_page(data, Limits(), Quality(format=kind))
        file = Image.open(io.BytesIO(write_page(pixels, envelope)))
        assert file.format == kind and file.getexif()[271] == "a camera"
        assert (file.mode == "RGBA") == (mode == "RGBA" and kind != "JPEG")
        white = Image.new("RGBA", file.size, "white")
        over = np.asarray(Image.alpha_composite(white, file.convert("RGBA")).convert("RGB"), int)
        np.testing.assert_allclose(over, pixels, atol=1 if kind in ("PNG", "TIFF") else 12)


def test_a_page_is_encoded_within_its_bytes():
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (200, 200, 3), np.uint8))
    for kind in ("JPEG", "WEBP", "AVIF"):
        data = file_of(noise, kind, quality=98)
        pixels, envelope = read_page(data, Limits(), Quality(page_bytes=len(data) // 2))
        assert len(write_page(pixels, envelope)) <= len(data) // 2
    data = file_of(noise)
    assert len(write_page(pixels, read_page(data, Limits(), Quality(page_bytes=10))[1])) > 10
