"""How well damaged pictures are restored: noise of known strength, and holes by the share of the picture they cover."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import compress
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image

from mangagan.color import from_bytes, to_bytes
from mangagan.data.degradation.degrade import Gaussian, Noise
from mangagan.data.degradation.masks import AREA_CLASSES, draw_class
from mangagan.data.sources.entries import works
from mangagan.data.stream.transforms import Crop, Images
from mangagan.evaluate.metrics.ssim import structural_similarity
from mangagan.evaluate.protocol import chosen, spread
from mangagan.evaluate.restoration.trivial_fills import biharmonic, mean_color, smooth
from mangagan.images.decode import read_picture
from mangagan.images.files import image_files
from mangagan.images.names import natural_key

Pixels = UInt8[np.ndarray, "h w 3"]
Batch = dict[str, Any]
MetricValues = dict[str, float]
# Color PSNR on CBSD68 in dB by noise that is not clipped or rounded: what their published weights give (a DnCNN for
# each sigma; the blind one for all), and what the paper of FFDNet says, which is told sigma.
PUBLISHED: Mapping[str, Mapping[str, float]] = {
    "DnCNN, color (its weights, CBSD68)": {"sigma 15": 33.98, "sigma 25": 31.30, "sigma 50": 28.00},
    "DnCNN, color, blind (its weights, CBSD68)": {"sigma 15": 33.88, "sigma 25": 31.22, "sigma 50": 27.91},
    "FFDNet, color (published, CBSD68)": {"sigma 25": 31.21},
}
FILLS = {"mean color": mean_color, "biharmonic": biharmonic, "smooth": smooth}


@dataclass(frozen=True)
class Truth:
    """A sound picture's file, its name below the folder of all, and the work it belongs to."""

    name: str
    work: str
    file: Path

    def pixels(self) -> Pixels:
        """RGB. Raises UnusableFile where the file is broken."""
        return np.asarray(read_picture(self.file.read_bytes())[0].convert("RGB"))

    def middle(self, size: int, window: int | None) -> Pixels:
        """Its middle square of `window` (or `size`) pixels, as it is or smaller, scaled to `size`. Raises UnusableFile."""
        picture: Images = {"target": Image.fromarray(self.pixels())}
        return np.asarray(Crop(size, window or size).crop_at(picture, 1.0, 0.5, 0.5)["target"])

    def rng(self, seed: int, purpose: str) -> np.random.Generator:
        """Chance that depends on the seed, the picture's name and what it is for, and on nothing else."""
        digest = sha256(f"{self.name}\n{purpose}".encode()).digest()
        return np.random.default_rng([seed, *np.frombuffer(digest[:16], "<u4").tolist()])


def truths(folder: Path, wanted: Sequence[str] = (), count: int | None = None) -> list[Truth]:
    """A folder's pictures of the works chosen, or of all where none is named; `count` of them at most, evenly spread.

    A work is chosen by its name, or its pictures by a pattern of theirs, as `Data.held_out` names them. Raises
    ValueError where there is no folder, no picture, or no such work.
    """
    names = image_files(folder)
    work = works(names)
    kept = compress(names, chosen(wanted, list(work.items()), folder))
    # Work by work, so that few pictures, evenly spread, are of many works.
    names = spread(sorted(kept, key=lambda name: natural_key(work[name])), count)
    if not names:
        raise ValueError(f"there is no picture in {folder}")
    return [Truth(name, work[name], folder / name) for name in names]


