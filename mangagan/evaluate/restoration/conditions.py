"""Conditions for evaluating restorers: noise of known strength, and holes by the share of the picture they cover."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from jaxtyping import Float, UInt8

from mangagan.color import from_bytes, to_bytes
from mangagan.data.degradation.degrade import Gaussian, Noise
from mangagan.data.degradation.masks import AREA_CLASSES, draw_class
from mangagan.evaluate.metrics.ssim import structural_similarity
from mangagan.evaluate.restoration.trivial_fills import biharmonic, mean_color, smooth
from mangagan.evaluate.true_pages import Pixels, TruePage

Batch = dict[str, Any]
MetricValues = dict[str, float]
FILLS = {"mean color": mean_color, "biharmonic": biharmonic, "smooth": smooth}


@dataclass(frozen=True)
class Denoising:
    """Kinds of noise by name, added to whole pictures; drawn from the seed and the names of picture and noise."""

    noises: Mapping[str, Noise]
    seed: int = 0

    def metrics(self, predict: Callable[[Batch], Any], page: TruePage, pixels: Pixels) -> dict[str, MetricValues]:
        """Return by noise the PSNR in dB of the noisy input and of the output, each clipped and rounded to 8 bits.

        Args:
            predict: Takes "input" [1 h w 3] in [-1, 1], and "sigma" [1 h w 1] of a known noise; returns [1 h w 3].
            page: The picture.
            pixels: Its pixels, 8 bits.
        """
        return {name: self._under(name, predict, page, pixels) for name in self.noises}

    def _under(self, name: str, predict: Callable[[Batch], Any], page: TruePage, pixels: Pixels) -> MetricValues:
        damaged = self.noises[name].degrade(from_bytes(pixels), page.rng(self.seed, f"noise {name}"))
        output = np.asarray(predict({key: array[None] for key, array in damaged.items()}))[0]
        return {
            "psnr": _decibels(to_bytes(output), pixels),
            "psnr_input": _decibels(to_bytes(damaged["input"]), pixels),
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
        self, stages: Callable[[Batch], Mapping[str, Any]], page: TruePage, pixels: Pixels
    ) -> dict[str, dict[str, MetricValues]]:
        """Return by class and fill: L1 (white is 1), PSNR in dB, and SSIM.

        Args:
            stages: Takes "input" [c h w 3] in [-1, 1] and "mask" [c h w 1] of all classes c; returns pictures
                [c h w 3] by the names of the model's stages.
            page: The picture.
            pixels: Its pixels, 8 bits.
        """
        masks = np.stack([self.mask(page, pixels, name) for name in area_names()])
        holes = masks[..., 0] > 0
        pictures = np.where(masks > 0, np.float32(0), from_bytes(pixels))
        fills = {name: np.stack([fill(pixels, hole) for hole in holes]) for name, fill in FILLS.items()}
        fills |= {name: to_bytes(np.asarray(out)) for name, out in stages({"input": pictures, "mask": masks}).items()}
        measured = {name: _compared(filled, pixels) for name, filled in fills.items()}
        return {area: {name: metrics[n] for name, metrics in measured.items()} for n, area in enumerate(area_names())}

    def mask(self, page: TruePage, pixels: Pixels, area: str) -> Float[np.ndarray, "h w 1"]:
        """Return the mask of a class of area, 1 in the hole.

        Args:
            page: The picture.
            pixels: Its pixels, 8 bits; only their size counts.
            area: A name of `area_names`.
        """
        height, width = pixels.shape[:2]
        return draw_class(height, width, page.rng(self.seed, f"hole {area}"), area_names().index(area))


def area_names() -> list[str]:
    """Return the names of the classes of area: "1-10 %" and so on."""
    return [f"{100 * low:.0f}-{100 * high:.0f} %" for low, high in AREA_CLASSES]


def _decibels(picture: Pixels, pixels: Pixels) -> float:
    # In NumPy: folders have pictures of many sizes, and each would need a compilation.
    error = np.square(picture.astype(np.float64) - pixels).mean() / 255**2
    return float(-10 * np.log10(max(error, 1e-10)))


def _compared(filled: UInt8[np.ndarray, "c h w 3"], pixels: Pixels) -> list[MetricValues]:
    similar = np.asarray(_similarity(from_bytes(filled), np.broadcast_to(from_bytes(pixels), filled.shape)))
    return [
        {
            "l1": float(np.abs(picture.astype(np.float64) - pixels).mean() / 255),
            "psnr": _decibels(picture, pixels),
            "ssim": float(ssim),
        }
        for picture, ssim in zip(filled, similar, strict=True)
    ]


_similarity = jax.jit(structural_similarity)
