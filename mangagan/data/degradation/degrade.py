"""What is done to an input before a network sees it: nothing, holes, or noise; new for every sample of every step."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from grain.transforms import RandomMap
from jaxtyping import Float

from mangagan.color import LUMINANCE
from mangagan.data.degradation.masks import KINDS, deepfill_mask, draw_mask
from mangagan.data.degradation.noise import gaussian, rounded
from mangagan.data.degradation.noise_settings import Gaussian, Halftone, Jpeg, Poisson, SaltAndPepper, Speckle

Picture = Float[np.ndarray, "h w c"]


@dataclass(frozen=True)
class Undamaged:
    """The input as it is."""

    # Names of the arrays [h w 1], float32, that a damage adds to the input.
    maps: ClassVar[tuple[str, ...]] = ()

    def check(self) -> None:
        """Raises ValueError for values that do not go together; they may for a moment, while they are overridden."""

    def damaged(self, picture: Picture, rng: np.random.Generator) -> dict[str, Picture]:
        """The damaged "input" [h w c] of a picture in [-1, 1], and the maps."""
        del rng
        return {"input": picture}


@dataclass(frozen=True)
class Holes(Undamaged):
    """Mid grey (0) where "mask" is 1: over a share of the picture that is drawn between `low` and `high`.

    `kinds`: names of `masks.KINDS` with commas between them; each mask has one or several of them.
    """

    kinds: str = ",".join(KINDS)
    low: float = 0.01
    high: float = 0.6

    maps: ClassVar[tuple[str, ...]] = ("mask",)

    def check(self) -> None:
        for kind in self._kinds:
            if kind not in KINDS:
                raise ValueError(f'Holes kinds={self.kinds}: there is no "{kind}"; there are {",".join(KINDS)}')
        if not 0 <= self.low <= self.high <= 1:
            raise ValueError(f"Holes low={self.low} high={self.high}: it must be 0 <= low <= high <= 1")

    def damaged(self, picture: Picture, rng: np.random.Generator) -> dict[str, Picture]:
        height, width, _ = picture.shape
        return _emptied(picture, draw_mask(height, width, rng, self.low, self.high, self._kinds))

    @property
    def _kinds(self) -> tuple[str, ...]:
        return tuple(kind.strip() for kind in self.kinds.split(","))


@dataclass(frozen=True)
class FreeForm(Undamaged):
    """Mid grey (0) where "mask" is 1: a rectangle and brush strokes, as DeepFillv2 learns from."""

    maps: ClassVar[tuple[str, ...]] = ("mask",)

    def damaged(self, picture: Picture, rng: np.random.Generator) -> dict[str, Picture]:
        height, width, _ = picture.shape
        return _emptied(picture, deepfill_mask(height, width, rng))


@dataclass(frozen=True)
class Noise(Undamaged):
    """Noise of one kind; with `known` there is "sigma", its deviation for pictures in [0, 1], everywhere the same.

    `rounded`: clipped to [-1, 1] and brought to 8 bits as in a file; otherwise values are as they were drawn. A share
    `gray` of color pictures becomes grey, "target" as well, with the same noise in all channels, as scans of manga are.
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
            raise ValueError(f"Noise gray={self.gray}: a share is 0 to 1")
        if self.known and not isinstance(self.kind, Gaussian):
            raise ValueError(f"Noise known=True: {type(self.kind).__name__} has no sigma to be known, Gaussian has")

    def damaged(self, picture: Picture, rng: np.random.Generator) -> dict[str, Picture]:
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
            noisy = self.kind.noisy(picture, rng)
        return arrays | {"input": rounded(noisy) if self.rounded else noisy}


Damage = Undamaged | Holes | FreeForm | Noise


@dataclass(frozen=True)
class Spoil(RandomMap):
    """Does a damage to the input of an example."""

    damage: Damage

    def random_map(self, arrays: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
        return arrays | self.damage.damaged(arrays["input"], rng)


def _emptied(picture: Picture, mask: Float[np.ndarray, "h w 1"]) -> dict[str, Picture]:
    return {"input": np.where(mask > 0, np.float32(0), picture), "mask": mask}
