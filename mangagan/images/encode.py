"""Encode pictures: in the format of their source, compressed as it was, with its EXIF and resolution."""

from __future__ import annotations

import io
import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from PIL import Image

# Formats that are written, and whether every file of a format returns the pixels that were written (a WebP file may).
LOSSLESS = {"PNG": True, "TIFF": True, "BMP": True, "JPEG": False, "WEBP": False, "AVIF": False}
# The EXIF tag that says how a stored picture must be turned to stand upright, from 1 (not at all) to 8.
ORIENTATION = 0x0112
# Compressions of TIFF that are lossless and hold any 8-bit picture; others become deflate.
_TIFF_LOSSLESS = ("raw", "packbits", "tiff_lzw", "tiff_deflate", "tiff_adobe_deflate", "zstd", "lzma")
# The tags of a TIFF file that describe the picture; the others describe how its pixels lie in the file.
_TIFF_TAGS = (0x010D, 0x010E, 0x010F, 0x0110, ORIENTATION, 0x011D, 0x0131, 0x0132, 0x013B, 0x013C, 0x02BC, 0x8298)
_EXIF_IFD, _GPS_IFD = 0x8769, 0x8825


@dataclass(frozen=True)
class Quality:
    """Quality of lossy formats, from 1 to 100; JPEG and AVIF keep colour at full resolution.

    Raises:
        ValueError: A quality is not from 1 to 100.
    """

    jpeg: int = 95
    webp: int = 92
    avif: int = 90

    def __post_init__(self) -> None:
        wrong = [f"{kind}={value}" for kind, value in asdict(self).items() if not 1 <= value <= 100]
        if wrong:
            raise ValueError(f"quality {', '.join(wrong)}: it must be from 1 to 100")


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
        quality: For lossy formats, since a file does not tell its own.
    """
    match file_format(image):
        case "JPEG":
            return {"quality": quality.jpeg, "subsampling": "4:4:4", "progressive": "progressive" in image.info}
        case "WEBP":
            return {"exact": True} | ({"lossless": True} if _is_lossless_webp(data) else {"quality": quality.webp})
        case "AVIF":
            # With several threads the bytes depend on their timing.
            return {"quality": quality.avif, "subsampling": "4:4:4", "max_threads": 1}
        case "TIFF":
            packed = image.info.get("compression", "raw")
            return {"compression": packed if packed in _TIFF_LOSSLESS else "tiff_adobe_deflate"}
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
