"""A page's file as pixels to colour, and coloured pixels as a file of the same kind, with its profile, EXIF and DPI."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from mangagan.images.color_profiles import from_srgb, rgb_profile
from mangagan.images.decode import ORIENTATION, Unusable, decoded
from mangagan.images.encode import LOSSLESS, Quality, coding, file_format, resolution, tiff_exif
from mangagan.images.limits import Limits, check_page_size
from mangagan.images.picture import Pixels

# What is written where a file of this kind was read. GIF has too few colours.
_WRITTEN = {kind: kind for kind in (*LOSSLESS, "JPEG2000")} | {"GIF": "PNG"}
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
    """All that a page's file has beside its colours."""

    kind: str
    orientation: int
    alpha: Image.Image | None  # upright
    profile: bytes  # of RGB; b"" for sRGB that is not named
    coding: dict[str, Any]  # of Pillow's save: compression and quality, and what the file says of the page
    metadata: dict[str, Any]


def read_page(data: bytes, limits: Limits, quality: Quality) -> tuple[Pixels, Envelope]:
    """A file's page (8 bits, sRGB, upright, over white), and its envelope; `quality` if it is lossy.

    Raises Unusable for a file that is broken, has too many pixels or several pictures, or is of another format.
    """
    if not data:
        raise Unusable("the file is empty")
    try:
        # An MPO is found where JPEG is looked for.
        with Image.open(io.BytesIO(data), formats=_readable()) as file:
            check_page_size(*file.size, limits)
            if file.format != "MPO" and getattr(file, "is_animated", False):
                raise Unusable("the file holds several pictures, of which only one could be kept")
            envelope = _envelope(file, data, quality)
    except Unusable:
        raise
    except Exception as error:  # a hostile file makes Pillow's decoders raise nearly anything
        raise Unusable(f"cannot be decoded: {error}") from error
    return np.asarray(decoded(data).convert("RGB")), envelope


def _readable() -> list[str]:
    """The formats that this Pillow was built with, of those that can be written again."""
    Image.init()
    return [kind for kind in _WRITTEN if kind in Image.OPEN]


def write_page(pixels: Pixels, envelope: Envelope) -> bytes:
    """A coloured page as a file in the envelope of its source; RGB or RGBA whatever the source was.

    Metadata that cannot be written again are left out rather than the page, and so is a profile, whose colours are
    then those of sRGB.
    """
    # Without its orientation the page would lie on its side.
    least = {"exif": _oriented(Image.Exif(), envelope.orientation)}
    for metadata in (envelope.metadata, least):
        try:
            return _written(pixels, envelope, envelope.profile, metadata)
        except Exception:  # an EXIF block that Pillow reads but refuses to write
            continue
    return _written(pixels, envelope, b"", least)


def _written(pixels: Pixels, envelope: Envelope, profile: bytes, metadata: dict[str, Any]) -> bytes:
    picture = Image.fromarray(pixels)
    if profile:
        picture = from_srgb(picture, profile)
    if envelope.alpha:
        picture = _off_white(picture, envelope.alpha)
    if envelope.orientation in _UPRIGHT_TO_STORED:
        picture = picture.transpose(_UPRIGHT_TO_STORED[envelope.orientation])
    named = {"icc_profile": profile} if profile else {}
    file = io.BytesIO()
    picture.save(file, envelope.kind, **envelope.coding, **named, **metadata)
    return file.getvalue()


def _envelope(file: Image.Image, data: bytes, quality: Quality) -> Envelope:
    orientation = file.getexif().get(ORIENTATION, 1)
    metadata: dict[str, Any] = resolution(file) | {"exif": _exif(file, orientation)}
    if xmp := file.info.get("xmp"):
        metadata["xmp"] = xmp
    alpha = None
    if file.has_transparency_data:
        # Pillow itself turns a TIFF upright, but when it is loaded: only before, its orientation is there.
        alpha = ImageOps.exif_transpose(file.convert("RGBA")).getchannel("A")
    kind = _WRITTEN[file_format(file)]
    return Envelope(kind, orientation, alpha, rgb_profile(file), coding(file, data, quality), metadata)


def _exif(file: Image.Image, orientation: int) -> Image.Exif | bytes:
    if file.format == "TIFF":
        return tiff_exif(file.getexif())
    data = file.info.get("exif", b"")
    exif = Image.Exif()
    exif.load(data)
    # An orientation may stand in XMP alone, which not every format can be written with.
    return data if exif.get(ORIENTATION, 1) == orientation else _oriented(exif, orientation)


def _oriented(exif: Image.Exif, orientation: int) -> Image.Exif:
    exif[ORIENTATION] = orientation
    return exif


def _off_white(picture: Image.Image, alpha: Image.Image) -> Image.Image:
    """The picture that lies over white as the given one does, through an alpha channel."""
    over, share = np.asarray(picture, np.float32), np.asarray(alpha, np.float32)[..., None] / 255
    under = 255 - (255 - over) / np.maximum(share, 1 / 255)
    pixels = np.where(share == 1, over, under.clip(0, 255).round()).astype(np.uint8)
    layer = Image.fromarray(pixels)
    layer.putalpha(alpha)
    return layer