@dataclass(frozen=True)
class Denoising:
    """Noises by name, each done to whole pictures, drawn from the seed, the picture's name and the noise's name."""

    noises: Mapping[str, Noise]
    seed: int = 0

    def metrics(self, predict: Callable[[Batch], Any], truth: Truth, pixels: Pixels) -> dict[str, MetricValues]:
        """By noise the PSNR of the noisy input and of the output, in dB, each clipped and rounded to 8 bits first.

        predict: takes "input" [1 h w 3], and "sigma" [1 h w 1] of a noise whose sigma is known, gives [1 h w 3].
        """
        return {name: self._under(name, predict, truth, pixels) for name in self.noises}

    def _under(self, name: str, predict: Callable[[Batch], Any], truth: Truth, pixels: Pixels) -> MetricValues:
        damaged = self.noises[name].degrade(from_bytes(pixels), truth.rng(self.seed, f"noise {name}"))
        output = np.asarray(predict({key: array[None] for key, array in damaged.items()}))[0]
        return {
            "input": _decibels(to_bytes(damaged["input"]), pixels),
            "output": _decibels(to_bytes(output), pixels),
        }


def white_noises(sigmas: Sequence[int], *, known: bool, rounded: bool) -> dict[str, Noise]:
    """White Gaussian noise of each sigma (8-bit units) by name; `rounded`: clipped and rounded to 8 bits, as a file is.

    Published metrics are of noise that is neither.
    """
    return {f"sigma {sigma}": Noise(Gaussian(sigma, sigma), known=known, rounded=rounded) for sigma in sigmas}


@dataclass(frozen=True)
class Inpainting:
    """One mask of each class of area for each picture, drawn from the seed and the picture's name.

    MetricValues are of the composed picture, known pixels included, rounded to 8 bits.
    """

    seed: int = 0

    def metrics(
        self, stages: Callable[[Batch], Mapping[str, Any]], truth: Truth, pixels: Pixels
    ) -> dict[str, dict[str, MetricValues]]:
        """By class and fill: L1 in % of white, PSNR in dB, and SSIM; the fills are FILLS and the model's stages.

        stages: takes "input" [c h w 3] and "mask" [c h w 1] for all classes c, gives pictures [c h w 3] by name.
        """
        masks = np.stack([self.mask(truth, pixels, name) for name in area_names()])
        holes = masks[..., 0] > 0
        pictures = np.where(masks > 0, np.float32(0), from_bytes(pixels))
        fills = {name: np.stack([fill(pixels, hole) for hole in holes]) for name, fill in FILLS.items()}
        fills |= {name: to_bytes(np.asarray(out)) for name, out in stages({"input": pictures, "mask": masks}).items()}
        judged = {name: _compared(filled, pixels) for name, filled in fills.items()}
        return {area: {name: metrics[n] for name, metrics in judged.items()} for n, area in enumerate(area_names())}

    def mask(self, truth: Truth, pixels: Pixels, area: str) -> Float[np.ndarray, "h w 1"]:
        """1 in the hole of a class of area."""
        height, width = pixels.shape[:2]
        return draw_class(height, width, truth.rng(self.seed, f"hole {area}"), area_names().index(area))


def area_names() -> list[str]:
    """The classes of area as they are written: "1-10 %" and so on."""
    return [f"{100 * low:.0f}-{100 * high:.0f} %" for low, high in AREA_CLASSES]


def mean(metrics: Iterable[Any]) -> Any:
    """The mean over pictures of nested metrics of one form, in their order."""
    pictures = list(metrics)
    if isinstance(pictures[0], Mapping):
        return {name: mean(picture[name] for picture in pictures) for name in pictures[0]}
    return float(np.mean(pictures))


def _decibels(picture: Pixels, pixels: Pixels) -> float:
    # In NumPy, unlike the metrics of colors: folders have pictures of many sizes, and each would be compiled for.
    error = np.square(picture.astype(np.float64) - pixels).mean() / 255**2
    return float(-10 * np.log10(max(error, 1e-10)))


def _compared(filled: UInt8[np.ndarray, "c h w 3"], pixels: Pixels) -> list[MetricValues]:
    similar = np.asarray(_similarity(from_bytes(filled), np.broadcast_to(from_bytes(pixels), filled.shape)))
    return [
        {
            "l1": float(np.abs(picture.astype(np.float64) - pixels).mean() / 2.55),
            "psnr": _decibels(picture, pixels),
            "ssim": float(ssim),
        }
        for picture, ssim in zip(filled, similar, strict=True)
    ]


_similarity = jax.jit(structural_similarity)
