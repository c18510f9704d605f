"""The ink of a page: what stays on top of the colours, pixel by pixel."""

from __future__ import annotations

from typing import Literal

import numpy as np
from jaxtyping import Float, UInt8
from scipy import ndimage

from mangagan.color import LUMINANCE
from mangagan.infer.page.settings import PAGE

Ink = Literal["auto", "exact", "soft", "off"]
AnyPage = UInt8[np.ndarray, "h w"] | UInt8[np.ndarray, "h w 3"]

_SETTINGS = PAGE.ink


def brightness(page: AnyPage) -> Float[np.ndarray, "h w"]:
    """Return the luminance (ITU-R BT.601) of a page, as sRGB values in [0, 1].

    Args:
        page: 8-bit sRGB [h w] or [h w 3].
    """
    values = page.astype(np.float32) / np.float32(255)
    return values if page.ndim == 2 else values @ LUMINANCE


def ink_share(gray: Float[np.ndarray, "h w"]) -> Float[np.ndarray, "h w"]:
    """Return how far each pixel is ink and nothing else: 1 below CIE L 25, 0 from L 40 on.

    Args:
        gray: Brightness in [0, 1].
    """
    rise = np.clip((gray - _SETTINGS.black) / (_SETTINGS.free - _SETTINGS.black), 0, 1)
    # A smooth step, so that no contour shows where ink begins.
    return 1 - rise * rise * (3 - 2 * rise)


def is_painted(gray: Float[np.ndarray, "h w"]) -> bool:
    """Return whether a page is painted in greys, its shadows included, rather than drawn in ink and screentones.

    On drawn pages nearly all that is dark is either solid black or the edge of a line.

    Args:
        gray: Brightness in [0, 1].
    """
    dark, black = gray < _SETTINGS.free, np.quantile(gray[::2, ::2], _SETTINGS.darkest_quantile) + _SETTINGS.solid_range
    span = ndimage.maximum_filter(gray, 3, mode="nearest") - ndimage.minimum_filter(gray, 3, mode="nearest")
    shadow = dark & (gray > black) & (span < _SETTINGS.even_range)
    return bool(shadow.sum() > _SETTINGS.painted_share * dark.sum())
