"""Add noise to pictures [h w c] in [-1, 1], float32, with any number of channels."""

from __future__ import annotations

import io

import numpy as np
from jaxtyping import Float
from PIL import Image

from mangagan.color import from_bytes, to_bytes

Picture = Float[np.ndarray, "h w c"]


def gaussian(picture: Picture, sigma: float, rng: np.random.Generator) -> Picture:
    """Add white Gaussian noise of standard deviation `sigma`, in 8-bit units; not clipped."""
    # One level of 8 bits is 2 / 255 in [-1, 1].
    return picture + np.float32(2 * sigma / 255) * rng.standard_normal(picture.shape, np.float32)


def salt_and_pepper(picture: Picture, share: float, rng: np.random.Generator) -> Picture:
    """Turn a share of the pixels white or black, with equal probability."""
    # One number per pixel: its channels turn white or black together.
    drawn = rng.random((*picture.shape[:2], 1), np.float32)
    return np.where(drawn < share / 2, np.float32(-1), np.where(drawn < share, np.float32(1), picture))


def speckle(picture: Picture, deviation: float, rng: np.random.Generator) -> Picture:
    """Multiply the picture in [0, 1] by 1 + Gaussian noise of this standard deviation; not clipped."""
    return picture + (picture + 1) * np.float32(deviation) * rng.standard_normal(picture.shape, np.float32)


def poisson(picture: Picture, peak: float, rng: np.random.Generator) -> Picture:
    """Replace the picture by photon counts, whose mean is `peak` for white; not clipped."""
    # A rate must not be negative, and needs double precision.
    light = (np.clip(picture, -1, 1).astype(np.float64) + 1) / 2
    return (rng.poisson(light * peak) * (2 / peak) - 1).astype(np.float32)


def jpeg(picture: Picture, quality: int, start: tuple[int, int] = (0, 0)) -> Picture:
    """Compress the picture as JPEG.

    Args:
        picture: grey or RGB [h w c] in [-1, 1].
        quality: from 1 to 95, as in Pillow.
        start: rows and columns that are added above and on the left for the compression, which shifts the blocks.

    Raises:
        ValueError: where there are not 1 or 3 channels.
    """
    if picture.shape[-1] not in (1, 3):
        raise ValueError(f"a picture with {picture.shape[-1]} channels cannot be a JPEG; give 1 (grey) or 3 (RGB)")
    padded = np.pad(picture, ((start[0], 0), (start[1], 0), (0, 0)), "edge")
    return from_bytes(_compress(to_bytes(padded), quality))[start[0] :, start[1] :]


def quantize(picture: Picture) -> Picture:
    """Clip the picture to [-1, 1] and round it to the 256 levels of 8-bit files."""
    return from_bytes(to_bytes(picture))


def _compress(pixels: np.ndarray, quality: int) -> np.ndarray:
    buffer = io.BytesIO()
    Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels).save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer)).reshape(pixels.shape)
