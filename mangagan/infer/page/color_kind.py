"""Whether a page is already in colour: yellowed paper is not, nor is one spot colour on black and white."""

from __future__ import annotations

from typing import Literal

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image

from mangagan.color import srgb_to_lab
from mangagan.images.gray_pages import is_gray
from mangagan.infer.page.ink import AnyPage
from mangagan.infer.page.settings import PAGE

ColorKind = Literal["gray", "spot", "color"]

_SETTINGS = PAGE.color_kind


def page_kind(page: AnyPage) -> ColorKind:
    """Return the kind of a page: "gray", "spot" (black and one spot colour) or "color".

    A page printed in black and a second ink, or with a coloured stamp, is "spot": it is still to be coloured, but its
    spots stay (see `spot_share`). Yellowed and faded pages are "gray", with the noise of JPEG as well. A nearly blank
    page with little on it except one colour is "color".

    Args:
        page: 8-bit sRGB [h w] or [h w 3].
    """
    if page.ndim == 2 or is_gray(Image.fromarray(page)):
        return "gray"
    image = Image.fromarray(page)
    lab = _lab_relative_to_paper(np.asarray(image.reduce(max(1, max(image.size) // _SETTINGS.side))))
    chroma = np.hypot(lab[..., 1], lab[..., 2])
    colored = chroma > _SETTINGS.colored_chroma
    printed = lab[..., 0] < _SETTINGS.printed_lightness
    shaded = printed & (lab[..., 0] > _SETTINGS.ink_lightness)
    two_tone = (chroma < _SETTINGS.neutral_chroma) | colored
    two_tone_share = float(two_tone[shaded].mean()) if shaded.any() else 1.0
    spot = float(colored.sum() / max(printed.sum(), 1))
    if two_tone_share < _SETTINGS.two_tone_share or spot > _SETTINGS.largest_spot:
        return "color"
    if colored.mean() < _SETTINGS.smallest_spot:
        return "gray"
    if spot < _SETTINGS.mark_share or _hue_purity(lab[colored], chroma[colored]) >= _SETTINGS.hue_purity:
        return "spot"
    return "color"


def spot_share(page: UInt8[np.ndarray, "h w 3"]) -> Float[np.ndarray, "h w"]:
    """Return how far each pixel of a page of kind "spot" has its spot colour, which stays, from 0 to 1.

    Args:
        page: 8-bit sRGB.
    """
    lab = _lab_relative_to_paper(page)
    chroma = np.hypot(lab[..., 1], lab[..., 2])
    return np.clip((chroma - _SETTINGS.colored_chroma) / _SETTINGS.colored_chroma, 0, 1)


def _lab_relative_to_paper(page: np.ndarray) -> Float[np.ndarray, "h w 3"]:
    """Return CIE Lab of a page [h w 3] whose paper counts as white."""
    values = page.astype(np.float32) / 255
    light = values.mean(-1)
    bright = light >= np.quantile(light[::4, ::4], _SETTINGS.paper_quantile)
    white = np.maximum(np.median(values[bright], axis=0), _SETTINGS.darkest_paper)
    return srgb_to_lab(np.clip(values / white, 0, 1))


def _hue_purity(lab: Float[np.ndarray, "n 3"], chroma: Float[np.ndarray, " n"]) -> float:
    """Return the share of the chroma that lies within the fullest range of hues."""
    hue = (np.degrees(np.arctan2(lab[:, 2], lab[:, 1])) % 360).astype(int)
    weight = np.bincount(hue, chroma, minlength=360)
    hues = _SETTINGS.hue_range
    # The range may lie across 0 degrees, so the first hues are repeated after the last.
    return float(np.convolve(np.r_[weight, weight[:hues]], np.ones(hues), "valid").max() / weight.sum())
