"""Decode image files of any kind, with checks of their size and soundness.

`decode_srgb` and `read_picture` give sRGB over white, for networks that look at pages. `decode_stored` gives the values
as the file stores them, for pictures that are written again in their own kind.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from mangagan.images.color_profiles import foreign_profile, to_srgb
from mangagan.images.completeness import check_png_rows, with_jpeg_end
from mangagan.images.encode import (
    LOSSLESS,
    ORIENTATION,
    Quality,
    compression,
    encode_png,
    file_format,
    resolution,
    tiff_exif,
)
from mangagan.images.errors import UnusableFile
from mangagan.images.file_kinds import HEAD_BYTES, picture_format
from mangagan.images.limits import MIN_SIDE, check_picture_size
from mangagan.images.picture import Picture

# All formats that are read, as Pillow names them. Pillow knows many more, and some of their decoders start programs.
FORMATS = ("JPEG", "MPO", "PNG", "WEBP", "AVIF", "TIFF", "BMP", "GIF", "JPEG2000")
# Restored pictures are meant to look like their source, so lossy formats are written well.
_STORED_QUALITY = Quality(95, 95, 95)
_STORED_MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA")
_BITS_PER_SAMPLE = 258  # a tag of TIFF


@contextmanager
def opened_image(data: bytes) -> Iterator[Image.Image]:
    """Open an image file, not decoded yet; an error of any kind within the context becomes `UnusableFile`.

    All pictures are opened here: a second list of decoders could read another picture from the same bytes.

    Args:
        data: The bytes of the file.

    Raises:
        UnusableFile: The file is empty, of another format than `FORMATS`, or cannot be decoded.
    """
    if not data:
        raise UnusableFile("the file is empty")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield Image.open(io.BytesIO(with_jpeg_end(data)), formats=_readable_formats())
    except UnusableFile:
        raise
    except UnidentifiedImageError as error:  # its own message names an address in memory
        raise UnusableFile(_unidentified(data)) from error
    except Exception as error:  # a hostile file makes Pillow's decoders raise nearly anything
        raise UnusableFile(f"cannot be decoded: {error}") from error


def _readable_formats() -> list[str]:
    """Return the formats that this build of Pillow can open, of those that are read."""
    Image.init()
    return [kind for kind in FORMATS if kind in Image.OPEN]


def _unidentified(data: bytes) -> str:
    kind = picture_format(data[:HEAD_BYTES])
    if kind is None:
        return "cannot be decoded: it is no picture, or its beginning is damaged"
    if kind in _readable_formats():
        return f"cannot be decoded: its {kind} data are damaged"
    return f"cannot be decoded: no decoder for {kind}; convert it to PNG or JPEG first"


def decode_srgb(data: bytes) -> Image.Image:
    """Decode a file to mode RGB or L: 8 bits, sRGB, upright, over white.

    Every pixel is decoded, so that a picture that comes back is whole.

    Raises:
        UnusableFile: The file is broken, truncated, empty, huge or tiny.
    """
    with opened_image(data) as image:
        picture = _upright_srgb(image)
        check_png_rows(data)
    return picture


def read_picture(data: bytes) -> tuple[Image.Image, bytes]:
    """Decode a file as `decode_srgb` does, and return bytes that hold the same picture.

    Returns:
        The picture and its bytes: those of the file if it is a plain RGB or grey JPEG or PNG, otherwise a new PNG.

    Raises:
        UnusableFile: The file is broken, truncated, empty, huge or tiny.
    """
    with opened_image(data) as image:
        picture = _upright_srgb(image)
        check_png_rows(data)
    return picture, data if _is_plain(image) else encode_png(picture)


def decode_stored(data: bytes) -> Picture:
    """Decode a file to the values that it stores.

    Raises:
        UnusableFile: The file is broken or huge, or cannot be written again in its own kind: GIF, CMYK and the like,
            more than 8 bits a channel, several frames.
    """
    with opened_image(data) as image:
        check_size_and_depth(image, data)
        _check_kind(image)
        image.load()
        check_png_rows(data)
        # Networks see what lies on its side upright, and so it is stored.
        return _stored_picture(image, ImageOps.exif_transpose(image), data)


def check_size_and_depth(image: Image.Image, data: bytes) -> None:
    """Check that a file has at most `MAX_PIXELS` pixels and 8 bits a channel.

    Args:
        image: As Pillow opened it, not decoded yet.
        data: The bytes of its file.

    Raises:
        UnusableFile: The file has more of either.
    """
    check_picture_size(*image.size)
    if _is_deep(image, data):
        raise UnusableFile(
            "it has more than 8 bits a channel; reduce it to 8 first (for example magick IN -depth 8 OUT)"
        )


def _upright_srgb(image: Image.Image) -> Image.Image:
    check_picture_size(*image.size, min_side=MIN_SIDE)
    image.load()
    upright = ImageOps.exif_transpose(image)
    return to_srgb(_over_white(_to_eight_bits(upright)), foreign_profile(image))


def _over_white(picture: Image.Image) -> Image.Image:
    if not picture.has_transparency_data:
        return picture
    gray = picture.mode in ("LA", "La", "L", "1")
    layer = picture.convert("RGBA")
    white = Image.new("RGBA", layer.size, "white")
    over = Image.alpha_composite(white, layer).convert("RGB")
    return over.getchannel("R") if gray else over


def _to_eight_bits(picture: Image.Image) -> Image.Image:
    if picture.mode in ("I", "F") or picture.mode.startswith("I;16"):
        values = np.asarray(picture)
        if values.min() < 0 or values.max() > 65535 or picture.mode == "F":
            raise UnusableFile(f"its pixels (mode {picture.mode}) are not 8-bit or 16-bit grey")
        # Pillow's own conversion clips at 255. 65535 / 255 is 257, and 128 rounds to the nearest level.
        return Image.fromarray(((values.astype(np.uint32) + 128) // 257).astype(np.uint8))
    return picture.convert("L") if picture.mode == "1" else picture


def _is_plain(image: Image.Image) -> bool:
    """Return whether the bytes of a file give the same picture to any reader."""
    return (
        image.format in ("JPEG", "PNG")
        and image.mode in ("RGB", "L")
        and image.getexif().get(ORIENTATION, 1) == 1
        and not image.has_transparency_data
        and foreign_profile(image) is None
    )


def _check_kind(image: Image.Image) -> None:
    """Refuse what a `Picture` would lose."""
    if file_format(image) not in LOSSLESS:
        raise UnusableFile(f"{image.format} cannot be written; convert it to one of {', '.join(LOSSLESS)} first")
    if image.format != "MPO" and getattr(image, "n_frames", 1) > 1:
        raise UnusableFile(f"it has {image.n_frames} frames, and only single pictures are restored")  # type: ignore[attr-defined]
    if image.mode not in _STORED_MODES:
        raise UnusableFile(f"its colours are {image.mode}; convert it to RGB or grey first")


def _is_deep(image: Image.Image, data: bytes) -> bool:
    if image.format == "PNG":
        # The depth in its header, because Pillow silently reduces 16-bit RGB.
        return data[24] > 8
    if image.format == "TIFF":
        return max(image.tag_v2.get(_BITS_PER_SAMPLE, (1,))) > 8  # type: ignore[attr-defined]
    return image.mode in ("I", "F") or image.mode.startswith("I;16")


def _stored_picture(image: Image.Image, upright: Image.Image, data: bytes) -> Picture:
    if upright.has_transparency_data:
        layers = np.asarray(upright.convert("RGBA"))
        pixels, alpha = layers[..., :3], layers[..., 3]
    else:
        pixels, alpha = np.asarray(upright.convert("RGB")), None
    # Scans are often stored with a palette of greys.
    paletted = upright.mode in ("P", "PA")
    gray = bool((pixels == pixels[..., :1]).all()) if paletted else upright.mode in ("1", "L", "LA")
    return Picture(pixels, alpha, gray, file_format(image), _save_options(image, upright, data))


def _save_options(image: Image.Image, upright: Image.Image, data: bytes) -> dict[str, Any]:
    kept = {name: upright.info[name] for name in ("icc_profile", "exif") if upright.info.get(name)}
    if image.format == "TIFF":
        kept["exif"] = tiff_exif(image.getexif())
    return kept | resolution(upright) | compression(image, data, _STORED_QUALITY)
