"""The ink of a page: what of it stands over the colours, pixel by pixel."""

from __future__ import annotations

from typing import Literal

import numpy as np
from jaxtyping import Float, UInt8
from scipy import ndimage

from mangagan.color import LUMINANCE

Ink = Literal["auto", "exact", "soft", "off"]
AnyPage = UInt8[np.ndarray, "h w"] | UInt8[np.ndarray, "h w 3"]

# The sRGB values of CIE L 25, below which all is ink, and of L 40, above which nothing is ink alone.
_BLACK, _FREE = 0.2309, 0.3677
# No more than the first above a page's darkest pixels is solid black; brightness that spans less than the second over
# three pixels is even; ...
_SOLID, _EVEN = 0.1, 0.06
# ... and of what is dark on a painted page, so much is even and not black. On drawn ones nearly all of it is edges.
_PAINTED = 0.12


def brightness(page: AnyPage) -> Float[np.ndarray, "h w"]:
    """Luminance (ITU-R 601) of a page [h w] or [h w 3] of 8-bit sRGB, as sRGB values in [0, 1]."""
    values = page.astype(np.float32) / np.float32(255)
    return values if page.ndim == 2 else values @ LUMINANCE


def ink_share(gray: Float[np.ndarray, "h w"]) -> Float[np.ndarray, "h w"]:
    """How far each pixel is ink and nothing else: 1 below CIE L 25, 0 from L 40 on."""
    rise = np.clip((gray - _BLACK) / (_FREE - _BLACK), 0, 1)
    return 1 - rise * rise * (3 - 2 * rise)


def is_painted(gray: Float[np.ndarray, "h w"]) -> bool:
    """Whether a page in [0, 1] is painted in greys, its shadows too, rather than drawn in ink and screentones."""
    dark, black = gray < _FREE, np.quantile(gray[::2, ::2], 0.002) + _SOLID
    span = ndimage.maximum_filter(gray, 3, mode="nearest") - ndimage.minimum_filter(gray, 3, mode="nearest")
    shadow = dark & (gray > black) & (span < _EVEN)
    return bool(shadow.sum() > _PAINTED * dark.sum())
