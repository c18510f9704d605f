"""Encode pictures: in the format of their source, compressed as it was, with its EXIF and resolution."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, JpegImagePlugin

# Formats that are written, and whether every file of a format returns the pixels that were written (a WebP file may).
LOSSLESS = {"PNG": True, "TIFF": True, "BMP": True, "JPEG": False, "WEBP": False, "AVIF": False}
# The EXIF tag that says how a stored picture must be turned to stand upright, from 1 (not at all) to 8.
ORIENTATION = 0x0112
# Compressions of TIFF that are lossless and hold any 8-bit picture; others become deflate.
_TIFF_LOSSLESS = ("raw", "packbits", "tiff_lzw", "tiff_deflate", "tiff_adobe_deflate", "zstd", "lzma")
# The tags of a TIFF file that describe the picture; the others describe how its pixels lie in the file.
_TIFF_TAGS = (0x010D, 0x010E, 0x010F, 0x0110, ORIENTATION, 0x011D, 0x0131, 0x0132, 0x013B, 0x013C, 0x02BC, 0x8298)
_EXIF_IFD, _GPS_IFD = 0x8769, 0x8825


# Of pages that become JPEG.
_CONVERTED_QUALITY = 95
# The sum of the luminance table of the JPEG library's quality 88: below it are pages that somebody has stored well.
_FINE_TABLE = 880
# Tried one after the other for pages that must not have more than some bytes.
_QUALITIES = range(90, 25, -5)


@dataclass(frozen=True)
class Quality:
    """How pages are encoded.

    Attributes:
        jpeg: Quality of JPEG from 1 to 100, with colour at full resolution; None: that of the source.
        webp: Quality of WebP from 1 to 100, for sources that are not lossless WebP.
        avif: Quality of AVIF from 1 to 100, with colour at full resolution.
        format: The format that all pages are converted to, as Pillow names it; None: each keeps its own.
        page_bytes: Pages in lossy formats get a lower quality until they have at most so many bytes; None: any.

    Raises:
        ValueError: A quality is not from 1 to 100.
    """

    jpeg: int | None = None
    webp: int = 92
    avif: int = 90
    format: str | None = None
    page_bytes: int | None = None

    def __post_init__(self) -> None:
        qualities = {"jpeg": self.jpeg, "webp": self.webp, "avif": self.avif}
        wrong = [f"{kind}={value}" for kind, value in qualities.items() if value is not None and not 1 <= value <= 100]
        if wrong:
            raise ValueError(f"quality {', '.join(wrong)}: it must be from 1 to 100")


def encode_within(picture: Image.Image, format: str, page_bytes: int | None, **options: Any) -> bytes:
    """Return the bytes of a picture's file, in a lossy format at a quality that fits a number of bytes.

    Args:
        picture: Of a mode that the format can hold.
        format: As Pillow names it.
        page_bytes: The most bytes; None: any. Below a quality of `_QUALITIES`, more bytes are accepted.
        options: Those of Pillow's `save`.
    """
    data = encode(picture, format, **options)
    if page_bytes is None or LOSSLESS.get(format, True) or options.get("lossless"):
        return data
    plain = {name: value for name, value in options.items() if name != "qtables"}
    for quality in _QUALITIES:
        if len(data) <= page_bytes:
            break
        data = encode(picture, format, **plain | {"quality": quality, "subsampling": "4:2:0"})
    return data


def encode(picture: Image.Image, format: str, **options: Any) -> bytes:
    """Return the bytes of a picture's file. All further options are those of Pillow's `save`.

    Args:
        picture: Of a mode that the format can hold.
        format: As Pillow names it, such as "PNG".
    """
    buffer = io.BytesIO()
    picture.save(buffer, format, **options)
    return buffer.getvalue()


def encode_png(picture: Image.Image) -> bytes:
    """Return a picture as PNG bytes without metadata.

    Args:
        picture: 8 bits a channel, mode L, RGB or RGBA.
    """
    # The array has no metadata, which Pillow would otherwise write.
    return encode(Image.fromarray(np.asarray(picture)), "PNG", compress_level=4)


def file_format(image: Image.Image) -> str:
    """Return the format, as Pillow names it, in which an opened file is written again.

    Args:
        image: As Pillow opened it, of any mode.
    """
    # Phones write MPO: a JPEG with further pictures behind it.
    return "JPEG" if image.format == "MPO" else str(image.format)


def compression(image: Image.Image, data: bytes, quality: Quality) -> dict[str, Any]:
    """Return the options of Pillow's `save` that compress pixels as an opened file does; equal pixels, equal bytes.

    Args:
        image: As Pillow opened it, of any mode.
        data: The bytes of its file.
        quality: The format, if it is to be another one, and the quality of lossy formats.
    """
    format = file_format(image)
    if quality.format not in (None, format):
        return default_compression(str(quality.format), quality)
    match format:
        case "JPEG":
            return _jpeg_quality(image, quality.jpeg) | {"progressive": "progressive" in image.info}
        case "WEBP" if _is_lossless_webp(data):
            return {"exact": True, "lossless": True}
        case "TIFF" if image.info.get("compression", "raw") in _TIFF_LOSSLESS:
            return {"compression": image.info.get("compression", "raw")}
    return default_compression(format, quality)


def _jpeg_quality(image: Image.Image, quality: int | None) -> dict[str, Any]:
    """Return the quality of a JPEG; without a given one the tables and the subsampling of the source."""
    tables = getattr(image, "quantization", None)
    if quality is not None or not tables:
        return default_compression("JPEG", Quality(quality))
    sampling = JpegImagePlugin.get_sampling(image)
    # A grey source has no colour: at a low quality, colour at full resolution would double the bytes for little.
    if sampling < 0:
        sampling = 0 if sum(tables[0]) <= _FINE_TABLE else 2
    return {"qtables": [list(tables[place]) for place in sorted(tables)], "subsampling": sampling}


def default_compression(format: str, quality: Quality) -> dict[str, Any]:
    """Return the options of Pillow's `save` for a format, as Pillow names it, that the source has not."""
    match format:
        case "JPEG":
            return {"quality": quality.jpeg or _CONVERTED_QUALITY, "subsampling": "4:4:4"}
        case "WEBP":
            return {"quality": quality.webp, "exact": True}
        case "AVIF":
            # With several threads the bytes depend on their timing.
            return {"quality": quality.avif, "subsampling": "4:4:4", "max_threads": 1}
        case "TIFF":
            return {"compression": "tiff_adobe_deflate"}
    return {}


