"""Degradations of the input: none, holes, or noise; sampled anew for every example of every step."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from grain.transforms import RandomMap
from jaxtyping import Float

from mangagan.color import LUMINANCE
from mangagan.data.degradation.masks import HOLE_KINDS, deepfill_mask, draw_mask
from mangagan.data.degradation.noise import gaussian, quantize
from mangagan.data.degradation.noise_settings import Gaussian, Halftone, Jpeg, Poisson, SaltAndPepper, Speckle

Picture = Float[np.ndarray, "h w c"]


@dataclass(frozen=True)
class Undamaged:
    """No degradation; the base class of the others."""

    # Names of the float32 maps [h w 1] that a degradation adds to an example.
    maps: ClassVar[tuple[str, ...]] = ()

    def check(self) -> None:
        """Check the values; not done at construction, since overrides may pass through invalid combinations."""

    def degrade(self, picture: Picture, rng: np.random.Generator) -> dict[str, Picture]:
        """Degrade a picture.

        Args:
            picture: [h w c] in [-1, 1].
            rng: the random generator of the example.

        Returns:
            "input" [h w c], the maps, and "target" where that changes, too.
        """
        del rng
        return {"input": picture}


@dataclass(frozen=True)
class Holes(Undamaged):
    """Holes of mid grey (0), where "mask" is 1, over a share of the picture between `low` and `high`.

    `kinds` are names of `masks.HOLE_KINDS`, separated by commas; each mask has one or several of them.
    """

    kinds: str = ",".join(HOLE_KINDS)
    low: float = 0.01
    high: float = 0.6

    maps: ClassVar[tuple[str, ...]] = ("mask",)

    def check(self) -> None:
        for kind in self._kinds:
            if kind not in HOLE_KINDS:
                raise ValueError(f'Holes kinds={self.kinds}: there is no "{kind}"; there are {",".join(HOLE_KINDS)}')
        if not 0 <= self.low <= self.high <= 1:
            raise ValueError(f"Holes low={self.low} high={self.high}: it must be 0 <= low <= high <= 1")

    def degrade(self, picture: Picture, rng: np.random.Generator) -> dict[str, Picture]:
        height, width, _ = picture.shape
        return _with_holes(picture, draw_mask(height, width, rng, self.low, self.high, self._kinds))

    @property
    def _kinds(self) -> tuple[str, ...]:
        return tuple(kind.strip() for kind in self.kinds.split(","))


@dataclass(frozen=True)
class FreeForm(Undamaged):
    """Holes of mid grey (0), where "mask" is 1: a rectangle and brush strokes, as in the training of DeepFillv2."""

    maps: ClassVar[tuple[str, ...]] = ("mask",)

    def degrade(self, picture: Picture, rng: np.random.Generator) -> dict[str, Picture]:
        height, width, _ = picture.shape
        return _with_holes(picture, deepfill_mask(height, width, rng))


@dataclass(frozen=True)
class Noise(Undamaged):
    """Noise of one kind.

    With `known` there is the constant map "sigma", the standard deviation for pictures in [0, 1]. With `rounded` the
    result is clipped to [-1, 1] and quantised to 8 bits, as in a file. A share `gray` of colour pictures becomes grey,
    "target" as well, with the same noise in all channels, as in scans of manga.
    """

    kind: Gaussian | SaltAndPepper | Speckle | Poisson | Jpeg | Halftone = field(default_factory=Gaussian)
    known: bool = False
    rounded: bool = True
    gray: float = 0.0

    @property
    def maps(self) -> tuple[str, ...]:  # type: ignore[override]
        return ("sigma",) if self.known else ()

    def check(self) -> None:
        self.kind.check()
        if not 0 <= self.gray <= 1:
            raise ValueError(f"Noise gray={self.gray}: a share must be 0 to 1")
        if self.known and not isinstance(self.kind, Gaussian):
            raise ValueError(f"Noise known=True: {type(self.kind).__name__} has no sigma; use Gaussian, or known=False")

    def degrade(self, picture: Picture, rng: np.random.Generator) -> dict[str, Picture]:
        # Without `gray` no random number is drawn for it, so that it does not change the noise.
        if not self.gray or rng.random() >= self.gray:
            return self._noisy(picture, rng)
        clean = picture @ LUMINANCE[:, None]
        return {"target": np.repeat(clean, 3, -1)} | {
            name: np.repeat(array, 3, -1) if name == "input" else array
            for name, array in self._noisy(clean, rng).items()
        }

    def _noisy(self, picture: Picture, rng: np.random.Generator) -> dict[str, Picture]:
        arrays: dict[str, Picture] = {}
        if self.known and isinstance(self.kind, Gaussian):
            sigma = self.kind.sigma(rng)
            noisy = gaussian(picture, sigma, rng)
            arrays["sigma"] = np.full((*picture.shape[:2], 1), sigma / 255, np.float32)
        else:
            noisy = self.kind.add_noise(picture, rng)
        return arrays | {"input": quantize(noisy) if self.rounded else noisy}


Degradation = Undamaged | Holes | FreeForm | Noise


@dataclass(frozen=True)
class Degrade(RandomMap):
    """Degrades the input of an example."""

    degradation: Degradation

    def random_map(self, arrays: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
        return arrays | self.degradation.degrade(arrays["input"], rng)


def _with_holes(picture: Picture, mask: Float[np.ndarray, "h w 1"]) -> dict[str, Picture]:
    return {"input": np.where(mask > 0, np.float32(0), picture), "mask": mask}
