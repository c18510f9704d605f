"""Screentone: which areas get it, and which kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float
from scipy import ndimage

from mangagan.data.degradation.screens import cross_screen, dot_screen, grain_screen, line_screen, print_screen
from mangagan.data.drawing.drawing_settings import sample_length

Plane = Float[np.ndarray, "h w"]

_SCREENS = {"dots": dot_screen, "lines": line_screen, "cross": cross_screen, "grain": grain_screen}
_FREQUENCIES = {"dots": 0.72, "lines": 0.14, "cross": 0.07, "grain": 0.07}
_ANGLES = (45.0, 45.0, 45.0, 30.0, 60.0, 0.0, 15.0, 90.0)
_DARK = 0.2  # values below this always get tone
_BINS, _NEAR = 80, 0.09


@dataclass(frozen=True)
class ToneSheet:
    """One sheet of screentone: its pitch in pixels and its angle in degrees."""

    kind: Literal["dots", "lines", "cross", "grain"]
    pitch: float
    angle: float


@dataclass(frozen=True)
class ToneRecipe:
    """The tones of one artist, from the lightest: the share of the picture that is as dark, its ink, and its sheet.

    Values above `paper` stay paper. Ink increases over a difference of 1 / `edge` in value, so that tones have sharp
    edges or fade, and it varies linearly over the picture by `slope`.
    """

    shares: tuple[float, ...]
    densities: tuple[float, ...]
    sheets: tuple[ToneSheet, ...]
    paper: float
    edge: float
    slope: tuple[float, float]

    @classmethod
    def sample(cls, low: float, high: float, rng: np.random.Generator) -> ToneRecipe:
        """Sample the tones of an artist, with pitches between `low` and `high`."""
        count = int(rng.integers(1, 4))
        share, density = rng.uniform(0.15, 0.55), rng.uniform(0.1, 0.26)
        first, second = (_sample_sheet(low, high, rng) for _ in range(2))
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


def tone_limits(value: Plane, tones: ToneRecipe) -> tuple[float, ...]:
    """Return the value below which each tone lies, from the lightest, at minima of the histogram without paper.

    Args:
        value: flattened lightness [h w] in [0, 1].
        tones: of the artist.
    """
    inked = value[value < 0.93]
    if not inked.size:
        return (_DARK,) * len(tones.shares)
    counts, edges = np.histogram(inked, _BINS, (0, 1))
    counts = ndimage.gaussian_filter1d(counts / inked.size, 1.5)
    levels = np.quantile(inked[::5], tones.shares)
    return tuple(float(np.clip(_valley(counts, edges, level), _DARK, tones.paper)) for level in levels)


def _valley(counts: Float[np.ndarray, " n"], edges: Float[np.ndarray, " m"], level: float) -> float:
    """Return the rarest value just above a level: a limit inside a flat area would break it into pieces."""
    centers = (edges[1:] + edges[:-1]) / 2
    distance = np.abs(centers - level - _NEAR / 2)
    return float(centers[np.argmin(np.where(distance < _NEAR, counts + 0.05 * distance, np.inf))])


def apply_screentone(value: Plane, below: tuple[float, ...], tones: ToneRecipe, rng: np.random.Generator) -> Plane:
    """Return the coverage of each pixel by the tones, in [0, 1].

    Args:
        value: lightness [h w] in [0, 1].
        below: the limit of each tone, from the lightest (see `tone_limits`).
        tones: of the artist.
        rng: the random generator of the page.
    """
    shape = value.shape
    screens = {
        sheet: _SCREENS[sheet.kind](shape, sheet.pitch, sheet.angle, rng) for sheet in dict.fromkeys(tones.sheets)
    }
    page, slope, before = np.zeros(shape, np.float32), _ramp(shape, tones.slope), 0.0
    for limit, density, sheet in zip(below, tones.densities, tones.sheets, strict=True):
        share = before + (density - before) * np.clip((limit - value) * np.float32(tones.edge), 0, 1)
        # A screen above 0.8 would fill with ink: solid black is drawn separately.
        share = np.clip(share * slope, 0, 0.8)
        page = np.where(value < limit, print_screen(share, screens[sheet], sheet.pitch), page)
        before = density
    return page


def _sample_sheet(low: float, high: float, rng: np.random.Generator) -> ToneSheet:
    kind = rng.choice(list(_FREQUENCIES), p=list(_FREQUENCIES.values()))
    return ToneSheet(kind, sample_length(rng, low, high), float(rng.choice(_ANGLES) + rng.normal(0, 2)))


def _ramp(shape: tuple[int, ...], slope: tuple[float, float]) -> Plane:
    down, across = (np.linspace(-1, 1, side, dtype=np.float32) for side in shape)
    return 1 + np.float32(slope[0]) * down[:, None] + np.float32(slope[1]) * across
