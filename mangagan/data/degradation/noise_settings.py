"""Kinds of noise for a configuration; the strength is sampled anew for every picture."""

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
class NoiseKind(ABC):
    """A kind of noise; its two fields are the smallest and the largest strength, which must be within `bounds`."""

    bounds: ClassVar[tuple[float, float]]

    def check(self) -> None:
        """Check the strengths.

        Raises:
            ValueError: where they are out of bounds or out of order.
        """
        (first, last), (least, most) = astuple(self), self.bounds
        if not least <= first <= last <= most:
            low, high = (field.name for field in fields(self))
            raise ValueError(
                f"{type(self).__name__} {low}={first} {high}={last}: it must be {least} <= {low} <= {high} <= {most}"
            )

    @abstractmethod
    def add_noise(self, picture: Picture, rng: np.random.Generator) -> Picture:
        """Return the picture with noise, not clipped.

        Args:
            picture: [h w c] in [-1, 1].
            rng: the random generator of the picture.
        """


@dataclass(frozen=True)
class Gaussian(NoiseKind):
    """White noise of a standard deviation between `low` and `high`, in 8-bit units."""

    low: float = 0.0
    high: float = 75.0

    bounds: ClassVar[tuple[float, float]] = (0, 255)

    def sigma(self, rng: np.random.Generator) -> float:
        """Sample a standard deviation, in 8-bit units."""
        return rng.uniform(self.low, self.high)

    def add_noise(self, picture: Picture, rng: np.random.Generator) -> Picture:
        return noise.gaussian(picture, self.sigma(rng), rng)


@dataclass(frozen=True)
class SaltAndPepper(NoiseKind):
    """White and black pixels; their share is between `low_share` and `high_share`."""

    low_share: float = 0.02
    high_share: float = 0.2

    bounds: ClassVar[tuple[float, float]] = (0, 1)

    def add_noise(self, picture: Picture, rng: np.random.Generator) -> Picture:
        return noise.salt_and_pepper(picture, rng.uniform(self.low_share, self.high_share), rng)


@dataclass(frozen=True)
class Speckle(NoiseKind):
    """Multiplicative noise: its standard deviation is `low_gain` to `high_gain` of the value in [0, 1]."""

    low_gain: float = 0.05
    high_gain: float = 0.4

    bounds: ClassVar[tuple[float, float]] = (0, 10)

    def add_noise(self, picture: Picture, rng: np.random.Generator) -> Picture:
        return noise.speckle(picture, rng.uniform(self.low_gain, self.high_gain), rng)


@dataclass(frozen=True)
class Poisson(NoiseKind):
    """Photon noise; the mean count of white is between `low_peak` and `high_peak`, sampled log-uniformly."""

    low_peak: float = 4.0
    high_peak: float = 128.0

    bounds: ClassVar[tuple[float, float]] = (0.1, 1e6)

    def add_noise(self, picture: Picture, rng: np.random.Generator) -> Picture:
        return noise.poisson(picture, float(np.exp(rng.uniform(*np.log(astuple(self))))), rng)


@dataclass(frozen=True)
class Jpeg(NoiseKind):
    """JPEG compression of a quality from `low_quality` to `high_quality`."""

    low_quality: int = 10
    high_quality: int = 60

    bounds: ClassVar[tuple[float, float]] = (1, 95)

    def add_noise(self, picture: Picture, rng: np.random.Generator) -> Picture:
        quality = int(rng.integers(self.low_quality, self.high_quality, endpoint=True))
        # A cropped scan, or a tile of it, may start anywhere in a block.
        start = (int(rng.integers(8)), int(rng.integers(8)))
        return noise.jpeg(picture, quality, start)


@dataclass(frozen=True)
class Halftone(NoiseKind):
    """A halftone print with dots `low_pitch` to `high_pitch` pixels apart, and a scan of it."""

    low_pitch: float = 3.0
    high_pitch: float = 6.0

    bounds: ClassVar[tuple[float, float]] = (2, 64)

    def add_noise(self, picture: Picture, rng: np.random.Generator) -> Picture:
        return halftone(picture, rng.uniform(self.low_pitch, self.high_pitch), rng)
