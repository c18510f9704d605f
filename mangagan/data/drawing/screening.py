"""Tones: which areas get screentone, and of what kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float
from scipy import ndimage

from mangagan.data.degradation.screens import cross_screen, dot_screen, grain_screen, line_screen, printed
from mangagan.data.drawing.drawing_settings import between

Plane = Float[np.ndarray, "h w"]

_SCREENS = {"dots": dot_screen, "lines": line_screen, "cross": cross_screen, "grain": grain_screen}
_OFTEN = {"dots": 0.72, "lines": 0.14, "cross": 0.07, "grain": 0.07}
_ANGLES = (45.0, 45.0, 45.0, 30.0, 60.0, 0.0, 15.0, 90.0)
_DARK = 0.2  # what is darker is toned
_BINS, _NEAR = 80, 0.09


@dataclass(frozen=True)
class Sheet:
    """One sheet of screentone: pixels from dot to dot, and an angle in degrees."""

    kind: Literal["dots", "lines", "cross", "grain"]
    pitch: float
    angle: float


@dataclass(frozen=True)
class Tones:
    """One artist's tones, from the lightest: what share of the picture is as dark, the ink on it, and its sheet.

    What is lighter than `paper` stays paper. Ink grows over a difference of 1 / `edge` in worth, so that tones are cut
    out sharply or fade, and it slopes over the picture by `slope`.
    """

    shares: tuple[float, ...]
    densities: tuple[float, ...]
    sheets: tuple[Sheet, ...]
    paper: float
    edge: float
    slope: tuple[float, float]

    @classmethod
    def drawn(cls, low: float, high: float, rng: np.random.Generator) -> Tones:
        """The tones of an artist drawn by chance, their pitch between two."""
        count = int(rng.integers(1, 4))
        share, density = rng.uniform(0.15, 0.55), rng.uniform(0.1, 0.26)
        first, second = (_sheet(low, high, rng) for _ in range(2))
        sheets = (first, first, second) if rng.random() < 0.6 else (first, second, second)
        slope = tuple(rng.normal(0, 0.5, 2)) if rng.random() < 0.25 else (0.0, 0.0)
        return cls(
            tuple(share * part for part in (1, 0.55, 0.25)[:count]),
            tuple(density * part for part in (1, 1.9, 2.7)[:count]),
            sheets[:count],
            rng.uniform(0.6, 0.86),
            rng.uniform(7, 18) if rng.random() < 0.5 else 60.0,
            slope,
        )


def limits(worth: Plane, tones: Tones) -> tuple[float, ...]:
    """The worth below which each tone lies, from the lightest: between the values that the picture has most of.

    Paper counts for nothing.
    """
    drawn = worth[worth < 0.93]
    if not drawn.size:
        return (_DARK,) * len(tones.shares)
    counts, edges = np.histogram(drawn, _BINS, (0, 1))
    counts = ndimage.gaussian_filter1d(counts / drawn.size, 1.5)
    levels = np.quantile(drawn[::5], tones.shares)
    return tuple(float(np.clip(_valley(counts, edges, level), _DARK, tones.paper)) for level in levels)


def _valley(counts: Float[np.ndarray, " n"], edges: Float[np.ndarray, " m"], level: float) -> float:
    """The rarest value a little above a level: a limit within an area of one value would tear it to pieces."""
    centers = (edges[1:] + edges[:-1]) / 2
    far = np.abs(centers - level - _NEAR / 2)
    return float(centers[np.argmin(np.where(far < _NEAR, counts + 0.05 * far, np.inf))])


def screened(worth: Plane, below: tuple[float, ...], tones: Tones, rng: np.random.Generator) -> Plane:
    """The share of each pixel [h w] that the tones print, where a worth [h w] is below the limit of each."""
    shape = worth.shape
    screens = {
        sheet: _SCREENS[sheet.kind](shape, sheet.pitch, sheet.angle, rng) for sheet in dict.fromkeys(tones.sheets)
    }
    page, slope, before = np.zeros(shape, np.float32), _ramp(shape, tones.slope), 0.0
    for limit, density, sheet in zip(below, tones.densities, tones.sheets, strict=True):
        share = before + (density - before) * np.clip((limit - worth) * np.float32(tones.edge), 0, 1)
        share = np.clip(share * slope, 0, 0.8)
        page = np.where(worth < limit, printed(share, screens[sheet], sheet.pitch), page)
        before = density
    return page


def _sheet(low: float, high: float, rng: np.random.Generator) -> Sheet:
    kind = rng.choice(list(_OFTEN), p=list(_OFTEN.values()))
    return Sheet(kind, between(rng, low, high), float(rng.choice(_ANGLES) + rng.normal(0, 2)))


def _ramp(shape: tuple[int, ...], slope: tuple[float, float]) -> Plane:
    down, across = (np.linspace(-1, 1, side, dtype=np.float32) for side in shape)
    return 1 + np.float32(slope[0]) * down[:, None] + np.float32(slope[1]) * across
