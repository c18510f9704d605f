"""How a picture's file is written again: in its own format, compressed as it was, with what it says of itself."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from PIL import Image

from mangagan.images.decode import ORIENTATION

# Formats that are written, and whether each of their files gives back the very bytes of a pixel (a WebP file may).
LOSSLESS = {"PNG": True, "TIFF": True, "BMP": True, "JPEG": False, "WEBP": False, "AVIF": False}
# Compressions of TIFF that lose nothing and hold any 8-bit picture; others become deflate.
_TIFF_LOSSLESS = ("raw", "packbits", "tiff_lzw", "tiff_deflate", "tiff_adobe_deflate", "zstd", "lzma")
# The tags of a TIFF file that say something of the picture; the others describe how its pixels lie in the file.
_TIFF_TAGS = (0x010D, 0x010E, 0x010F, 0x0110, ORIENTATION, 0x011D, 0x0131, 0x0132, 0x013B, 0x013C, 0x02BC, 0x8298)
_EXIF_IFD, _GPS_IFD = 0x8769, 0x8825


@dataclass(frozen=True)
class Quality:
    """How lossy formats are written; JPEG and AVIF keep colour at full resolution.

    Raises ValueError for a quality that is not from 1 to 100.
    """

    jpeg: int = 95
    webp: int = 92
    avif: int = 90

    def __post_init__(self) -> None:
        wrong = [f"{kind}={value}" for kind, value in asdict(self).items() if not 1 <= value <= 100]
        if wrong:
            raise ValueError(f"quality {', '.join(wrong)}: it is from 1 to 100")


def file_format(image: Image.Image) -> str:
    """The format in which an opened file is written again, as Pillow names it."""
    # MPO, of phones: a JPEG with more pictures behind it.
    return "JPEG" if image.format == "MPO" else str(image.format)


def coding(image: Image.Image, data: bytes, quality: Quality) -> dict[str, Any]:
    """How Pillow is to compress the pixels of an opened file again; equal pixels always give equal bytes."""
    match file_format(image):
        case "JPEG":
            return {"quality": quality.jpeg, "subsampling": "4:4:4", "progressive": "progressive" in image.info}
        case "WEBP":
            return {"exact": True} | ({"lossless": True} if _is_lossless_webp(data) else {"quality": quality.webp})
        case "AVIF":
            return {"quality": quality.avif, "subsampling": "4:4:4", "max_threads": 1}
        case "TIFF":
            packed = image.info.get("compression", "raw")
            return {"compression": packed if packed in _TIFF_LOSSLESS else "tiff_adobe_deflate"}
    return {}


def resolution(image: Image.Image) -> dict[str, Any]:
    """The dots per inch of a file, if they are any, as Pillow writes them."""
    dots = image.info.get("dpi")
    if dots and all(math.isfinite(value) and value > 0 for value in dots):
        return {"dpi": tuple(map(float, dots))}
    return {}


def tiff_exif(exif: Image.Exif) -> Image.Exif:
    """What of a TIFF file's tags belongs to the picture however it is stored."""
    kept = Image.Exif()
    for tag in _TIFF_TAGS:
        if tag in exif:
            kept[tag] = exif[tag]
    for ifd in (_EXIF_IFD, _GPS_IFD):
        if values := exif.get_ifd(ifd):
            kept[ifd] = values
    return kept


def _is_lossless_webp(data: bytes) -> bool:
    """Whether the picture of a RIFF file is in a chunk of lossless WebP; a profile may stand before it."""
    place = 12
    while place + 8 <= len(data):
        kind, length = data[place : place + 4], int.from_bytes(data[place + 4 : place + 8], "little")
        if kind in (b"VP8L", b"VP8 "):
            return kind == b"VP8L"
        place += 8 + length + length % 2
    return False
