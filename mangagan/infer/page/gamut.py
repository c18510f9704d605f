"""Lightness that gives way to chroma: what a Lab model's colours need on white paper."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import Float

from mangagan.color import lab_to_srgb, srgb_to_lab

# The table's steps in a, b and L, and its reach in a and b.
_STEP, _REACH = 4, 128


def roomy_lab(lab: Float[Any, "*shape 3"]) -> Float[Any, "*shape 3"]:
    """The Lab colours with lightness moved, no further than needed, to where sRGB has their a and b.

    On paper (L 100) sRGB has no chroma at all: of a chroma of 40 over all hues, clipping keeps 24 there (and 3.6 of
    the worst hue). NumPy or JAX arrays, of L in [0, 100] and a, b within 128. Colours that no lightness has keep the
    lightness that comes nearest.
    """
    xp = lab.__array_namespace__()
    low, high = (xp.asarray(table, dtype=lab.dtype) for table in _limits())
    at = (xp.clip(lab[..., 1:], -_REACH, _REACH) + _REACH) / _STEP
    below = xp.clip(xp.floor(at).astype(int), 0, low.shape[0] - 2)
    part = at - below
    bounds = [_between(table, below, part, xp) for table in (low, high)]
    light = xp.minimum(xp.maximum(lab[..., 0], bounds[0]), xp.maximum(bounds[0], bounds[1]))
    return xp.concatenate([light[..., None], lab[..., 1:]], axis=-1)


def _between(table: Any, below: Any, part: Any, xp: Any) -> Any:
    """The table's value between its grid points."""
    a, b = below[..., 0], below[..., 1]
    u, v = part[..., 0], part[..., 1]
    near = table[a, b] * (1 - v) + table[a, b + 1] * v
    far = table[a + 1, b] * (1 - v) + table[a + 1, b + 1] * v
    return near * (1 - u) + far * u


@lru_cache(maxsize=1)
def _limits() -> tuple[Float[np.ndarray, "n n"], Float[np.ndarray, "n n"]]:
    """The lowest and highest L at which sRGB has each a and b of a grid, or for both the L that comes nearest."""
    grid = np.arange(-_REACH, _REACH + 1, _STEP, dtype=np.float32)
    light = np.linspace(0, 100, 101, dtype=np.float32)
    a, b, level = np.meshgrid(grid, grid, light, indexing="ij")
    lab = np.stack([level, a, b], axis=-1)
    lost = np.abs(srgb_to_lab(lab_to_srgb(lab)) - lab).max(-1)
    fits = lost < 1.0
    nearest = light[lost.argmin(-1)]
    low, high = light[fits.argmax(-1)], light[100 - fits[..., ::-1].argmax(-1)]
    some = fits.any(-1)
    return np.where(some, low, nearest), np.where(some, high, nearest)