def resolution(image: Image.Image) -> dict[str, Any]:
    """Return the dots per inch of an opened file as options of Pillow's `save`; none where they make no sense.

    Args:
        image: As Pillow opened it, of any mode.
    """
    dots = image.info.get("dpi")
    if dots and all(math.isfinite(value) and value > 0 for value in dots):
        return {"dpi": tuple(map(float, dots))}
    return {}


def tiff_exif(exif: Image.Exif) -> Image.Exif:
    """Return the tags of a TIFF file that describe the picture however it is stored."""
    kept = Image.Exif()
    for tag in _TIFF_TAGS:
        if tag in exif:
            kept[tag] = exif[tag]
    for ifd in (_EXIF_IFD, _GPS_IFD):
        if values := exif.get_ifd(ifd):
            kept[ifd] = values
    return kept


def _is_lossless_webp(data: bytes) -> bool:
    """Return whether the image chunk of a RIFF file is lossless WebP; other chunks may come before it."""
    place = 12
    while place + 8 <= len(data):
        kind, length = data[place : place + 4], int.from_bytes(data[place + 4 : place + 8], "little")
        if kind in (b"VP8L", b"VP8 "):
            return kind == b"VP8L"
        # Chunks are padded to an even length.
        place += 8 + length + length % 2
    return False
