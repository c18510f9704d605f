"""Screentones: thresholds that turn a luminance into dots and lines of the same mean."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from jaxtyping import Float, UInt8

# Paper stays blank above PAPER; below it the share of ink grows evenly up to DARKEST, which is still a tone:
# solid black is kept for ink, so that solid black in one version of a page is solid black in the other.
PAPER = 0.86
DARKEST = 0.8


@dataclass(frozen=True)
class Screen:
    """One sheet of screentone: pitch in pixels between its dots or lines, angle in degrees."""

    kind: Literal["dots", "lines", "cross"]
    pitch: float
    angle: float


def density(luminance: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """Share of ink in [0, DARKEST] that a tone lays over a luminance in [0, 1]."""
    return np.clip((PAPER - luminance) / PAPER, 0.0, 1.0) ** 1.15 * DARKEST


def screen_page(
    luminance: UInt8[np.ndarray, "h w"], which: UInt8[np.ndarray, "h w"], screens: tuple[Screen, ...]
) -> UInt8[np.ndarray, "h w"]:
    """Page [h w] of tone alone, 255 paper and 0 ink; `which` names the screen over each pixel."""
    bank = np.stack([_thresholds(screen, luminance.shape) for screen in screens])
    threshold = np.take_along_axis(bank, which[None], axis=0)[0]
    share = _DENSITY[luminance]
    # The step from paper to ink is about a pixel wide whatever the pitch. Dots too small for that grow paler
    # instead of smaller, or they would beat against the pixels; the mean of a flat tone stays its share.
    step = np.array([min(0.8 / screen.pitch, 0.2) for screen in screens], np.float32)[which]
    dots = np.clip((np.maximum(share, step) - threshold * np.float32(1 / 255)) / (2 * step) + 0.5, 0.0, 1.0)
    ink = dots * np.minimum(share / step, 1.0)
    return (255.5 - 255.0 * ink).astype(np.uint8)


_DENSITY = density(np.arange(256) / 255.0).astype(np.float32)


@lru_cache(maxsize=64)
def _thresholds(screen: Screen, shape: tuple[int, int]) -> UInt8[np.ndarray, "h w"]:
    """Thresholds [h w], every value equally frequent, so that a flat tone keeps the mean it stands for."""
    rows, columns = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    turn = np.deg2rad(screen.angle)
    along = (columns * np.cos(turn) + rows * np.sin(turn)) * (2 * np.pi / screen.pitch)
    across = (rows * np.cos(turn) - columns * np.sin(turn)) * (2 * np.pi / screen.pitch)
    field = _field(screen.kind, along, across)
    phase = np.linspace(0, 2 * np.pi, 181, dtype=np.float32)
    sample = np.sort(_field(screen.kind, phase[:, None], phase[None, :]), axis=None)
    levels = sample[np.linspace(0, sample.size - 1, 255).astype(int)]
    return np.searchsorted(levels, field.ravel()).reshape(shape).astype(np.uint8)


def _field(kind: str, along: Float[np.ndarray, ...], across: Float[np.ndarray, ...]) -> Float[np.ndarray, ...]:
    if kind == "dots":
        return np.cos(along) + np.cos(across)
    if kind == "lines":
        return np.cos(along) + 0 * across
    return np.minimum(np.cos(along), np.cos(across))
