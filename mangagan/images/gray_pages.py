"""Whether a picture is a black-and-white page, however its paper is tinted."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from PIL import Image

# A pixel is coloured from so many 8-bit levels of chroma (Cb, Cr) on, and a page from such a share of its pixels on.
_COLORED_CHROMA = 12.0
_COLORED_SHARE = 0.001


def is_gray(picture: Image.Image) -> bool:
    """Return whether a page is black and white, on tinted paper or with JPEG noise; one splash of colour is enough.

    The neutral axis of a page runs from its ink (darkest pixels) to its paper (brightest pixels). A page is grey where
    less than 0.1 % of its pixels lie 12 levels of chroma or more off that axis. Only warm tints count as paper.

    Args:
        picture: A page in 8-bit sRGB, mode L or RGB.
    """
    if picture.mode == "L":
        return True
    # At a quarter of the size, the coarse chroma of JPEG no longer bleeds over the edges of lines.
    small = picture.convert("RGB").reduce(max(4, max(picture.size) // 320))
    pixels = np.asarray(small.convert("YCbCr"), np.float32).reshape(-1, 3)
    light, chroma = pixels[:, 0], pixels[:, 1:] - 128
    dark, bright = np.quantile(light, [0.05, 0.8])
    white = float(np.median(light[light >= bright]))
    ink = _tint(chroma[light <= dark])
    paper = _tint(chroma[light >= bright]) if white > 128 else ink
    share = (light / max(white, 1.0)).clip(0, 1)[:, None]
    distance = np.hypot(*(chroma - ink * (1 - share) - paper * share).T)
    # JPEG smears the tint of paper over the ink: the stronger the tint, the larger its noise.
    noise = _COLORED_CHROMA + np.hypot(*(paper - ink)) / 4
    return bool(np.mean(distance > noise) < _COLORED_SHARE)


def _tint(chroma: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, " 2"]:
    """Return the median chroma if paper or faded ink can have it (towards yellow and brown), otherwise zero."""
    blue, red = np.median(chroma, axis=0)
    warm = -48 <= blue <= 0 and -10 <= red <= 24
    return np.array([blue, red] if warm else [0, 0], np.float32)
