"""How much colour is on a page's paper, where none should be, and elsewhere, where it should."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from mangagan.color import ciede2000, srgb_to_lab
from mangagan.images.picture import Pixels
from mangagan.palette import is_paper


class PaperAreas(NamedTuple):
    """Mean chroma (CIE ab) of predicted pages, by what the true page shows there; nan if there is no such pixel.

    Attributes:
        paper: The chroma of the prediction where the truth is paper.
        filled: The chroma of the prediction where the truth is not paper.
        filled_truth: The chroma of the truth where the truth is not paper.
    """

    paper: float
    filled: float
    filled_truth: float


def measure_areas(pages: Iterable[tuple[Pixels, Pixels]]) -> PaperAreas:
    """Return the mean chroma over all pixels of all pages together.

    Args:
        pages: Pairs of a predicted and a true page, each [h w 3], 8-bit sRGB.
    """
    sums, counts = np.zeros(3), np.zeros(3)
    for picture, truth in pages:
        lab, true_lab = _lab(picture), _lab(truth)
        chroma, true_chroma, paper = _chroma(lab), _chroma(true_lab), is_paper(true_lab)
        for i, (values, mask) in enumerate([(chroma, paper), (chroma, ~paper), (true_chroma, ~paper)]):
            sums[i] += values[mask].sum(dtype=float)
            counts[i] += np.count_nonzero(mask)
    means = np.divide(sums, counts, out=np.full(3, np.nan), where=counts > 0)
    return PaperAreas(*means.tolist())


def mean_difference(pages: Iterable[tuple[Pixels, Pixels]]) -> float:
    """Return the mean CIEDE2000 between two pictures of each page, then over pages.

    Args:
        pages: Pairs of pictures of the same page, each [h w 3], 8-bit sRGB.
    """
    return float(np.mean([ciede2000(_lab(one), _lab(other)).mean() for one, other in pages]))


def _chroma(lab: np.ndarray) -> np.ndarray:
    return np.hypot(lab[..., 1], lab[..., 2])


def _lab(pixels: Pixels) -> np.ndarray:
    return srgb_to_lab(pixels.astype(np.float32) / np.float32(255))
