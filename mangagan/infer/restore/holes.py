"""Where a picture is to be painted anew: a mask beside it, pixels of one color in it, or transparent ones."""

from __future__ import annotations

import io
import warnings

import numpy as np
from jaxtyping import Bool
from PIL import Image, ImageOps

from mangagan.images.decode import Unusable
from mangagan.images.picture import Picture, check_file

Hole = Bool[np.ndarray, "h w"]
COLORS = {"black": 0, "white": 255}


def colored_hole(picture: Picture, color: str) -> Hole:
    """The pixels of exactly one color of COLORS."""
    return (picture.pixels == COLORS[color]).all(-1)


def transparent_hole(picture: Picture) -> Hole:
    """The pixels that are wholly transparent. Raises Unusable where the file has no transparency."""
    if picture.alpha is None:
        raise Unusable("it says no hole: give --mask or --hole, or a picture with transparent pixels")
    return picture.alpha == 0


def masked_hole(picture: Picture, mask: bytes) -> Hole:
    """The white of a mask's file; its black and its transparent pixels are known.

    Raises Unusable for one of other size than the picture's, one that is huge or deep, or that cannot be decoded.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            file = Image.open(io.BytesIO(mask))
            check_file(file, mask)
            layer = ImageOps.exif_transpose(file).convert("RGBA")
            drawn = Image.alpha_composite(Image.new("RGBA", layer.size, "black"), layer).convert("L")
    except Unusable as error:
        raise Unusable(f"its mask: {error}") from error
    except Exception as error:  # a hostile file makes Pillow's decoders raise nearly anything
        raise Unusable(f"its mask cannot be decoded: {error}") from error
    height, width = picture.pixels.shape[:2]
    if drawn.size != (width, height):
        raise Unusable(f"its mask is {drawn.width} x {drawn.height}, the picture {width} x {height}")
    return np.asarray(drawn) >= 128
