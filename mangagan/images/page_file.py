"""Read the file of a page as pixels to colour, and write coloured pixels with its profile, EXIF and resolution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from mangagan.images.color_profiles import from_srgb, rgb_profile
from mangagan.images.decode import decode_srgb, opened_image
from mangagan.images.encode import (
    LOSSLESS,
    ORIENTATION,
    Quality,
    compression,
    encode_within,
    file_format,
    resolution,
    tiff_exif,
)
from mangagan.images.errors import UnusableFile
from mangagan.images.limits import Limits, check_page_size
from mangagan.images.picture import Pixels

# The format that is written for each format that is read. GIF has too few colours.
_WRITTEN_FORMAT = {kind: kind for kind in (*LOSSLESS, "JPEG2000")} | {"GIF": "PNG"}
# By orientation in EXIF; 1 needs nothing.
_UPRIGHT_TO_STORED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


@dataclass(frozen=True)
class Envelope:
    """All that the file of a page has beside its colours."""

    format: str  # that is written, as Pillow names it
    orientation: int  # as in EXIF, from 1 to 8
    alpha: Image.Image | None  # upright
    profile: bytes  # of RGB; b"" for sRGB that is not named
    compression: dict[str, Any]  # options of Pillow's save
    page_bytes: int | None  # the most bytes of a lossy file
    metadata: dict[str, Any]  # options of Pillow's save: EXIF, XMP and resolution


def read_page(data: bytes, limits: Limits, quality: Quality) -> tuple[Pixels, Envelope]:
    """Decode the file of a page.

    Args:
        data: The bytes of the file.
        limits: The largest page that is accepted.
        quality: With which a lossy file will be written.

    Returns:
        The page [h w 3] in 8-bit sRGB, upright and over white, and its envelope.

    Raises:
        UnusableFile: The file is broken, has too many pixels or several pictures, or is of another format.
    """
    with opened_image(data) as file:
        check_page_size(*file.size, limits)
        if file.format != "MPO" and getattr(file, "is_animated", False):
            raise UnusableFile("the file holds several pictures, of which only one could be kept")
        envelope = _envelope(file, data, quality)
    return np.asarray(decode_srgb(data).convert("RGB")), envelope


def write_page(pixels: Pixels, envelope: Envelope) -> bytes:
    """Return a coloured page as a file in the envelope of its source, RGB or RGBA whatever the source was.

    Metadata that cannot be written again are left out rather than the page. So is a profile; the colours are then
    those of sRGB.

    Args:
        pixels: The page in 8-bit sRGB, upright.
        envelope: From the source of the page.
    """
    # Without its orientation the page would lie on its side.
    orientation_only = {"exif": _with_orientation(Image.Exif(), envelope.orientation)}
    for metadata in (envelope.metadata, orientation_only):
        try:
            return _encoded(pixels, envelope, envelope.profile, metadata)
        except Exception:  # an EXIF block that Pillow reads but refuses to write
            continue
    return _encoded(pixels, envelope, b"", orientation_only)


def with_alpha(pixels: Pixels, envelope: Envelope) -> Image.Image:
    """Return a page as a PIL image, RGB, or RGBA if its source has transparency.

    Args:
        pixels: The page in 8-bit sRGB, upright and over white.
        envelope: From the source of the page.
    """
    picture = Image.fromarray(pixels)
    return _off_white(picture, envelope.alpha) if envelope.alpha else picture


def _encoded(pixels: Pixels, envelope: Envelope, profile: bytes, metadata: dict[str, Any]) -> bytes:
    picture = Image.fromarray(pixels)
    if profile:
        picture = from_srgb(picture, profile)
    # JPEG has no transparency: the page lies over white.
    if envelope.alpha and envelope.format != "JPEG":
        picture = _off_white(picture, envelope.alpha)
    if envelope.orientation in _UPRIGHT_TO_STORED:
        picture = picture.transpose(_UPRIGHT_TO_STORED[envelope.orientation])
    embedded = {"icc_profile": profile} if profile else {}
    options = envelope.compression | embedded | metadata
    return encode_within(picture, envelope.format, envelope.page_bytes, **options)


def _envelope(file: Image.Image, data: bytes, quality: Quality) -> Envelope:
    orientation = file.getexif().get(ORIENTATION, 1)
    metadata: dict[str, Any] = resolution(file) | {"exif": _exif(file, orientation, quality.format)}
    if xmp := file.info.get("xmp"):
        metadata["xmp"] = xmp
    alpha = None
    if file.has_transparency_data:
        # Pillow turns a TIFF upright by itself, but only when it is loaded: its orientation was read before that.
        alpha = ImageOps.exif_transpose(file.convert("RGBA")).getchannel("A")
    written = quality.format or _WRITTEN_FORMAT[file_format(file)]
    packed = compression(file, data, quality)
    return Envelope(written, orientation, alpha, rgb_profile(file), packed, quality.page_bytes, metadata)


def _exif(file: Image.Image, orientation: int, format: str | None) -> Image.Exif | bytes:
    if file.format == "TIFF":
        return tiff_exif(file.getexif())
    data = file.info.get("exif", b"")
    exif = Image.Exif()
    exif.load(data)
    if exif.get(ORIENTATION, 1) != orientation:
        # The orientation may be in XMP alone, which not every format can be written with.
        return _with_orientation(exif, orientation)
    # Each format has a prefix of its own before the same bytes.
    return data if format in (None, file_format(file)) else exif


def _with_orientation(exif: Image.Exif, orientation: int) -> Image.Exif:
    exif[ORIENTATION] = orientation
    return exif


def _off_white(picture: Image.Image, alpha: Image.Image) -> Image.Image:
    """Return the layer with this alpha channel that gives the picture when it lies over white."""
    over, share = np.asarray(picture, np.float32), np.asarray(alpha, np.float32)[..., None] / 255
    under = 255 - (255 - over) / np.maximum(share, 1 / 255)
    pixels = np.where(share == 1, over, under.clip(0, 255).round()).astype(np.uint8)
    layer = Image.fromarray(pixels)
    layer.putalpha(alpha)
    return layer
