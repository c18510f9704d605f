"""Prints in screentone, scanned again: what a network has to undo that is given printed pages."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from PIL import Image
from scipy import ndimage

from mangagan.data.degradation.noise import jpeg
from mangagan.data.degradation.screens import dots

Picture = Float[np.ndarray, "h w c"]
Plane = Float[np.ndarray, "h w"]

# Angles in degrees between the screens of black, cyan, magenta and yellow: the last lies where the eye sees it least.
_SCREENS = (0, -30, 30, -45)


def halftone(picture: Picture, pitch: float, rng: np.random.Generator) -> Picture:
    """The picture [h w c] in [-1, 1], grey or RGB, after a print with dots `pitch` pixels apart and a scan of it.

    Grey is printed in black at an angle drawn around 45 degrees, RGB in black, cyan, magenta and yellow. Dots lie on
    the finer grid of a press; ink spreads, paper is off-white, and the scan is soft, a little noisy, and a JPEG file.
    Everything stays in its place to a fraction of a pixel. Raises ValueError where there are not 1 or 3 channels.
    """
    height, width, channels = picture.shape
    if channels not in (1, 3):
        raise ValueError(f"a picture with {channels} channels cannot be printed; give 1 (grey) or 3 (RGB)")
    fine, tilt = rng.uniform(1.6, 2.4), rng.normal(45, 5)
    size = (round(height * fine), round(width * fine))
    inks = [_resized(ink, size) for ink in _inks((1 - np.clip(picture, -1, 1)) / 2)]
    blank = [
        1 - dots(ink, pitch * fine, tilt + angle, rng) for ink, angle in zip(inks, _SCREENS[: len(inks)], strict=True)
    ]
    light = blank[:1] if channels == 1 else [blank[0] * color for color in blank[1:]]
    scan = np.stack([_resized(plane, (height, width)) for plane in light], -1)
    start = (int(rng.integers(8)), int(rng.integers(8)))
    return jpeg(scanned(scan, rng), int(rng.integers(50, 92)), start)


def _inks(dark: Picture) -> list[Plane]:
    """Black alone, or black with the cyan, magenta and yellow that lie beside it, from darkness in [0, 1]."""
    if dark.shape[-1] == 1:
        return [dark[..., 0]]
    black = dark.min(-1)
    # Light greys are printed in colors, dark ones in black.
    black = np.clip(black * 1.6 - 0.6, 0, 1)
    rest = (dark - black[..., None]) / np.maximum(1 - black[..., None], 1e-3)
    return [black, *np.moveaxis(rest, -1, 0)]


def _resized(plane: Plane, size: tuple[int, int]) -> Plane:
    image = Image.fromarray(np.ascontiguousarray(plane, np.float32))
    return np.asarray(image.resize(size[::-1], Image.Resampling.BICUBIC))


def scanned(light: Picture, rng: np.random.Generator) -> Picture:
    """The print of light [h w c] in [0, 1] in [-1, 1]: grey ink on off-white paper, soft, with the scanner's noise."""
    ink, paper = rng.uniform(0.02, 0.12), rng.uniform(0.9, 1.0)
    tint = 1 - rng.uniform(0, 0.06) * np.linspace(0, 1, light.shape[-1])
    soft = ndimage.gaussian_filter(light, rng.uniform(0.3, 0.6), axes=(0, 1), truncate=3.0)
    grain = rng.uniform(0.005, 0.02) * rng.standard_normal(light.shape, np.float32)
    return (2 * ((ink + (paper - ink) * soft) * tint + grain) - 1).astype(np.float32)
