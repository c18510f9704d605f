"""Screens for prints: how dots, lines or grain cover a share of the paper, at any pitch and angle."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from jaxtyping import Float
from scipy import ndimage

Plane = Float[np.ndarray, "h w"]

_TILE = 160  # pixels after which grain repeats


def dots(ink: Plane, pitch: float, angle: float, rng: np.random.Generator) -> Plane:
    """The share of each pixel that is printed: round dots in light tones, round holes in dark ones.

    `ink` is the share in [0, 1] that is asked for, `pitch` the pixels between two dots, `angle` is in degrees.
    """
    # The edge of a dot is about a pixel wide.
    return np.clip((ink - dot_screen(ink.shape, pitch, angle, rng)) * np.float32(pitch / 2) + ink, 0, 1)


def printed(ink: Plane, screen: Plane, pitch: float) -> Plane:
    """The share of each pixel that a screen prints where a share `ink` in [0, 1] is to be covered: on average, that."""
    # An edge about a pixel wide, and never wider than what it bounds: the smallest dots are there as well.
    edge = np.maximum(np.minimum(2 * np.minimum(ink, 1 - ink), np.float32(2 / pitch)), np.float32(1e-6))
    return np.clip((ink - screen) / edge + np.float32(0.5), 0, 1)


def dot_screen(shape: tuple[int, ...], pitch: float, angle: float, rng: np.random.Generator) -> Plane:
    """Crossed waves [h w], as the share of ink in [0, 1] from which on a pixel is printed."""
    first, second = _crossed(shape, pitch, angle, rng)
    shares = _shares()
    return shares[((first + second + 2) * ((shares.size - 1) / 4)).astype(np.int32)]


def line_screen(shape: tuple[int, ...], pitch: float, angle: float, rng: np.random.Generator) -> Plane:
    """Parallel lines [h w], as the share of ink in [0, 1] from which on a pixel is printed."""
    wave = _wave(shape, _step(pitch, angle), rng.uniform(0, 2 * np.pi))
    return _line_share(wave)


def cross_screen(shape: tuple[int, ...], pitch: float, angle: float, rng: np.random.Generator) -> Plane:
    """Crossed lines [h w], as the share of ink in [0, 1] from which on a pixel is printed."""
    first, second = _crossed(shape, pitch, angle, rng)
    # Either of two lines covers a pixel: what stays blank is the product of what each leaves blank.
    return 1 - (1 - _line_share(np.maximum(first, second))) ** 2


def grain_screen(shape: tuple[int, ...], pitch: float, angle: float, rng: np.random.Generator) -> Plane:
    """Irregular specks [h w] of about pitch / 3 pixels, as the share of ink in [0, 1] that prints them, at no angle."""
    del angle
    noise = ndimage.uniform_filter(rng.random((_TILE, _TILE), np.float32), max(round(pitch / 3), 1), mode="wrap")
    ranks = np.argsort(np.argsort(noise, axis=None), axis=None).reshape(noise.shape) / noise.size
    repeats = [-(-side // _TILE) for side in shape]
    return np.tile(ranks.astype(np.float32), repeats)[: shape[0], : shape[1]]


def _step(pitch: float, angle: float) -> complex:
    return 2 * np.pi / pitch * np.exp(1j * np.deg2rad(angle))


def _crossed(shape: tuple[int, ...], pitch: float, angle: float, rng: np.random.Generator) -> tuple[Plane, Plane]:
    step, starts = _step(pitch, angle), rng.uniform(0, 2 * np.pi, 2)
    return _wave(shape, step, starts[0]), _wave(shape, 1j * step, starts[1])


def _wave(shape: tuple[int, ...], step: complex, start: float) -> Plane:
    """The cosine of start + across * step.real + down * step.imag."""
    down, across = (np.arange(side) for side in shape)
    # e^(x + y) = e^x e^y: few exponentials make a whole plane.
    rows, columns = np.exp(1j * step.imag * down)[:, None], np.exp(1j * (start + step.real * across))
    rows, columns = rows.astype(np.complex64), columns.astype(np.complex64)
    return rows.real * columns.real - rows.imag * columns.imag


def _line_share(wave: Plane) -> Plane:
    """The share of the area in which a cosine is higher than this."""
    return np.arccos(np.clip(wave, -1, 1)) * np.float32(1 / np.pi)


@lru_cache(maxsize=1)
def _shares() -> Float[np.ndarray, " n"]:
    """The share of the area in which two crossed waves are higher than each of many levels from -2 to 2."""
    wave = np.cos(np.linspace(0, 2 * np.pi, 512, endpoint=False))
    heights = np.sort(wave[:, None] + wave, axis=None)
    return (1 - np.searchsorted(heights, np.linspace(-2, 2, 1025)) / heights.size).astype(np.float32)
