"""A picture with all that its file must keep: pixels, alpha, format, profile, EXIF and resolution."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from mangagan.images.encode import LOSSLESS, Quality, default_compression, encode
from mangagan.images.errors import UnusableFile

Pixels = UInt8[np.ndarray, "h w 3"]


@dataclass(frozen=True)
class Picture:
    """A picture as its file stores it, upright, and how it is stored; a grey one has three equal channels."""

    pixels: Pixels  # in the file's own colour space
    alpha: UInt8[np.ndarray, "h w"] | None  # None: opaque
    gray: bool
    format: str  # as Pillow names it
    options: Mapping[str, Any]  # of Pillow's save: quality, profile, EXIF, resolution

    @property
    def lossless(self) -> bool:
        """Whether the file returns the pixels that were written."""
        return LOSSLESS.get(self.format, True) or self.options.get("lossless", False)

    def with_pixels(self, pixels: Pixels, alpha: UInt8[np.ndarray, "h w"] | None) -> Picture:
        """Return other pixels of the same size in the same kind of file.

        Args:
            pixels: 8-bit values in the colour space of the file.
            alpha: 0 for transparent to 255 for opaque; None for a file without transparency.
        """
        return replace(self, pixels=pixels, alpha=alpha)

    def converted(self, quality: Quality) -> Picture:
        """Return the same picture for a file of the format of `quality`, with its metadata."""
        format = quality.format or self.format
        if format == self.format:
            return self
        metadata = {name: self.options[name] for name in ("icc_profile", "exif", "dpi") if name in self.options}
        # JPEG has no transparency.
        alpha = None if format == "JPEG" else self.alpha
        return replace(self, format=format, alpha=alpha, options=metadata | default_compression(format, quality))

    def encode(self) -> bytes:
        """Return the bytes of the file. Grey pictures are stored grey, by their luminance (ITU-R BT.601).

        Raises:
            UnusableFile: The metadata of the source cannot be written again.
        """
        image = Image.fromarray(self.pixels)
        if self.gray:
            image = image.convert("L")
        if self.alpha is not None:
            image.putalpha(Image.fromarray(self.alpha))
        try:
            return encode(image, self.format, **self.options)
        except Exception as error:  # Pillow refuses odd metadata with errors of many classes
            raise UnusableFile(f"cannot be encoded as {self.format}: {error}") from error
