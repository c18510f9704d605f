"""A page in colour: the colours a model predicted at its own size, under the ink of the page at the page's size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image

from mangagan.infer.page.analysis import Analysis
from mangagan.infer.page.color_kind import spot_share
from mangagan.infer.page.guided_upsample import resized, trust, upsampled
from mangagan.infer.page.ink import Ink, ink_share, is_painted
from mangagan.infer.page.paper_mask import paper

# Added to brightness before ratios of it are taken: in the dark, colours are shifted rather than scaled.
_DARK = 0.06


@dataclass(frozen=True)
class Compositing:
    """What of a page goes into its colored copy.

    ink: "exact" leaves pixels darker than CIE L 25 as they are, "soft" lets them take the hue of the prediction,
    "auto" is soft on pages that are painted in greys and exact on all others, "off" gives the prediction alone,
    enlarged. protect: speech balloons, lettering and gutters stay paper. Whatever
    the ink, a spot colour stays. ValueError for any other word.
    """

    ink: Ink = "auto"
    protect: bool = True

    def __post_init__(self) -> None:
        if self.ink not in get_args(Ink):
            raise ValueError(f"ink is {self.ink!r}; choose one of {', '.join(get_args(Ink))}")


def compose(
    seen: Analysis, predicted: Float[np.ndarray, "H W 3"], settings: Compositing = Compositing()
) -> UInt8[np.ndarray, "h w 3"]:
    """The analysed page, 8-bit sRGB, in the colours of `predicted` [H W 3] in [-1, 1], of the whole page.

    The colour under the ink is the prediction over the page's own brightness at the same size; on the page it is
    scaled by the brightness of each pixel. Even paper thus shows the predicted colour itself, whatever its lightness,
    and lines and shades are the page's own. So are the dots of screentones: they are never reduced, and the colour
    between them is as much lighter as they are dark. ValueError for a prediction that is none.
    """
    _check(predicted)
    color = (np.asarray(predicted, np.float32) + 1) / 2
    if settings.ink == "off":
        result = upsampled(color, trust(seen.even, *color.shape[:2]), seen.even)
    else:
        result = _under_ink(color, seen.even, seen.gray)
    if settings.ink == "exact" or (settings.ink == "auto" and not is_painted(seen.gray)):
        result = _over(result, seen.page, ink_share(seen.gray))
    if seen.kind == "spot":
        result = _over(result, seen.page, spot_share(seen.page))
    if settings.protect:
        result = _over(result, np.round(seen.gray * 255), paper(seen.gray, seen.pitch))
    return _eight_bits(result)


def _under_ink(
    color: Float[np.ndarray, "H W 3"], steer: Float[np.ndarray, "h w"], gray: Float[np.ndarray, "h w"]
) -> Float[np.ndarray, "h w 3"]:
    """The predicted colours at the page's size, scaled by the page's brightness over its mean."""
    height, width = color.shape[:2]
    # What the model saw, without the beats that reducing a screentone makes.
    seen = resized(steer[..., None], height, width, Image.Resampling.BILINEAR)
    weight = trust(steer, height, width)
    parts = upsampled(np.concatenate([color, seen], axis=-1), weight, steer) + _DARK
    return parts[..., :3] / parts[..., 3:] * (gray[..., None] + _DARK) - _DARK


def _over(
    below: Float[np.ndarray, "h w 3"], above: np.ndarray, share: Float[np.ndarray, "h w"]
) -> Float[np.ndarray, "h w 3"]:
    """`above` (8-bit values, [h w] or [h w 3]) laid over `below` where share is 1."""
    above = above if above.ndim == 3 else above[..., None]
    return below + share[..., None] * (above.astype(np.float32) / 255 - below)


def _eight_bits(picture: Float[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, "h w 3"]:
    return np.round(np.clip(picture, 0, 1) * 255).astype(np.uint8)


def _check(predicted: np.ndarray) -> None:
    if predicted.ndim != 3 or predicted.shape[2] != 3:
        raise ValueError(f"predicted colours are [h w 3] in [-1, 1], not {list(predicted.shape)}")
    if not np.isfinite(predicted).all():
        raise ValueError("the prediction holds values that are no numbers; the checkpoint may be damaged")
