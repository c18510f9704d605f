"""The figures by name, and all of those that need no network, computed together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from mangagan.evaluate.metrics import ssim
from mangagan.evaluate.metrics.fidelity import ink_fidelity, paper_fidelity
from mangagan.evaluate.metrics.histogram import ab_histogram, histogram_distance
from mangagan.evaluate.metrics.pixels import (
    Pictures,
    ab_peak_ratio,
    absolute_difference,
    chroma,
    color_difference,
    colorfulness,
    peak_ratio,
)


class Figure(NamedTuple):
    """How a figure is written, and which way is better: 1 the higher, -1 the lower, 0 neither (near the truth's)."""

    title: str
    better: int
    digits: int

    @property
    def heading(self) -> str:
        """Its title with an arrow, after a blank that does not break, in the direction that is better."""
        return self.title + {1: "\u00a0↑", -1: "\u00a0↓", 0: ""}[self.better]

    def written(self, value: float, sign: str = "") -> str:
        """A value of it; with "+" a difference of two, which always has its sign."""
        return f"{value:{sign}.{self.digits}f}"

    def interval(self, low: float | None, high: float | None, sign: str = "") -> str:
        """An interval, "" where there is none."""
        return "" if low is None or high is None else f"[{self.written(low, sign)}, {self.written(high, sign)}]"

    def best(self, means: Mapping[str, float]) -> set[str]:
        """Of runs' means the best as printed, where there is something to choose.

        Who sees two equal numbers must not see one of them as the better.
        """
        printed = {run: self.better * round(mean, self.digits) for run, mean in means.items()}
        if not self.better or len(set(printed.values())) < 2:
            return set()
        return {run for run, mean in printed.items() if mean == max(printed.values())}


FIGURES: dict[str, Figure] = {
    "psnr": Figure("PSNR (RGB), dB", 1, 2),
    "psnr_input": Figure("PSNR (RGB) of the bare input, dB", 0, 2),
    "psnr_ab": Figure("PSNR (ab), dB", 1, 2),
    "ssim": Figure("SSIM", 1, 4),
    "ms_ssim": Figure("MS-SSIM", 1, 4),
    "ciede2000": Figure("CIEDE2000", -1, 2),
    "ciede2000_input": Figure("CIEDE2000 of the bare input", 0, 2),
    "l1": Figure("L1", -1, 4),
    "lpips_alex": Figure("LPIPS (Alex)", -1, 4),
    "lpips_vgg": Figure("LPIPS (VGG)", -1, 4),
    "ab_histogram": Figure("ab histogram distance", -1, 4),
    "consistency": Figure("consistency error", -1, 4),
    "drift": Figure("drift", 0, 4),
    "ink": Figure("ink, CIE76 to source", -1, 2),
    "paper": Figure("paper, CIE76 to source", 0, 2),
    "paper_truth": Figure("paper, CIE76 of the truth to source", 0, 2),
    "colorfulness": Figure("colourfulness (signed)", 0, 2),
    "colorfulness_truth": Figure("colourfulness of the truth (signed)", 0, 2),
    "chroma": Figure("chroma", 0, 2),
    "chroma_truth": Figure("chroma of the truth", 0, 2),
    "vfd": Figure("VFD", -1, 2),
    "vgg_kernel": Figure("kernel distance (VGG)", -1, 5),
    "fid": Figure("FID", -1, 2),
    "inception_kernel": Figure("KID", -1, 5),
}


def figure_of(name: str) -> Figure:
    """How a figure is written; one that FIGURES lacks goes by its own name."""
    return FIGURES.get(name, Figure(name, 0, 4))


def bare_input_said(means: Mapping[str, float]) -> str:
    """What painting nothing scores, of means of which some are named like a figure with `_input` behind it."""
    bare = [(figure, means[f"{name}_input"]) for name, figure in FIGURES.items() if f"{name}_input" in means]
    parts = [(figure.title.partition(", "), figure.written(mean)) for figure, mean in bare]
    said = ", ".join(f"{title} {value} {unit}".rstrip() for (title, _, unit), value in parts)
    return f"The bare input has {said}." if said else ""


class Measured(NamedTuple):
    """A figure of each picture of a batch, and for which pictures there is one."""

    values: Float[Array, " b"]
    mask: Bool[Array, " b"]


def pixel_figures(
    pictures: Pictures, truth: Pictures, source: Float[Array, "b h w 1"], mask: Bool[Array, " b"]
) -> dict[str, Measured]:
    """The figures of pictures against their truth and their grey source, all in [-1, 1], that need no network.

    Those of the bare input say what painting nothing is worth. `mask` is false for what fills up a batch. Ink and paper
    are left out of pages that have none, SSIM and MS-SSIM where pictures are too small for them. Meant to be jitted
    whole: conversions are shared. Raises ValueError for pictures, truth or sources of different sizes.
    """
    if pictures.shape != truth.shape:
        raise ValueError(f"pictures of {pictures.shape} (b, h, w, c) and a truth of {truth.shape}: sizes must agree")
    bare = jnp.broadcast_to(source, truth.shape)
    ink, paper = ink_fidelity(pictures, truth, source), paper_fidelity(pictures, source)
    everywhere = {
        "psnr": peak_ratio(pictures, truth),
        "psnr_input": peak_ratio(bare, truth),
        "psnr_ab": ab_peak_ratio(pictures, truth),
        **_similarities(pictures, truth),
        "ciede2000": color_difference(pictures, truth),
        "ciede2000_input": color_difference(bare, truth),
        "l1": absolute_difference(pictures, truth),
        "ab_histogram": histogram_distance(ab_histogram(pictures), ab_histogram(truth)),
        "colorfulness": colorfulness(pictures),
        "colorfulness_truth": colorfulness(truth),
        "chroma": chroma(pictures),
        "chroma_truth": chroma(truth),
    }
    inked, papered = mask & (ink.share > 0), mask & (paper.share > 0)
    return {name: Measured(values, mask) for name, values in everywhere.items()} | {
        "ink": Measured(ink.difference, inked),
        "paper": Measured(paper.difference, papered),
        "paper_truth": Measured(paper_fidelity(truth, source).difference, papered),
    }


def _similarities(pictures: Pictures, truth: Pictures) -> dict[str, Array]:
    shortest = min(pictures.shape[1:3])
    if shortest >= ssim.SMALLEST_OF_FIVE:
        return dict(zip(("ssim", "ms_ssim"), ssim.similarities(pictures, truth), strict=True))
    return {"ssim": ssim.structural_similarity(pictures, truth)} if shortest >= ssim.SMALLEST else {}
