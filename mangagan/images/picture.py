"""Picture files read with all that has to come back: pixels, alpha, mode, format, profile, EXIF, resolution."""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageOps

from mangagan.images.decode import MAX_PIXELS, Unusable
from mangagan.images.encode import LOSSLESS, Quality, coding, file_format, resolution, tiff_exif

Pixels = UInt8[np.ndarray, "h w 3"]
_QUALITY = Quality(95, 95, 95)
_BITS_PER_SAMPLE = 258
_MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA")


@dataclass(frozen=True)
class Picture:
    """A picture as its file stores it, upright, and how it is stored; a grey one has three equal channels."""

    pixels: Pixels
    alpha: UInt8[np.ndarray, "h w"] | None  # None: opaque
    gray: bool
    format: str  # as Pillow names it
    options: Mapping[str, Any]  # of Pillow's save: quality, profile, EXIF, resolution

    @property
    def lossless(self) -> bool:
        """Whether pixels come back from the file as they were written."""
        return LOSSLESS[self.format] or self.options.get("lossless", False)

    def with_pixels(self, pixels: Pixels, alpha: UInt8[np.ndarray, "h w"] | None) -> Picture:
        """Other pixels of the same size in the same kind of file."""
        return replace(self, pixels=pixels, alpha=alpha)

    def encoded(self) -> bytes:
        """The file's bytes. Grey pictures are stored grey, by their luminance (ITU-R 601). Raises Unusable."""
        image = Image.fromarray(self.pixels)
        if self.gray:
            image = image.convert("L")
        if self.alpha is not None:
            image.putalpha(Image.fromarray(self.alpha))
        buffer = io.BytesIO()
        try:
            image.save(buffer, self.format, **self.options)
        except Exception as error:  # what a file brings along may be nothing that Pillow can write
            raise Unusable(f"cannot be encoded as {self.format}: {error}") from error
        return buffer.getvalue()


def decode(data: bytes) -> Picture:
    """A file's picture. Raises Unusable for one that is broken or huge, or that cannot be given back in its own kind:
    more than 8 bits a channel, several frames, CMYK or the like, GIF.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = Image.open(io.BytesIO(data))
            check_file(image, data)
            _check_kind(image)
            image.load()
            # What is on its side is shown to the network upright, and stored so.
            return _picture(image, ImageOps.exif_transpose(image), data)
    except Unusable:
        raise
    except Exception as error:  # a hostile file makes Pillow's decoders raise nearly anything
        raise Unusable(f"cannot be decoded: {error}" if data else "the file is empty") from error


def check_file(image: Image.Image, data: bytes) -> None:
    """Raises Unusable for an opened file, not decoded yet, with more than MAX_PIXELS or 8 bits a channel."""
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise Unusable(f"{width} x {height} is more than {MAX_PIXELS // 1_000_000} megapixels")
    if _is_deep(image, data):
        raise Unusable("it has more than 8 bits a channel; reduce it to 8 first (for example magick IN -depth 8 OUT)")


def _check_kind(image: Image.Image) -> None:
    """Raises Unusable where a picture would lose what this file holds."""
    if file_format(image) not in LOSSLESS:
        raise Unusable(f"{image.format} is not written; make it one of {', '.join(LOSSLESS)} first")
    if image.format != "MPO" and getattr(image, "n_frames", 1) > 1:
        raise Unusable(f"it has {image.n_frames} frames, and only single pictures are restored")  # type: ignore[attr-defined]
    if image.mode not in _MODES:
        raise Unusable(f"its colors are {image.mode}; make it RGB or grey first")


def _is_deep(image: Image.Image, data: bytes) -> bool:
    if image.format == "PNG":
        return data[24] > 8  # the depth in its header: Pillow reduces 16-bit RGB without a word
    if image.format == "TIFF":
        return max(image.tag_v2.get(_BITS_PER_SAMPLE, (1,))) > 8  # type: ignore[attr-defined]
    return image.mode in ("I", "F") or image.mode.startswith("I;16")


def _picture(image: Image.Image, upright: Image.Image, data: bytes) -> Picture:
    if upright.has_transparency_data:
        layers = np.asarray(upright.convert("RGBA"))
        pixels, alpha = layers[..., :3], layers[..., 3]
    else:
        pixels, alpha = np.asarray(upright.convert("RGB")), None
    # Scans are often stored with a palette of greys.
    paletted = upright.mode in ("P", "PA")
    gray = bool((pixels == pixels[..., :1]).all()) if paletted else upright.mode in ("1", "L", "LA")
    return Picture(pixels, alpha, gray, file_format(image), _options(image, upright, data))


def _options(image: Image.Image, upright: Image.Image, data: bytes) -> dict[str, Any]:
    kept = {name: upright.info[name] for name in ("icc_profile", "exif") if upright.info.get(name)}
    if image.format == "TIFF":
        kept["exif"] = tiff_exif(image.getexif())
    return kept | resolution(upright) | coding(image, data, _QUALITY)
