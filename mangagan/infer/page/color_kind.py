"""Whether a page is in colour already: not so on yellowed paper, nor with one spot colour on black and white."""

from __future__ import annotations

from typing import Literal

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image

from mangagan.color import srgb_to_lab
from mangagan.images.decode import is_gray
from mangagan.infer.page.ink import AnyPage

Kind = Literal["gray", "spot", "color"]

# Chroma in Lab, off the paper's own: below it a pixel is neutral, above it colored. A page in colour has much between.
_NEUTRAL, _COLORED = 5.0, 14.0
# Beside a spot all is neutral, and the spot is no more than so much of what is printed on the page, ...
_EVEN, _SPOT_SHARE = 0.85, 0.45
# ... nearly all of it within so many degrees of hue; a small mark (a stamp, a publisher's) may be of any.
_SPOT_HUES, _SPOT_PURITY, _MARK_SHARE = 50, 0.9, 0.05


def page_kind(page: AnyPage) -> Kind:
    """What a page [h w] or [h w 3] of 8-bit sRGB is: "gray", "spot" (black and one spot colour), or "color".

    A page printed in black and a second ink, or with a coloured stamp, is "spot": it is still to be colored, its spots
    stay (see `spot_share`). Yellowed and faded pages are "gray", with JPEG's noise. A nearly blank page with little on
    it but one colour is "color".
    """
    if page.ndim == 2 or is_gray(Image.fromarray(page)):
        return "gray"
    image = Image.fromarray(page)
    lab = _off_paper(np.asarray(image.reduce(max(1, max(image.size) // 350))))
    chroma = np.hypot(lab[..., 1], lab[..., 2])
    colored = chroma > _COLORED
    printed = lab[..., 0] < 95
    # Ink has no chroma to speak of in any page: it says nothing.
    shaded = printed & (lab[..., 0] > 12)
    even = float(((chroma < _NEUTRAL) | colored)[shaded].mean()) if shaded.any() else 1.0
    share = float(colored.sum() / max(printed.sum(), 1))
    if even < _EVEN or share > _SPOT_SHARE:
        return "color"
    if colored.mean() < 0.0005:
        return "gray"
    return "spot" if share < _MARK_SHARE or _purity(lab[colored], chroma[colored]) >= _SPOT_PURITY else "color"


def spot_share(page: UInt8[np.ndarray, "h w 3"]) -> Float[np.ndarray, "h w"]:
    """How far each pixel of a page [h w 3] of kind "spot" is its spot colour, which stays, from 0 to 1."""
    lab = _off_paper(page)
    return np.clip((np.hypot(lab[..., 1], lab[..., 2]) - _COLORED) / _COLORED, 0, 1)


def _off_paper(page: np.ndarray) -> Float[np.ndarray, "h w 3"]:
    """Lab of a page [h w 3] seen with its paper as white."""
    values = page.astype(np.float32) / 255
    light = values.mean(-1)
    bright = light >= np.quantile(light[::4, ::4], 0.8)
    white = np.maximum(np.median(values[bright], axis=0), 0.3)
    return srgb_to_lab(np.clip(values / white, 0, 1))


def _purity(lab: Float[np.ndarray, "n 3"], chroma: Float[np.ndarray, " n"]) -> float:
    """The share of the chroma that lies within the fullest range of hues."""
    hue = (np.degrees(np.arctan2(lab[:, 2], lab[:, 1])) % 360).astype(int)
    weight = np.bincount(hue, chroma, minlength=360)
    return float(np.convolve(np.r_[weight, weight[:_SPOT_HUES]], np.ones(_SPOT_HUES), "valid").max() / weight.sum())
