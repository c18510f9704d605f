"""The bins of a palette (see `mangagan.palette`); apart, so that networks need neither Pillow nor SciPy."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

# Steps of CIE L over [0, 100], steps of a and of b around 0, and the width of the latter.
LIGHT_BINS, AB_BINS, AB_STEP = 6, 14, 10.0
BINS = LIGHT_BINS * AB_BINS * AB_BINS


def bin_colors() -> Float[np.ndarray, "1176 3"]:
    """Return CIE Lab of the centre of each bin, in the order of a palette."""
    light = (np.arange(LIGHT_BINS) + 0.5) * (100 / LIGHT_BINS)
    ab = (np.arange(AB_BINS) - (AB_BINS - 1) / 2) * AB_STEP
    return np.stack(np.meshgrid(light, ab, ab, indexing="ij"), axis=-1).reshape(BINS, 3).astype(np.float32)
