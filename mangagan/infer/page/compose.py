"""A page in colour: colours that a network predicted at its working size, under the ink of the page at full size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image

from mangagan.infer.page.analysis import PageAnalysis
from mangagan.infer.page.color_kind import spot_share
from mangagan.infer.page.guided_upsample import edge_confidence, guided_upsample, resize_planes
from mangagan.infer.page.ink import Ink, ink_share, is_painted
from mangagan.infer.page.paper_mask import paper_mask
from mangagan.infer.page.settings import PAGE

_SETTINGS = PAGE.compose


@dataclass(frozen=True)
class Compositing:
    """What of a page is kept in its coloured copy. A spot colour stays whatever the ink.

    ink: "exact" leaves pixels darker than CIE L 25 as they are; "soft" lets them take the hue of the prediction;
    "auto" is soft on pages that are painted in greys and exact on all others; "off" gives the enlarged prediction
    alone. protect: whether speech balloons, lettering and gutters stay paper.

    Raises:
        ValueError: `ink` is none of these words.
    """

    ink: Ink = "auto"
    protect: bool = True

    def __post_init__(self) -> None:
        if self.ink not in get_args(Ink):
            raise ValueError(f"ink is {self.ink!r}; choose one of {', '.join(get_args(Ink))}")


def compose(
    analysis: PageAnalysis, predicted: Float[np.ndarray, "H W 3"], settings: Compositing = Compositing()
) -> UInt8[np.ndarray, "h w 3"]:
    """Return the page in the predicted colours, 8-bit sRGB.

    The colour under the ink is the prediction divided by the brightness of the page at the same small size; on the
    page it is multiplied by the brightness of each pixel. Even paper thus shows the predicted colour itself, whatever
    its lightness, and lines and shades are those of the page. So are the dots of screentones: they are never reduced,
    and the colour between them is as much lighter as they are dark.

    Args:
        analysis: Of the page [h w] or [h w 3].
        predicted: sRGB in [-1, 1] of the whole page, of any size.
        settings: What of the page is kept.

    Raises:
        ValueError: The prediction has another shape or is not finite.
    """
    _check_prediction(predicted)
    color = (np.asarray(predicted, np.float32) + 1) / 2
    if settings.ink == "off":
        result = guided_upsample(color, edge_confidence(analysis.even, *color.shape[:2]), analysis.even)
    else:
        result = _color_under_ink(color, analysis.even, analysis.gray)
    if settings.ink == "exact" or (settings.ink == "auto" and not is_painted(analysis.gray)):
        result = _blend(result, analysis.page, ink_share(analysis.gray))
    if analysis.kind == "spot":
        result = _blend(result, analysis.page, spot_share(analysis.page))
    if settings.protect:
        result = _blend(result, np.round(analysis.gray * 255), paper_mask(analysis.gray, analysis.pitch))
    return _eight_bits(result)


def _color_under_ink(
    color: Float[np.ndarray, "H W 3"], even: Float[np.ndarray, "h w"], gray: Float[np.ndarray, "h w"]
) -> Float[np.ndarray, "h w 3"]:
    """Return the predicted colours at the size of the page, times its brightness over the mean around each pixel."""
    height, width = color.shape[:2]
    # Reduced from the page without screentones, which would make moiré.
    mean = resize_planes(even[..., None], height, width, Image.Resampling.BILINEAR)
    weight = edge_confidence(even, height, width)
    # Colour and mean pass through the same filter, so that their ratio is free of its errors.
    parts = guided_upsample(np.concatenate([color, mean], axis=-1), weight, even) + _SETTINGS.dark_offset
    return parts[..., :3] / parts[..., 3:] * (gray[..., None] + _SETTINGS.dark_offset) - _SETTINGS.dark_offset


def _blend(
    below: Float[np.ndarray, "h w 3"], above: np.ndarray, share: Float[np.ndarray, "h w"]
) -> Float[np.ndarray, "h w 3"]:
    """Return `above` (8-bit values, [h w] or [h w 3]) laid over `below` (in [0, 1]) where `share` is 1."""
    above = above if above.ndim == 3 else above[..., None]
    return below + share[..., None] * (above.astype(np.float32) / 255 - below)


def _eight_bits(picture: Float[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, "h w 3"]:
    return np.round(np.clip(picture, 0, 1) * 255).astype(np.uint8)


def _check_prediction(predicted: np.ndarray) -> None:
    if predicted.ndim != 3 or predicted.shape[2] != 3:
        raise ValueError(f"predicted colours must be [h w 3] in [-1, 1], not {list(predicted.shape)}")
    if not np.isfinite(predicted).all():
        raise ValueError("the prediction has NaN or infinite values; the checkpoint may be damaged")
