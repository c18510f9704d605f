"""All metrics of single pictures that need no network, computed together."""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from mangagan.evaluate.metrics import pixels, ssim
from mangagan.evaluate.metrics.fidelity import ink_fidelity, paper_fidelity
from mangagan.evaluate.metrics.histogram import ab_histogram, histogram_distance
from mangagan.evaluate.metrics.pixels import Pictures


class MaskedMetric(NamedTuple):
    """A metric of each picture of a batch, and for which pictures it is defined."""

    values: Float[Array, " b"]
    mask: Bool[Array, " b"]


def pixel_metrics(
    pictures: Pictures, truth: Pictures, source: Float[Array, "b h w 1"], mask: Bool[Array, " b"]
) -> dict[str, MaskedMetric]:
    """Return all metrics of pictures that need no network.

    Those of the bare input are the baseline of predicting no colour. Ink and paper are undefined for pages that have
    none; SSIM and MS-SSIM are left out if pictures are too small for them. Meant to be jitted as a whole, so that
    conversions to Lab are shared.

    Args:
        pictures: sRGB in [-1, 1].
        truth: sRGB in [-1, 1].
        source: The grey input in [-1, 1].
        mask: False for pictures that only fill up the batch.

    Raises:
        ValueError: Pictures, truth or sources differ in size.
    """
    if pictures.shape != truth.shape:
        raise ValueError(f"pictures of {pictures.shape} (b, h, w, c) and a truth of {truth.shape}: sizes must agree")
    bare = jnp.broadcast_to(source, truth.shape)
    ink, paper = ink_fidelity(pictures, truth, source), paper_fidelity(pictures, source)
    of_every_page = {
        "psnr": pixels.psnr(pictures, truth),
        "psnr_input": pixels.psnr(bare, truth),
        "psnr_ab": pixels.psnr_ab(pictures, truth),
        **_similarities(pictures, truth),
        "ciede2000": pixels.mean_ciede2000(pictures, truth),
        "ciede2000_input": pixels.mean_ciede2000(bare, truth),
        "l1": pixels.mean_absolute_error(pictures, truth),
        "ab_histogram": histogram_distance(ab_histogram(pictures), ab_histogram(truth)),
        "colorfulness": pixels.colorfulness(pictures),
        "colorfulness_truth": pixels.colorfulness(truth),
        "chroma": pixels.chroma(pictures),
        "chroma_truth": pixels.chroma(truth),
    }
    has_ink, has_paper = mask & (ink.share > 0), mask & (paper.share > 0)
    return {name: MaskedMetric(values, mask) for name, values in of_every_page.items()} | {
        "ink": MaskedMetric(ink.difference, has_ink),
        "paper": MaskedMetric(paper.difference, has_paper),
        "paper_truth": MaskedMetric(paper_fidelity(truth, source).difference, has_paper),
    }


def _similarities(pictures: Pictures, truth: Pictures) -> dict[str, Array]:
    shortest = min(pictures.shape[1:3])
    if shortest >= ssim.SMALLEST_OF_FIVE:
        return dict(zip(("ssim", "ms_ssim"), ssim.similarities(pictures, truth), strict=True))
    return {"ssim": ssim.structural_similarity(pictures, truth)} if shortest >= ssim.SMALLEST else {}
