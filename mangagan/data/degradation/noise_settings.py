"""Kinds of noise for a configuration, their strength drawn anew for every picture."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import astuple, dataclass, fields
from typing import ClassVar

import numpy as np
from jaxtyping import Float

from mangagan.data.degradation import noise
from mangagan.data.degradation.halftone import halftone

Picture = Float[np.ndarray, "h w c"]


@dataclass(frozen=True)
class Kind(ABC):
    """A kind of noise; its two fields are the least and the greatest strength, which lie within `bounds`."""

    bounds: ClassVar[tuple[float, float]]

    def check(self) -> None:
        """Raises ValueError where the strengths are out of bounds or out of order."""
        (first, last), (least, most) = astuple(self), self.bounds
        if not least <= first <= last <= most:
            low, high = (field.name for field in fields(self))
            raise ValueError(
                f"{type(self).__name__} {low}={first} {high}={last}: it must be {least} <= {low} <= {high} <= {most}"
            )

    @abstractmethod
    def noisy(self, picture: Picture, rng: np.random.Generator) -> Picture:
        """The picture [h w c] in [-1, 1] with noise, not clipped."""


@dataclass(frozen=True)
class Gaussian(Kind):
    """White noise of a deviation between `low` and `high`, in 8-bit units."""

    low: float = 0.0
    high: float = 75.0

    bounds: ClassVar[tuple[float, float]] = (0, 255)

    def sigma(self, rng: np.random.Generator) -> float:
        """A deviation, in 8-bit units."""
        return rng.uniform(self.low, self.high)

    def noisy(self, picture: Picture, rng: np.random.Generator) -> Picture:
        return noise.gaussian(picture, self.sigma(rng), rng)


@dataclass(frozen=True)
class SaltAndPepper(Kind):
    """A share of the pixels, between `low_share` and `high_share`, is white or black."""

    low_share: float = 0.02
    high_share: float = 0.2

    bounds: ClassVar[tuple[float, float]] = (0, 1)

    def noisy(self, picture: Picture, rng: np.random.Generator) -> Picture:
        return noise.salt_and_pepper(picture, rng.uniform(self.low_share, self.high_share), rng)


@dataclass(frozen=True)
class Speckle(Kind):
    """Noise that grows with the light: its deviation is `low_gain` to `high_gain` of the value in [0, 1]."""

    low_gain: float = 0.05
    high_gain: float = 0.4

    bounds: ClassVar[tuple[float, float]] = (0, 10)

    def noisy(self, picture: Picture, rng: np.random.Generator) -> Picture:
        return noise.speckle(picture, rng.uniform(self.low_gain, self.high_gain), rng)


@dataclass(frozen=True)
class Poisson(Kind):
    """Photons are counted, on average `low_peak` to `high_peak` where it is white; all octaves are equally likely."""

    low_peak: float = 4.0
    high_peak: float = 128.0

    bounds: ClassVar[tuple[float, float]] = (0.1, 1e6)

    def noisy(self, picture: Picture, rng: np.random.Generator) -> Picture:
        return noise.poisson(picture, float(np.exp(rng.uniform(*np.log(astuple(self))))), rng)


@dataclass(frozen=True)
class Jpeg(Kind):
    """The picture was stored as a JPEG file of a quality from `low_quality` to `high_quality`."""

    low_quality: int = 10
    high_quality: int = 60

    bounds: ClassVar[tuple[float, float]] = (1, 95)

    def noisy(self, picture: Picture, rng: np.random.Generator) -> Picture:
        quality = int(rng.integers(self.low_quality, self.high_quality, endpoint=True))
        # A scan that was cropped, or a tile of it, begins anywhere in a block.
        start = (int(rng.integers(8)), int(rng.integers(8)))
        return noise.jpeg(picture, quality, start)


@dataclass(frozen=True)
class Halftone(Kind):
    """The picture was printed in dots, `low_pitch` to `high_pitch` pixels apart, and scanned again."""

    low_pitch: float = 3.0
    high_pitch: float = 6.0

    bounds: ClassVar[tuple[float, float]] = (2, 64)

    def noisy(self, picture: Picture, rng: np.random.Generator) -> Picture:
        return halftone(picture, rng.uniform(self.low_pitch, self.high_pitch), rng)
