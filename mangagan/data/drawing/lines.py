"""Ink lines: where a picture is darker than beside it, where its hues change, and where it has ink already."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float
from scipy import ndimage

from mangagan.data.drawing.areas import connected
from mangagan.data.drawing.drawing_settings import between
from mangagan.data.drawing.press import resized

Plane = Float[np.ndarray, "h w"]

# Responses, against what is usual around them, from which on a line is drawn, and that it must reach somewhere.
_FAINT, _SURE = 0.65, 1.7
# Response that is usual on a quiet ground, in lightness from 0 to 1.
_QUIET = 0.02


@dataclass(frozen=True)
class Pen:
    """How one artist draws lines: `weight` is their width in pixels.

    `care` is how much of what is faint is drawn; `hues` and `strokes` are how much a change of hue and a dark stroke
    of the picture count, against a change of lightness.
    """

    weight: float
    care: float
    hues: float
    strokes: float

    @classmethod
    def drawn(cls, low: float, high: float, rng: np.random.Generator) -> Pen:
        """The pen of an artist drawn by chance, its weight between two."""
        weight, care = between(rng, low, high), rng.uniform(1.8, 3.4)
        hues = rng.uniform(0.7, 1.3) if rng.random() < 0.6 else 0.0
        strokes = rng.uniform(0.1, 0.4) if rng.random() < 0.3 else 0.0
        return cls(weight, care, hues, strokes)


def ink(light: Plane, tint: Plane, pen: Pen) -> Plane:
    """The share of each pixel [h w] under lines of ink, drawn after lightness and one direction of ab in [0, 1].

    Differences of Gaussians, thresholded as in XDoG (Winnemöller, Kyprianidis and Olsen 2012), against the mean
    response around, so that busy places do not fill with ink; then by hysteresis, so that no speck is left.
    """
    response = _darker(light, pen.weight)
    if pen.strokes:
        response += pen.strokes * _strokes(light, pen.weight)
    lines = np.maximum(_drawn(response, pen), _own(light, pen.weight))
    return np.maximum(lines, _around_hues(tint, lines, pen)) if pen.hues else lines


def _around_hues(tint: Plane, lines: Plane, pen: Pen) -> Plane:
    """Lines where hues change, away from lines that are there already: those bound their hues, too."""
    # Colour is less sharp than light: half the pixels will do.
    full, half = tint.shape[::-1], tuple((side + 1) // 2 for side in tint.shape[::-1])
    pen = replace(pen, weight=pen.weight / 2)
    taken = ndimage.uniform_filter(resized(lines, half), 2 * round(1.5 * pen.weight) + 3)
    response = _darker(resized(tint, half), pen.weight) * np.clip(1 - 8 * taken, 0, 1)
    return np.clip(resized(_drawn(2 * pen.hues * response, pen), full) * 2 - 0.5, 0, 1)


def _darker(plane: Plane, weight: float) -> Plane:
    """How much darker a pixel is than its surroundings: a line on the dark side of edges, and dark lines themselves."""
    sigma = 0.42 * weight
    fine = ndimage.gaussian_filter(plane, sigma, truncate=3.0)
    return ndimage.gaussian_filter(fine, 1.9 * sigma, truncate=2.5) - fine


def _strokes(light: Plane, weight: float) -> Plane:
    """How much darker a pixel is than a picture without its dark strokes."""
    side = 2 * round(0.75 * weight) + 1
    half = resized(light, tuple((side + 1) // 2 for side in light.shape[::-1]))
    return resized(ndimage.grey_closing(half, size=(side, side)), light.shape[::-1]) - light


def _own(light: Plane, weight: float) -> Plane:
    """The picture's own black lines and letters: dark, and much darker than the mean around."""
    around = ndimage.uniform_filter(light, 2 * round(3 * weight) + 7)
    return np.clip((0.3 - light) * 8, 0, 1) * np.clip((around - light - 0.2) * 10, 0, 1)


def _drawn(response: Plane, pen: Pen) -> Plane:
    busy = ndimage.uniform_filter(np.abs(response), 12 * round(pen.weight) + 1)
    strength = response * pen.care / (_QUIET + 1.5 * busy)
    kept = connected(strength > _FAINT, strength > _SURE, round(10 * pen.weight))
    return np.clip((strength - _FAINT) * 1.6, 0, 1) * kept
