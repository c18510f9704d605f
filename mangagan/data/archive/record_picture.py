"""Open the pictures of an archive's records."""

from __future__ import annotations

from PIL import Image

from mangagan.images.decode import opened_image
from mangagan.images.errors import UnusableFile


def record_picture(name: str, data: bytes) -> Image.Image:
    """Return a picture of a record, decoded.

    Args:
        name: The name of the record, for the message.
        data: The bytes of the picture.

    Raises:
        ValueError: The bytes are damaged: they were a sound picture when the archive was built.
    """
    try:
        with opened_image(data) as image:
            # Pillow decodes lazily, which would defeat whoever keeps the picture.
            image.load()
            return image
    except UnusableFile as error:
        raise ValueError(f"page {name} of its archive {error}: delete the archive, and it is built again") from error
