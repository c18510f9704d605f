"""The palette of a picture: its colours at each lightness and their shares of the area, regardless of place.

A palette is a histogram over bins of CIE Lab (see `mangagan.palette_bins`). It conditions the palette-guided networks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from jaxtyping import Bool, Float, UInt8
from PIL import Image
from scipy import ndimage

from mangagan.color import lab_to_srgb, srgb_to_lab, to_bytes
from mangagan.palette_bins import AB_BINS, AB_STEP, BINS, LIGHT_BINS, bin_colors

# Shares of the area by bins of CIE L, a and b, with the sum 1; all zeros for no palette.
Palette = Float[np.ndarray, " 1176"]

# Pixels of the longer side at which colours are counted.
_THUMBNAIL = 96
# Paper is at least so light (CIE L) and of less than such a chroma.
_PAPER_LIGHT, _PAPER_CHROMA = 92.0, 8.0
# A colour that a person names stands for similar ones, too: sigma of the blur, in bins of L, a and b.
_NAMED_SIGMA = (0.8, 0.6, 0.6)


def palette_of(picture: Image.Image) -> Palette:
    """Return the palette of everything in a picture that is not paper; all zeros where there is only paper.

    Args:
        picture: sRGB of any mode.
    """
    small = picture.convert("RGB")
    small.thumbnail((_THUMBNAIL, _THUMBNAIL), Image.Resampling.BOX, reducing_gap=2.0)
    lab = srgb_to_lab(np.asarray(small, np.float32).reshape(-1, 3) / np.float32(255))
    paper = is_paper(lab)
    return _shares(_histogram(lab[~paper], np.ones(np.count_nonzero(~paper))))


def is_paper(lab: Float[np.ndarray, "*shape 3"]) -> Bool[np.ndarray, "*shape"]:
    """Return where colours are as light and as grey as the paper that a page is printed on.

    Args:
        lab: CIE Lab, L in [0, 100].
    """
    return (lab[..., 0] > _PAPER_LIGHT) & (np.hypot(lab[..., 1], lab[..., 2]) < _PAPER_CHROMA)


def named_palette(colors: Sequence[tuple[UInt8[np.ndarray, " 3"], float]]) -> Palette:
    """Return the palette of a few named colours, each of which stands for similar ones, too.

    Args:
        colors: 8-bit sRGB colours with their shares, of any sum.

    Raises:
        ValueError: There is no colour, or a share is not above 0.
    """
    if not colors or any(share <= 0 for _, share in colors):
        raise ValueError("a palette needs one colour or more, and each a share above 0")
    lab = srgb_to_lab(np.array([rgb for rgb, _ in colors], np.float32) / np.float32(255))
    counts = _histogram(lab, np.array([share for _, share in colors], float))
    return _shares(ndimage.gaussian_filter(counts, _NAMED_SIGMA, mode="nearest", truncate=3.0))


def merge_palettes(palettes: Iterable[Palette]) -> Palette:
    """Return the mean of several palettes; those that are all zeros do not count.

    Args:
        palettes: Shares that sum to 1, or all zeros.
    """
    given = [palette for palette in palettes if palette.any()]
    return np.stack(given).mean(0) if given else np.zeros(BINS, np.float32)


def named_colors(palette: Palette, least: float = 0.002) -> list[tuple[UInt8[np.ndarray, " 3"], float]]:
    """Return the centre colours of the filled bins of a palette with their shares, the largest first.

    Args:
        palette: Shares that sum to 1.
        least: The smallest share of a bin that is listed.

    Returns:
        8-bit sRGB colours and their shares.
    """
    large = [number for number in np.argsort(-palette, kind="stable") if palette[number] >= least]
    return [(to_bytes(2 * lab_to_srgb(bin_colors()[number]) - 1), float(palette[number])) for number in large]


def gray_palette(palette: Palette) -> Palette:
    """Return the palette of the same picture in grey.

    Args:
        palette: Shares that sum to 1.
    """
    return transform_palette(palette, np.zeros((2, 2), np.float32))


def transform_palette(palette: Palette, matrix: Float[np.ndarray, "2 2"]) -> Palette:
    """Return the palette of the same picture after a linear transform of a and b.

    Args:
        palette: Shares that sum to 1, or all zeros.
        matrix: Multiplied from the right with rows of a and b.
    """
    filled = np.flatnonzero(palette)
    lab = bin_colors()[filled]
    lab[:, 1:] = lab[:, 1:] @ matrix
    return _shares(_histogram(lab, palette[filled])) if len(filled) else palette


def _histogram(lab: Float[np.ndarray, "n 3"], weights: Float[np.ndarray, " n"]) -> Float[np.ndarray, "l a b"]:
    """Return the sum of weights in each bin; a colour is shared by the eight bins whose centres surround it."""
    shape = np.array([LIGHT_BINS, AB_BINS, AB_BINS])
    # In units of bins, with integers at their centres; colours beyond the bins count for the outermost.
    place = lab / [100 / LIGHT_BINS, AB_STEP, AB_STEP] + [-0.5, (AB_BINS - 1) / 2, (AB_BINS - 1) / 2]
    place = np.clip(place, 0, shape - 1)
    below = np.minimum(place.astype(int), shape - 2)
    above = place - below
    # Trilinear weights keep the mean colour of the histogram equal to that of the picture.
    counts = np.zeros(shape)
    for corner in np.ndindex(2, 2, 2):
        near = np.prod(np.where(corner, above, 1 - above), axis=-1)
        np.add.at(counts, tuple((below + corner).T), weights * near)
    return counts


def _shares(counts: Float[np.ndarray, "l a b"]) -> Palette:
    return (counts / max(counts.sum(), 1e-9)).reshape(BINS).astype(np.float32)
