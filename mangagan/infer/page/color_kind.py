"""Whether a page is already in colour: one ink on one paper is not, whatever their hues, nor is one spot colour."""

from __future__ import annotations

from typing import Literal

import numpy as np
from jaxtyping import Bool, Float, UInt8
from PIL import Image
from scipy import ndimage

from mangagan.color import srgb_to_lab
from mangagan.infer.page.ink import AnyPage
from mangagan.infer.page.ink_line import Chroma, InkLine, ink_line
from mangagan.infer.page.settings import PAGE

ColorKind = Literal["gray", "spot", "color"]
Mask = Bool[np.ndarray, "h w"]

_SETTINGS = PAGE.color_kind


def page_kind(page: AnyPage) -> ColorKind:
    """Return the kind of a page: "gray", "spot" (one ink and one spot colour) or "color".

    The colours of one ink on one paper lie on a line (`ink_line`): yellowed and faded pages are "gray", and so is
    purple ink on pink paper, with the noise of JPEG and of scanners as well. A page whose chroma is off that line is in
    colour, however weak it is. A page printed in black and a second ink, or with a coloured stamp, is "spot": it is
    still to be coloured, but its spots stay (see `spot_share`).

    Args:
        page: 8-bit sRGB [h w] or [h w 3].
    """
    if page.ndim == 2:
        return "gray"
    small = _reduced(page)
    lab, line = srgb_to_lab(small), ink_line(small)
    off = line.off(lab)
    distance = _length(ndimage.uniform_filter(off, (_SETTINGS.speck, _SETTINGS.speck, 0)))
    printed = lab[..., 0] < line.paper - _SETTINGS.printed_range
    colored = distance > _least_colored(line)
    if colored.mean() < _SETTINGS.smallest_spot:
        return "color" if _is_muted(off, printed, colored, line, _SETTINGS.smeared_chroma) else "gray"
    spot = float(colored.sum() / max(printed.sum(), 1))
    hue, purity = _main_hue(off[colored])
    pure = purity >= _SETTINGS.hue_purity
    if spot > _SETTINGS.largest_spot or not (pure or spot < _SETTINGS.mark_share):
        return "color"
    rest = _off_hue(off, hue) if pure else off
    return "color" if _is_muted(rest, printed, colored, line, _SETTINGS.spot_smeared) else "spot"


def spot_share(page: UInt8[np.ndarray, "h w 3"]) -> Float[np.ndarray, "h w"]:
    """Return how far each pixel of a page of kind "spot" has its spot colour, which stays, from 0 to 1.

    Args:
        page: 8-bit sRGB.
    """
    line = ink_line(_reduced(page))
    least = _least_colored(line)
    distance = _length(line.off(srgb_to_lab(page.astype(np.float32) / 255)))
    return np.clip((distance - least) / least, 0, 1).astype(np.float32)


def _reduced(page: UInt8[np.ndarray, "h w 3"]) -> Float[np.ndarray, "h w 3"]:
    image = Image.fromarray(page)
    small = image.reduce(max(1, max(image.size) // _SETTINGS.side))
    return np.asarray(small, np.float32) / 255


def _least_colored(line: InkLine) -> float:
    # JPEG smears the chroma of ink and paper into each other, so that more is needed where they differ.
    return _SETTINGS.colored_chroma + _SETTINGS.colored_share * line.chroma


def _is_muted(off: Chroma, printed: Mask, colored: Mask, line: InkLine, most_smeared: float) -> bool:
    """Return whether what is printed has chroma off the line that is more than noise, without what is coloured."""
    seen = ~ndimage.binary_dilation(colored, iterations=_SETTINGS.rim)
    if not (printed & seen).any():
        return False
    size = _SETTINGS.smoothing
    area = np.maximum(ndimage.uniform_filter(seen.astype(float), size), 1 / size**2)[..., None]
    mean = ndimage.uniform_filter(np.where(seen[..., None], off, 0), (size, size, 0)) / area
    # JPEG smears the chroma of ink and paper into each other, which leaves it in the plane of their line.
    smeared = min(line.chroma, most_smeared)
    along = (mean @ line.direction)[..., None] * line.direction
    distance = _length(mean - along + along / (1 + _SETTINGS.plane_share * smeared))[printed & seen]
    noise = _SETTINGS.noise * (1 + _SETTINGS.noise_share * smeared)
    return bool(np.quantile(distance, _SETTINGS.quantile) > noise)


def _main_hue(off: Float[np.ndarray, "n 2"]) -> tuple[Float[np.ndarray, " 2"], float]:
    """Return the mean direction of the fullest range of hues, and the share of the chroma that lies within it."""
    hue = (np.degrees(np.arctan2(off[:, 1], off[:, 0])) % 360).astype(int)
    weight = np.bincount(hue, _length(off), minlength=360)
    hues = _SETTINGS.hue_range
    # The range may lie across 0 degrees, so the first hues are repeated after the last.
    sums = np.convolve(np.r_[weight, weight[:hues]], np.ones(hues), "valid")
    mean = off[(hue - sums.argmax()) % 360 < hues].sum(axis=0)
    return mean / max(float(np.hypot(*mean)), 1e-9), float(sums.max() / max(weight.sum(), 1e-9))


def _off_hue(off: Chroma, hue: Float[np.ndarray, " 2"]) -> Chroma:
    """Return the chroma without what has nearly a hue: the tones of a spot colour, on ink and on paper."""
    nearly = off @ hue >= np.cos(np.radians(_SETTINGS.tone_hues)) * _length(off)
    return np.where(nearly[..., None], 0, off)


def _length(chroma: Float[np.ndarray, "*shape 2"]) -> Float[np.ndarray, "*shape"]:
    return np.hypot(chroma[..., 0], chroma[..., 1])
