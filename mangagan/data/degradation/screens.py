"""Screens for prints: dots, lines or grain that cover a share of the paper, at any pitch and angle.

A screen is a plane of thresholds: a pixel is printed where the ink exceeds the threshold.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from jaxtyping import Float
from scipy import ndimage

Plane = Float[np.ndarray, "h w"]

_TILE = 160  # period of grain in pixels


def dots(ink: Plane, pitch: float, angle: float, rng: np.random.Generator) -> Plane:
    """Return the coverage of each pixel by a dot screen: round dots in light tones, round holes in dark ones.

    Args:
        ink: the share to cover [h w], in [0, 1].
        pitch: pixels between two dots.
        angle: in degrees.
        rng: places the screen.
    """
    # The edge of a dot is about a pixel wide.
    return np.clip((ink - dot_screen(ink.shape, pitch, angle, rng)) * np.float32(pitch / 2) + ink, 0, 1)


def print_screen(ink: Plane, screen: Plane, pitch: float) -> Plane:
    """Return the coverage of each pixel [h w] in [0, 1]; its local mean is `ink`.

    Args:
        ink: the share to cover [h w], in [0, 1].
        screen: thresholds [h w] in [0, 1], from one of the functions below.
        pitch: of the screen, in pixels.
    """
    # Edges are about a pixel wide, but never wider than the dot itself, so that the smallest dots are printed, too.
    edge = np.maximum(np.minimum(2 * np.minimum(ink, 1 - ink), np.float32(2 / pitch)), np.float32(1e-6))
    return np.clip((ink - screen) / edge + np.float32(0.5), 0, 1)


def dot_screen(shape: tuple[int, ...], pitch: float, angle: float, rng: np.random.Generator) -> Plane:
    """Return the thresholds [h w] in [0, 1] of round dots, from the sum of two crossed waves."""
    first, second = _crossed(shape, pitch, angle, rng)
    shares = _dot_shares()
    return shares[((first + second + 2) * ((shares.size - 1) / 4)).astype(np.int32)]


def line_screen(shape: tuple[int, ...], pitch: float, angle: float, rng: np.random.Generator) -> Plane:
    """Return the thresholds [h w] in [0, 1] of parallel lines."""
    wave = _wave(shape, _step(pitch, angle), rng.uniform(0, 2 * np.pi))
    return _line_share(wave)


def cross_screen(shape: tuple[int, ...], pitch: float, angle: float, rng: np.random.Generator) -> Plane:
    """Return the thresholds [h w] in [0, 1] of crossed lines."""
    first, second = _crossed(shape, pitch, angle, rng)
    # A pixel stays blank where neither line covers it, so the blank shares of the two are multiplied.
    return 1 - (1 - _line_share(np.maximum(first, second))) ** 2


def grain_screen(shape: tuple[int, ...], pitch: float, angle: float, rng: np.random.Generator) -> Plane:
    """Return the thresholds [h w] in [0, 1] of irregular specks of about pitch / 3 pixels; the angle has no effect."""
    del angle
    noise = ndimage.uniform_filter(rng.random((_TILE, _TILE), np.float32), max(round(pitch / 3), 1), mode="wrap")
    ranks = np.argsort(np.argsort(noise, axis=None), axis=None).reshape(noise.shape) / noise.size
    # The tile wraps around, so its repetition has no seams.
    repeats = [-(-side // _TILE) for side in shape]
    return np.tile(ranks.astype(np.float32), repeats)[: shape[0], : shape[1]]


def _step(pitch: float, angle: float) -> complex:
    return 2 * np.pi / pitch * np.exp(1j * np.deg2rad(angle))


def _crossed(shape: tuple[int, ...], pitch: float, angle: float, rng: np.random.Generator) -> tuple[Plane, Plane]:
    step, starts = _step(pitch, angle), rng.uniform(0, 2 * np.pi, 2)
    return _wave(shape, step, starts[0]), _wave(shape, 1j * step, starts[1])


def _wave(shape: tuple[int, ...], step: complex, start: float) -> Plane:
    """Return the cosine of start + across * step.real + down * step.imag."""
    down, across = (np.arange(side) for side in shape)
    # e^(x + y) = e^x e^y: one exponential per row and column instead of one per pixel.
    rows, columns = np.exp(1j * step.imag * down)[:, None], np.exp(1j * (start + step.real * across))
    rows, columns = rows.astype(np.complex64), columns.astype(np.complex64)
    return rows.real * columns.real - rows.imag * columns.imag


def _line_share(wave: Plane) -> Plane:
    """Return the share of the area in which a cosine exceeds this value."""
    return np.arccos(np.clip(wave, -1, 1)) * np.float32(1 / np.pi)


@lru_cache(maxsize=1)
def _dot_shares() -> Float[np.ndarray, " n"]:
    """Return the share of the area in which two crossed waves exceed each of 1025 levels from -2 to 2."""
    wave = np.cos(np.linspace(0, 2 * np.pi, 512, endpoint=False))
    heights = np.sort(wave[:, None] + wave, axis=None)
    return (1 - np.searchsorted(heights, np.linspace(-2, 2, 1025)) / heights.size).astype(np.float32)
