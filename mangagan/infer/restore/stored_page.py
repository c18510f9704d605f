"""What restorers share: pages keep the values, the mode and the profile of their files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from mangagan.images.decode import decode_stored
from mangagan.images.encode import Quality, encode
from mangagan.images.errors import UnusableFile
from mangagan.images.limits import Limits
from mangagan.images.picture import Picture, Pixels

# A picture for the library: a path, a PIL image, or an array [h w] or [h w 3] of 8 bits.
AnyPicture = str | Path | Image.Image | np.ndarray


class StoredPages:
    """Decodes and encodes the pages of a volume for a restorer (see `VolumeProcessor`)."""

    def decode(self, data: bytes, limits: Limits, quality: Quality) -> tuple[Pixels, Picture]:
        """Return a page's pixels as they are stored, and the picture that they are from."""
        picture = decode_stored(data)
        return picture.pixels, picture.converted(quality) if quality.format else picture

    def encode(self, pixels: Pixels, picture: Picture) -> bytes:
        """Return the file of a page with restored pixels."""
        return picture.with_pixels(pixels, picture.alpha).encode()


def open_picture(picture: AnyPicture) -> Picture:
    """Return a picture of the library's user with all that its file stores.

    Args:
        picture: A path, a PIL image, or an array of 8 bits.

    Raises:
        ValueError: There is no such file, or it cannot be restored.
    """
    if isinstance(picture, (str, Path)):
        file = Path(picture).expanduser()
        if not file.is_file():
            raise ValueError(f"there is no file {file}")
        name, data = file.name, file.read_bytes()
    else:
        image = Image.fromarray(picture) if isinstance(picture, np.ndarray) else picture
        name, data = "picture", encode(image, "PNG", compress_level=0)
    try:
        return decode_stored(data)
    except UnusableFile as error:
        raise ValueError(f"{name}: {error}") from error


def to_image(pixels: Pixels, picture: Picture) -> Image.Image:
    """Return restored pixels as a PIL image of the source's kind: grey or RGB, with its alpha channel.

    Args:
        pixels: 8-bit values in the colour space of the source.
        picture: The source.
    """
    image: Any = Image.fromarray(pixels)
    if picture.gray:
        image = image.convert("L")
    if picture.alpha is not None:
        image.putalpha(Image.fromarray(picture.alpha))
    return image
