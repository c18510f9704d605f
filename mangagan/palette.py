"""The palette of a picture: which colours it has at which lightness, and how much of each, wherever they lie."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from jaxtyping import Bool, Float, UInt8
from PIL import Image
from scipy import ndimage

from mangagan.color import lab_to_srgb, srgb_to_lab, to_bytes
from mangagan.palette_bins import AB_BINS, AB_STEP, BINS, LIGHT_BINS, bin_colors

# Shares of the area by CIE L, a and b; all zeros: no palette.
Palette = Float[np.ndarray, " 1176"]

_THUMBNAIL = 96
_PAPER_LIGHT, _PAPER_CHROMA = 92.0, 8.0
# How far a colour that a person names stands for its neighbours, in bins of L, a and b.
_NAMED_SPREAD = (0.8, 0.6, 0.6)


def palette_of(picture: Image.Image) -> Palette:
    """The palette of what is not paper in a picture of any mode; of nothing but paper, none."""
    small = picture.convert("RGB")
    small.thumbnail((_THUMBNAIL, _THUMBNAIL), Image.Resampling.BOX, reducing_gap=2.0)
    lab = srgb_to_lab(np.asarray(small, np.float32).reshape(-1, 3) / np.float32(255))
    paper = is_paper(lab)
    return _shares(_counted(lab[~paper], np.ones(np.count_nonzero(~paper))))


def is_paper(lab: Float[np.ndarray, "*shape 3"]) -> Bool[np.ndarray, "*shape"]:
    """Where CIE Lab is as light and as grey as the paper that a page is printed on."""
    return (lab[..., 0] > _PAPER_LIGHT) & (np.hypot(lab[..., 1], lab[..., 2]) < _PAPER_CHROMA)


def named_palette(colors: Sequence[tuple[UInt8[np.ndarray, " 3"], float]]) -> Palette:
    """The palette of a few sRGB colours with their shares (of any sum), each standing for its neighbours, too.

    Raises ValueError where there is no colour, or shares are not above 0.
    """
    if not colors or any(share <= 0 for _, share in colors):
        raise ValueError("a palette has one colour or more, and each a share above 0")
    lab = srgb_to_lab(np.array([rgb for rgb, _ in colors], np.float32) / np.float32(255))
    counts = _counted(lab, np.array([share for _, share in colors], float))
    return _shares(ndimage.gaussian_filter(counts, _NAMED_SPREAD, mode="nearest", truncate=3.0))


def merged(palettes: Iterable[Palette]) -> Palette:
    """The palette of several pictures together, each counting as much; those without any count for nothing."""
    given = [palette for palette in palettes if palette.any()]
    return np.stack(given).mean(0) if given else np.zeros(BINS, np.float32)


def named_colors(palette: Palette, least: float = 0.002) -> list[tuple[UInt8[np.ndarray, " 3"], float]]:
    """The sRGB colours in the middle of the bins that have a share of `least` or more, largest first."""
    large = [number for number in np.argsort(-palette, kind="stable") if palette[number] >= least]
    return [(to_bytes(2 * lab_to_srgb(bin_colors()[number]) - 1), float(palette[number])) for number in large]


def muted(palette: Palette) -> Palette:
    """The palette of the same picture in grey."""
    return turned(palette, np.zeros((2, 2), np.float32))


def turned(palette: Palette, turn: Float[np.ndarray, "2 2"]) -> Palette:
    """The palette of the same picture with the a and b [.. 2] of its colours multiplied by `turn`."""
    filled = np.flatnonzero(palette)
    lab = bin_colors()[filled]
    lab[:, 1:] = lab[:, 1:] @ turn
    return _shares(_counted(lab, palette[filled])) if len(filled) else palette


def _counted(lab: Float[np.ndarray, "n 3"], weights: Float[np.ndarray, " n"]) -> Float[np.ndarray, "l a b"]:
    """The weights of colours in each bin, shared by the eight bins whose middles lie around a colour."""
    shape = np.array([LIGHT_BINS, AB_BINS, AB_BINS])
    place = lab / [100 / LIGHT_BINS, AB_STEP, AB_STEP] + [-0.5, (AB_BINS - 1) / 2, (AB_BINS - 1) / 2]
    place = np.clip(place, 0, shape - 1)
    below = np.minimum(place.astype(int), shape - 2)
    above = place - below
    counts = np.zeros(shape)
    for corner in np.ndindex(2, 2, 2):
        near = np.prod(np.where(corner, above, 1 - above), axis=-1)
        np.add.at(counts, tuple((below + corner).T), weights * near)
    return counts


def _shares(counts: Float[np.ndarray, "l a b"]) -> Palette:
    return (counts / max(counts.sum(), 1e-9)).reshape(BINS).astype(np.float32)
