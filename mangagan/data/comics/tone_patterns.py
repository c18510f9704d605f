"""Screentones: ordered thresholds that turn a luminance into dots and lines of the same mean."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from jaxtyping import Float, UInt8

# Above PAPER there is no tone; below it the share of ink grows up to DARKEST, which is still a tone. Solid black is
# reserved for ink, so that it is solid black in both versions of a page.
PAPER = 0.86
DARKEST = 0.8
TILE = 20  # period of every screen in pixels
FINE = 8  # samples per pixel and axis, from which the coverage of a pixel is computed


@dataclass(frozen=True)
class Screen:
    """One sheet of screentone: pitch in pixels between its dots or lines, angle in degrees."""

    kind: Literal["dots", "lines", "cross"]
    pitch: float
    angle: float


def density(luminance: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """Return the share of ink of a tone, in [0, DARKEST].

    Args:
        luminance: in [0, 1].
    """
    return np.clip((PAPER - luminance) / PAPER, 0.0, 1.0) ** 1.15 * DARKEST


def screen_page(
    luminance: UInt8[np.ndarray, "h w"], which: UInt8[np.ndarray, "h w"], screens: tuple[Screen, ...]
) -> UInt8[np.ndarray, "h w"]:
    """Return a page of tone alone, 255 for paper and 0 for ink.

    Args:
        luminance: in [0, 255].
        which: the index of the screen over each pixel.
        screens: the screens.
    """
    tiles = np.stack([_tiles(screen) for screen in screens])
    rows, columns = (np.arange(side, dtype=np.int32) % TILE for side in luminance.shape)
    index = (which.astype(np.int32) * 256 + luminance) * (TILE * TILE)
    return tiles.ravel()[index + rows[:, None] * TILE + columns]


@lru_cache(maxsize=64)
def _tiles(screen: Screen) -> UInt8[np.ndarray, "luminance row column"]:
    """Return one tile of a screen for each luminance, with the mean coverage that `density` asks for."""
    # A whole number of periods per tile: otherwise the screen would show moiré against the pixels in wide bands.
    turn = np.deg2rad(screen.angle)
    right, down = (round(TILE / screen.pitch * share) for share in (np.cos(turn), np.sin(turn)))
    rows, columns = (np.mgrid[: TILE * FINE, : TILE * FINE] + 0.5) * (2 * np.pi / (TILE * FINE))
    field = _field(screen.kind, right * columns + down * rows, right * rows - down * columns)
    rank = np.argsort(np.argsort(-field, axis=None, kind="stable"), kind="stable").reshape(field.shape)
    inked = density(np.arange(256) / 255)[:, None, None] > (rank + 0.5) / rank.size
    share = inked.reshape(256, TILE, FINE, TILE, FINE).mean((2, 4))
    return np.round(255 - 255 * share).astype(np.uint8)


def _field(
    kind: str, along: Float[np.ndarray, "*shape"], across: Float[np.ndarray, "*shape"]
) -> Float[np.ndarray, "*shape"]:
    if kind == "dots":
        return np.cos(along) + np.cos(across)
    if kind == "lines":
        return np.cos(along)
    return np.maximum(np.cos(along), np.cos(across))
