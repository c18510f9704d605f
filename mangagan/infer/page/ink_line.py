"""The line from ink to paper: the colours that one ink on one paper can have, whatever their hues."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from mangagan.color import srgb_to_lab
from mangagan.infer.page.settings import PAGE

Picture = Float[np.ndarray, "h w 3"]
Chroma = Float[np.ndarray, "h w 2"]

_SETTINGS = PAGE.color_kind
# The line goes on beyond both ends, as pixels darker than ink and brighter than paper do.
_SHARES = np.linspace(-0.5, 1.5, 81, dtype=np.float32)[:, None]


@dataclass(frozen=True)
class InkLine:
    """The line of a page.

    Attributes:
        points: CIE Lab of points on the line, by their lightness.
        paper: Lightness of the paper.
        chroma: Between ink and paper.
        direction: Of that chroma, in a and b; of length 1, or 0 without chroma.
        unevenness: Coefficients of the chroma by which paper is uneven, as a quadratic in the place.
    """

    points: Float[np.ndarray, "n 3"]
    paper: float
    chroma: float
    direction: Float[np.ndarray, " 2"]
    unevenness: Float[np.ndarray, "6 2"]

    def off(self, lab: Picture) -> Chroma:
        """Return how far the chroma of each pixel is off the line, in a and b.

        Args:
            lab: CIE Lab of the page, at any size.
        """
        lightness = lab[..., 0]
        distance = lab[..., 1:] - _on_line(self.points, lightness)
        share = np.clip(lightness / max(self.paper, 1.0), 0, 1)[..., None]
        return distance - share * (_places(*lightness.shape) @ self.unevenness)


def ink_line(page: Picture) -> InkLine:
    """Return the line of a page: that which most of what is printed is nearest to.

    Ink and paper mix in sRGB, as they do where pictures are made smaller. Old paper is uneven: darker to its rims.

    Args:
        page: sRGB in [0, 1], at a reduced size.
    """
    light, lab = page.mean(-1), srgb_to_lab(page)
    paper = np.median(page[light >= np.quantile(light, _SETTINGS.paper_quantile)], axis=0)
    lines = [_between(paper, ink) for ink in _inks(page, light, paper)]
    printed = lab[..., 0] < lines[0].paper - _SETTINGS.printed_range
    distances = [np.linalg.norm(line.off(lab)[printed], axis=-1) for line in lines]
    line = lines[int(np.argmin([np.minimum(distance, _SETTINGS.colored_chroma).sum() for distance in distances]))]
    return replace(line, unevenness=_unevenness(lab[..., 0], line.off(lab), line.paper))


def _inks(page: Picture, light: Float[np.ndarray, "h w"], paper: Float[np.ndarray, " 3"]) -> list[np.ndarray]:
    """Return colours that the ink may have: of the darkest pixels, of what is printed, and black.

    The tones of a second ink may be darker than the first one, and few of the printed pixels may be ink alone.
    """
    darkest = np.quantile(light, _SETTINGS.darkest_quantile)
    dark = light <= darkest + _SETTINGS.ink_range * (paper.mean() - darkest)
    printed = light < paper.mean() - _SETTINGS.printed_range / 100
    usual = np.median(page[printed], axis=0) if printed.any() else paper
    # As far from the paper as a channel can be.
    darkened = paper - (paper - usual) / max(float(((paper - usual) / np.maximum(paper, 1e-3)).max()), 1e-3)
    return [np.median(page[dark], axis=0), darkened, np.zeros(3)]


def _between(paper: Float[np.ndarray, " 3"], ink: Float[np.ndarray, " 3"]) -> InkLine:
    points = srgb_to_lab(np.clip(paper + _SHARES * (ink - paper), 0, 1).astype(np.float32))
    paper_lab, ink_lab = srgb_to_lab(np.stack([paper, ink]).astype(np.float32))
    points = points[np.argsort(points[:, 0], kind="stable")]
    difference = (paper_lab - ink_lab)[1:]
    chroma = float(np.hypot(*difference))
    return InkLine(points, float(paper_lab[0]), chroma, difference / max(chroma, 1e-6), np.zeros((6, 2)))


def _on_line(points: Float[np.ndarray, "n 3"], lightness: Float[np.ndarray, "h w"]) -> Chroma:
    return np.stack([np.interp(lightness, points[:, 0], points[:, channel]) for channel in (1, 2)], axis=-1)


def _unevenness(lightness: Float[np.ndarray, "h w"], off: Chroma, paper: float) -> Float[np.ndarray, "6 2"]:
    """Return the coefficients that fit the chroma of paper best, in the mean of absolute values."""
    near = (lightness > paper - _SETTINGS.paper_range) & (np.hypot(off[..., 0], off[..., 1]) < _SETTINGS.uneven_chroma)
    places, wanted = _places(*lightness.shape)[near], off[near]
    weight, result = np.ones((len(places), 1)), np.zeros((6, 2))
    # Least squares, weighted anew by the distances of the last fit, end at least absolute values.
    for _ in range(6):
        weighted = (places * weight).T
        result = np.linalg.solve(weighted @ places + 1e-3 * np.eye(6), weighted @ wanted)
        weight = 1 / np.maximum(np.linalg.norm(wanted - places @ result, axis=-1, keepdims=True), 0.3)
    return result


def _places(height: int, width: int) -> Float[np.ndarray, "h w 6"]:
    """Return 1, x, y, x², xy and y² of each pixel, with x and y from -1 to 1."""
    y, x = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1)
