"""Simulate a halftone print and a scan of it, for networks that restore printed pages."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from PIL import Image
from scipy import ndimage

from mangagan.data.degradation.noise import jpeg
from mangagan.data.degradation.screens import dots

Picture = Float[np.ndarray, "h w c"]
Plane = Float[np.ndarray, "h w"]

# Angles in degrees of the screens of black, cyan, magenta and yellow, relative to black, as presses use them.
_SCREENS = (0, -30, 30, -45)


def halftone(picture: Picture, pitch: float, rng: np.random.Generator) -> Picture:
    """Print a picture with a halftone screen and scan it; aligned to a fraction of a pixel.

    Grey is printed in black at about 45 degrees, RGB in black, cyan, magenta and yellow. The dots are drawn on the
    finer grid of a press; the paper is off-white, and the scan is soft, slightly noisy, and a JPEG file.

    Args:
        picture: grey or RGB [h w c] in [-1, 1].
        pitch: pixels between two dots.
        rng: the random generator of the picture.

    Raises:
        ValueError: where there are not 1 or 3 channels.
    """
    height, width, channels = picture.shape
    if channels not in (1, 3):
        raise ValueError(f"a picture with {channels} channels cannot be printed; give 1 (grey) or 3 (RGB)")
    # The grid of the press is finer than that of the scan, and unrelated to it.
    fine, tilt = rng.uniform(1.6, 2.4), rng.normal(45, 5)
    size = (round(height * fine), round(width * fine))
    inks = [_resized(ink, size) for ink in _inks((1 - np.clip(picture, -1, 1)) / 2)]
    blank = [
        1 - dots(ink, pitch * fine, tilt + angle, rng) for ink, angle in zip(inks, _SCREENS[: len(inks)], strict=True)
    ]
    # Inks are transparent: the light that passes several of them is the product.
    light = blank[:1] if channels == 1 else [blank[0] * color for color in blank[1:]]
    page = np.stack([_resized(plane, (height, width)) for plane in light], -1)
    start = (int(rng.integers(8)), int(rng.integers(8)))
    return jpeg(scan(page, rng), int(rng.integers(50, 92)), start)


def _inks(dark: Picture) -> list[Plane]:
    """Separate darkness in [0, 1] into black alone, or into black, cyan, magenta and yellow."""
    if dark.shape[-1] == 1:
        return [dark[..., 0]]
    black = dark.min(-1)
    # Light greys are printed in colours, dark ones in black (grey component replacement).
    black = np.clip(black * 1.6 - 0.6, 0, 1)
    chromatic = (dark - black[..., None]) / np.maximum(1 - black[..., None], 1e-3)
    return [black, *np.moveaxis(chromatic, -1, 0)]


def _resized(plane: Plane, size: tuple[int, int]) -> Plane:
    image = Image.fromarray(np.ascontiguousarray(plane, np.float32))
    return np.asarray(image.resize(size[::-1], Image.Resampling.BICUBIC))


def scan(light: Picture, rng: np.random.Generator) -> Picture:
    """Scan a print: dark grey ink on off-white paper, soft, with noise; returns about [-1, 1].

    Args:
        light: [h w c] in [0, 1].
        rng: the random generator of the picture.
    """
    ink, paper = rng.uniform(0.02, 0.12), rng.uniform(0.9, 1.0)
    tint = 1 - rng.uniform(0, 0.06) * np.linspace(0, 1, light.shape[-1])
    soft = ndimage.gaussian_filter(light, rng.uniform(0.3, 0.6), axes=(0, 1), truncate=3.0)
    grain = rng.uniform(0.005, 0.02) * rng.standard_normal(light.shape, np.float32)
    return (2 * ((ink + (paper - ink) * soft) * tint + grain) - 1).astype(np.float32)
