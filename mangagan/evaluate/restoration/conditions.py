"""Conditions for evaluating restorers: noise of known strength, and holes by the share of the picture they cover."""

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
from mangagan.evaluate.protocol import evenly_spaced, match_patterns
from mangagan.evaluate.restoration.trivial_fills import biharmonic, mean_color, smooth
from mangagan.images.decode import read_picture
from mangagan.images.files import image_files
from mangagan.images.names import natural_key

Pixels = UInt8[np.ndarray, "h w 3"]
Batch = dict[str, Any]
MetricValues = dict[str, float]
# Colour PSNR on CBSD68 in dB, under noise that is neither clipped nor rounded: of published weights (one DnCNN for each
# sigma, and the blind one), and from the paper of FFDNet, which takes sigma as an input.
PUBLISHED: Mapping[str, Mapping[str, float]] = {
    "DnCNN, color (its weights, CBSD68)": {"sigma 15": 33.98, "sigma 25": 31.30, "sigma 50": 28.00},
    "DnCNN, color, blind (its weights, CBSD68)": {"sigma 15": 33.88, "sigma 25": 31.22, "sigma 50": 27.91},
    "FFDNet, color (published, CBSD68)": {"sigma 25": 31.21},
}
FILLS = {"mean color": mean_color, "biharmonic": biharmonic, "smooth": smooth}


@dataclass(frozen=True)
class Truth:
    """An undamaged picture: its path below the folder, its work and its file."""

    name: str
    work: str
    file: Path

    def pixels(self) -> Pixels:
        """Return the picture in RGB. Raises UnusableFile for a broken file."""
        return np.asarray(read_picture(self.file.read_bytes())[0].convert("RGB"))

    def middle(self, size: int, window: int | None) -> Pixels:
        """Return its centre square of `window` (or `size`) pixels, scaled to `size`. Raises UnusableFile."""
        picture: Images = {"target": Image.fromarray(self.pixels())}
        return np.asarray(Crop(size, window or size).crop_at(picture, 1.0, 0.5, 0.5)["target"])

    def rng(self, seed: int, purpose: str) -> np.random.Generator:
        """Return a generator that depends on the seed, the picture's name and the purpose alone."""
        digest = sha256(f"{self.name}\n{purpose}".encode()).digest()
        return np.random.default_rng([seed, *np.frombuffer(digest[:16], "<u4").tolist()])


def truths(folder: Path, wanted: Sequence[str] = (), count: int | None = None) -> list[Truth]:
    """Return the pictures of a folder.

    Args:
        folder: A folder of any depth.
        wanted: Works, or patterns of pictures' names, as in `Data.held_out`; none: all.
        count: The most pictures, evenly spaced; None: all.

    Raises:
        ValueError: There is no folder, no picture, or no such work.
    """
    names = image_files(folder)
    work = works(names)
    kept = compress(names, match_patterns(wanted, list(work.items()), folder))
    # In the order of works, so that a few evenly spaced pictures are of many works.
    names = evenly_spaced(sorted(kept, key=lambda name: natural_key(work[name])), count)
    if not names:
        raise ValueError(f"there is no picture in {folder}")
    return [Truth(name, work[name], folder / name) for name in names]


@dataclass(frozen=True)
class Denoising:
    """Kinds of noise by name, added to whole pictures; drawn from the seed and the names of picture and noise."""

    noises: Mapping[str, Noise]
    seed: int = 0

    def metrics(self, predict: Callable[[Batch], Any], truth: Truth, pixels: Pixels) -> dict[str, MetricValues]:
        """Return by noise the PSNR in dB of the noisy input and of the output, each clipped and rounded to 8 bits.

        Args:
            predict: Takes "input" [1 h w 3] in [-1, 1], and "sigma" [1 h w 1] of a known noise; returns [1 h w 3].
            truth: The picture.
            pixels: Its pixels, 8 bits.
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
    """Return white Gaussian noise of each sigma, by name.

    Args:
        sigmas: Standard deviations, from 0 to 255.
        known: Whether the network takes sigma.
        rounded: Whether noisy pictures are clipped and rounded to 8 bits, as in a file; published results are not.
    """
    return {f"sigma {sigma}": Noise(Gaussian(sigma, sigma), known=known, rounded=rounded) for sigma in sigmas}


@dataclass(frozen=True)
class Inpainting:
    """One mask of each class of area for each picture, drawn from the seed and the picture's name.

    Metrics are those of the composed picture, known pixels included, rounded to 8 bits.
    """

    seed: int = 0

    def metrics(
        self, stages: Callable[[Batch], Mapping[str, Any]], truth: Truth, pixels: Pixels
    ) -> dict[str, dict[str, MetricValues]]:
        """Return by class and fill: L1 in % of white, PSNR in dB, and SSIM.

        Args:
            stages: Takes "input" [c h w 3] in [-1, 1] and "mask" [c h w 1] of all classes c; returns pictures
                [c h w 3] by the names of the model's stages.
            truth: The picture.
            pixels: Its pixels, 8 bits.
        """
        masks = np.stack([self.mask(truth, pixels, name) for name in area_names()])
        holes = masks[..., 0] > 0
        pictures = np.where(masks > 0, np.float32(0), from_bytes(pixels))
        fills = {name: np.stack([fill(pixels, hole) for hole in holes]) for name, fill in FILLS.items()}
        fills |= {name: to_bytes(np.asarray(out)) for name, out in stages({"input": pictures, "mask": masks}).items()}
        measured = {name: _compared(filled, pixels) for name, filled in fills.items()}
        return {area: {name: metrics[n] for name, metrics in measured.items()} for n, area in enumerate(area_names())}

    def mask(self, truth: Truth, pixels: Pixels, area: str) -> Float[np.ndarray, "h w 1"]:
        """Return the mask of a class of area, 1 in the hole.

        Args:
            truth: The picture.
            pixels: Its pixels, 8 bits; only their size counts.
            area: A name of `area_names`.
        """
        height, width = pixels.shape[:2]
        return draw_class(height, width, truth.rng(self.seed, f"hole {area}"), area_names().index(area))


def area_names() -> list[str]:
    """Return the names of the classes of area: "1-10 %" and so on."""
    return [f"{100 * low:.0f}-{100 * high:.0f} %" for low, high in AREA_CLASSES]


def mean(metrics: Iterable[Any]) -> Any:
    """Return the mean over pictures of nested metrics of equal form."""
    pictures = list(metrics)
    if isinstance(pictures[0], Mapping):
        return {name: mean(picture[name] for picture in pictures) for name in pictures[0]}
    return float(np.mean(pictures))


def _decibels(picture: Pixels, pixels: Pixels) -> float:
    # In NumPy: folders have pictures of many sizes, and each would need a compilation.
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
