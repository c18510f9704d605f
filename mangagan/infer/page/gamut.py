"""Lightness moved into the sRGB gamut: what the colours of a Lab network need on white paper."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import Float

from mangagan.color import lab_to_srgb, srgb_to_lab
from mangagan.infer.page.settings import PAGE

_SETTINGS = PAGE.gamut


def fit_lightness(lab: Float[Any, "*shape 3"]) -> Float[Any, "*shape 3"]:
    """Return Lab colours with their lightness moved, no further than needed, to where sRGB has their a and b.

    On paper (L 100) sRGB has no chroma at all. Of a chroma of 40, clipping keeps 24 there as the mean over all hues,
    and 3.6 of the worst hue. Colours that sRGB has at no lightness get the lightness at which it comes nearest.

    Args:
        lab: NumPy or JAX array of L in [0, 100] and a, b in [-128, 128].
    """
    xp = lab.__array_namespace__()
    low, high = (xp.asarray(table, dtype=lab.dtype) for table in _lightness_limits())
    at = (xp.clip(lab[..., 1:], -_SETTINGS.reach, _SETTINGS.reach) + _SETTINGS.reach) / _SETTINGS.step
    below = xp.clip(xp.floor(at).astype(int), 0, low.shape[0] - 2)
    part = at - below
    bounds = [_interpolate(table, below, part, xp) for table in (low, high)]
    # Between entries the interpolated bounds can cross: the lower one counts then.
    light = xp.minimum(xp.maximum(lab[..., 0], bounds[0]), xp.maximum(bounds[0], bounds[1]))
    return xp.concatenate([light[..., None], lab[..., 1:]], axis=-1)


def _interpolate(table: Any, below: Any, part: Any, xp: Any) -> Any:
    """Return the values of a table between its entries, bilinearly."""
    a, b = below[..., 0], below[..., 1]
    u, v = part[..., 0], part[..., 1]
    near = table[a, b] * (1 - v) + table[a, b + 1] * v
    far = table[a + 1, b] * (1 - v) + table[a + 1, b + 1] * v
    return near * (1 - u) + far * u


@lru_cache(maxsize=1)
def _lightness_limits() -> tuple[Float[np.ndarray, "n n"], Float[np.ndarray, "n n"]]:
    """Return the lowest and highest L at which sRGB has each a and b of a grid, or twice the L that comes nearest."""
    grid = np.arange(-_SETTINGS.reach, _SETTINGS.reach + 1, _SETTINGS.step, dtype=np.float32)
    light = np.linspace(0, 100, 101, dtype=np.float32)
    a, b, level = np.meshgrid(grid, grid, light, indexing="ij")
    lab = np.stack([level, a, b], axis=-1)
    # sRGB has a colour if the way there and back does not change it.
    change = np.abs(srgb_to_lab(lab_to_srgb(lab)) - lab).max(-1)
    fits = change < _SETTINGS.tolerance
    nearest = light[change.argmin(-1)]
    low, high = light[fits.argmax(-1)], light[100 - fits[..., ::-1].argmax(-1)]
    some = fits.any(-1)
    return np.where(some, low, nearest), np.where(some, high, nearest)
