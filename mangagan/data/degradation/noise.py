"""Noise on pictures [h w c] in [-1, 1], float32, of any number of channels."""

from __future__ import annotations

import io

import numpy as np
from jaxtyping import Float
from PIL import Image

from mangagan.color import from_bytes, to_bytes

Picture = Float[np.ndarray, "h w c"]


def gaussian(picture: Picture, sigma: float, rng: np.random.Generator) -> Picture:
    """The picture plus white Gaussian noise of deviation `sigma` in 8-bit units; not clipped."""
    return picture + np.float32(2 * sigma / 255) * rng.standard_normal(picture.shape, np.float32)


def salt_and_pepper(picture: Picture, share: float, rng: np.random.Generator) -> Picture:
    """The picture with a share of its pixels all white or all black, both equally likely."""
    drawn = rng.random((*picture.shape[:2], 1), np.float32)
    return np.where(drawn < share / 2, np.float32(-1), np.where(drawn < share, np.float32(1), picture))


def speckle(picture: Picture, deviation: float, rng: np.random.Generator) -> Picture:
    """The picture with its values in [0, 1] multiplied by 1 + noise, Gaussian of this deviation; not clipped."""
    return picture + (picture + 1) * np.float32(deviation) * rng.standard_normal(picture.shape, np.float32)


def poisson(picture: Picture, peak: float, rng: np.random.Generator) -> Picture:
    """The picture as counts of photons, of which white gets `peak` on average; not clipped."""
    light = (np.clip(picture, -1, 1).astype(np.float64) + 1) / 2
    return (rng.poisson(light * peak) * (2 / peak) - 1).astype(np.float32)


def jpeg(picture: Picture, quality: int, start: tuple[int, int] = (0, 0)) -> Picture:
    """The picture after it was stored as a JPEG file of a quality from 1 to 95, as Pillow counts.

    `start`: so many pixels lay above it and left of it, so that blocks begin anywhere. Raises ValueError where it has
    not 1 or 3 channels.
    """
    if picture.shape[-1] not in (1, 3):
        raise ValueError(f"a picture with {picture.shape[-1]} channels is no JPEG; give 1 (grey) or 3 (RGB)")
    whole = np.pad(picture, ((start[0], 0), (start[1], 0), (0, 0)), "edge")
    return from_bytes(_stored(to_bytes(whole), quality))[start[0] :, start[1] :]


def rounded(picture: Picture) -> Picture:
    """The picture as 8-bit files hold it: clipped to [-1, 1] and on one of 256 levels."""
    return from_bytes(to_bytes(picture))


def _stored(pixels: np.ndarray, quality: int) -> np.ndarray:
    buffer = io.BytesIO()
    Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels).save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer)).reshape(pixels.shape)
