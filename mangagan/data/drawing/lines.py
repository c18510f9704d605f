"""Ink lines: where a picture is darker than its surroundings, where its hues change, and where it has lines already."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float
from scipy import ndimage

from mangagan.data.drawing.areas import keep_connected
from mangagan.data.drawing.drawing_settings import sample_length
from mangagan.data.drawing.press import resize_plane

Plane = Float[np.ndarray, "h w"]

# Thresholds of hysteresis, relative to the mean response around a pixel: a line is drawn above the first where it
# exceeds the second somewhere.
_FAINT, _SURE = 0.65, 1.7
# Floor of the mean response, for quiet areas; lightness is 0 to 1.
_QUIET = 0.02


@dataclass(frozen=True)
class Pen:
    """How one artist draws lines.

    `weight` is the width of the lines in pixels; with more `care` fainter lines are drawn. `hues` and `strokes` are the
    weights of changes of hue and of dark strokes of the picture relative to changes of lightness.
    """

    weight: float
    care: float
    hues: float
    strokes: float

    @classmethod
    def sample(cls, low: float, high: float, rng: np.random.Generator) -> Pen:
        """Sample the pen of an artist, with a weight between `low` and `high`."""
        weight, care = sample_length(rng, low, high), rng.uniform(1.8, 3.4)
        hues = rng.uniform(0.7, 1.3) if rng.random() < 0.6 else 0.0
        strokes = rng.uniform(0.1, 0.4) if rng.random() < 0.3 else 0.0
        return cls(weight, care, hues, strokes)


def ink(light: Plane, tint: Plane, pen: Pen) -> Plane:
    """Return the coverage of each pixel by lines of ink, in [0, 1].

    Differences of Gaussians with the soft threshold of XDoG (Winnemöller, Kyprianidis and Olsen 2012), relative to the
    mean response around, so that busy areas do not fill with ink; then hysteresis, so that no specks are left.

    Args:
        light: CIE lightness [h w] in [0, 1].
        tint: one direction of ab [h w] in [0, 1].
        pen: how the artist draws lines.
    """
    response = _darker(light, pen.weight)
    if pen.strokes:
        response += pen.strokes * _strokes(light, pen.weight)
    lines = np.maximum(_threshold(response, pen), _existing_lines(light, pen.weight))
    return np.maximum(lines, _hue_edges(tint, lines, pen)) if pen.hues else lines


def _hue_edges(tint: Plane, lines: Plane, pen: Pen) -> Plane:
    """Return lines where hues change, except near existing lines, which separate the hues already."""
    # Half the resolution is enough, because colour is less sharp than lightness.
    full, half = tint.shape[::-1], tuple((side + 1) // 2 for side in tint.shape[::-1])
    pen = replace(pen, weight=pen.weight / 2)
    taken = ndimage.uniform_filter(resize_plane(lines, half), 2 * round(1.5 * pen.weight) + 3)
    response = _darker(resize_plane(tint, half), pen.weight) * np.clip(1 - 8 * taken, 0, 1)
    return np.clip(resize_plane(_threshold(2 * pen.hues * response, pen), full) * 2 - 0.5, 0, 1)


def _darker(plane: Plane, weight: float) -> Plane:
    """Return how much darker a pixel is than its surroundings (difference of Gaussians): edges and dark lines."""
    sigma = 0.42 * weight
    fine = ndimage.gaussian_filter(plane, sigma, truncate=3.0)
    return ndimage.gaussian_filter(fine, 1.9 * sigma, truncate=2.5) - fine


def _strokes(light: Plane, weight: float) -> Plane:
    """Return how much darker a pixel is than the picture without its dark strokes (a black top-hat)."""
    side = 2 * round(0.75 * weight) + 1
    half = resize_plane(light, tuple((side + 1) // 2 for side in light.shape[::-1]))
    return resize_plane(ndimage.grey_closing(half, size=(side, side)), light.shape[::-1]) - light


def _existing_lines(light: Plane, weight: float) -> Plane:
    """Return the black lines and letters of the picture: dark, and much darker than the mean around them."""
    around = ndimage.uniform_filter(light, 2 * round(3 * weight) + 7)
    return np.clip((0.3 - light) * 8, 0, 1) * np.clip((around - light - 0.2) * 10, 0, 1)


def _threshold(response: Plane, pen: Pen) -> Plane:
    """Threshold a response softly against the mean response around it, with hysteresis."""
    busy = ndimage.uniform_filter(np.abs(response), 12 * round(pen.weight) + 1)
    strength = response * pen.care / (_QUIET + 1.5 * busy)
    kept = keep_connected(strength > _FAINT, strength > _SURE, round(10 * pen.weight))
    return np.clip((strength - _FAINT) * 1.6, 0, 1) * kept
