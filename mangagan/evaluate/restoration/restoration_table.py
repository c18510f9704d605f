"""The result of a restorer as text for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from mangagan.data.degradation.degrade import Noise
from mangagan.evaluate.restoration.conditions import FILLS
from mangagan.evaluate.restoration.restoration import REFINED
from mangagan.evaluate.result import MetricValues, PageMetrics, Result
from mangagan.evaluate.table import markdown_table

# Colour PSNR on CBSD68 in dB, under noise that is neither clipped nor rounded: of published weights (one DnCNN for each
# sigma, and the blind one), and from the paper of FFDNet, which takes sigma as an input.
PUBLISHED: Mapping[str, Mapping[str, float]] = {
    "DnCNN, color (its weights, CBSD68)": {"sigma 15": 33.98, "sigma 25": 31.30, "sigma 50": 28.00},
    "DnCNN, color, blind (its weights, CBSD68)": {"sigma 15": 33.88, "sigma 25": 31.22, "sigma 50": 27.91},
    "FFDNet, color (published, CBSD68)": {"sigma 25": 31.21},
}
_CLIPPED = "clipped and rounded to 8 bits, those of the other metrics were not"
_AS_DRAWN = "neither clipped nor rounded, as those of the other metrics"


def denoising_text(result: Result, trained: Noise, tested: Mapping[str, Noise]) -> str:
    """Return the table of a denoiser, and what must be known of the noise to read it.

    Args:
        result: The result of `evaluate_denoiser`.
        trained: The noise of the training.
        tested: The noises of the evaluation.
    """
    table = denoising_table(result)
    if not any(kind.startswith("sigma") for kind in tested):
        return table
    rounded = all(noise.rounded for noise in tested.values())
    note = f"The noisy pictures were {_CLIPPED if rounded else _AS_DRAWN}."
    if trained.rounded != rounded:
        note += f" The run was trained on noise that was {'' if trained.rounded else 'not '}rounded."
    return f"{table}\n{note}"


def denoising_table(result: Result) -> str:
    """Return PSNR by noise: of the noisy pictures, of the run, and published results for these kinds of noise."""
    means = _means(result.pages)
    rows = [
        ["noisy", *(f"{metrics['psnr_input']:.2f}" for metrics in means.values())],
        ["this run", *(f"{metrics['psnr']:.2f}" for metrics in means.values())],
    ]
    for name, known in PUBLISHED.items():
        if known.keys() & means.keys():
            rows.append([name, *(f"{known[noise]:.2f}" if noise in known else "-" for noise in means)])
    return markdown_table(["PSNR, dB", *means], rows)


def inpainting_text(result: Result) -> str:
    """Return the table of an inpainter, and how often its picture beats the trivial fills."""
    return f"{inpainting_table(result)}\n{classes_won(result)}"


def inpainting_table(result: Result) -> str:
    """Return L1, PSNR and SSIM by class of area: of the fills, the stages and the prediction."""
    columns = _columns(result)
    rows = [[area, *(_cell(means[area]) for means in columns.values())] for area in result.kinds]
    return markdown_table(["hole, L1 % / PSNR dB / SSIM", *columns], rows)


def classes_won(result: Result, stage: str = REFINED) -> str:
    """Return a line for each trivial fill: in how many classes of area a stage is better, by each metric."""
    columns, signs = _columns(result), {"l1": -1, "psnr": 1, "ssim": 1}

    def line(fill: str) -> str:
        counts = {
            name: sum(sign * (columns[stage][area][name] - columns[fill][area][name]) > 0 for area in result.kinds)
            for name, sign in signs.items()
        }
        listed = ", ".join(f"by {name.upper()} in {count}" for name, count in counts.items())
        return f"{stage} beats {fill} {listed} of {len(result.kinds)} classes"

    return "\n".join(line(fill) for fill in FILLS)


def _cell(means: MetricValues) -> str:
    return f"{100 * means['l1']:.2f} / {means['psnr']:.2f} / {means['ssim']:.3f}"


def _columns(result: Result) -> dict[str, dict[str, MetricValues]]:
    outputs = {name: _means(pages) for name, pages in result.baselines.items()}
    return outputs | {REFINED: _means(result.pages)}


def _means(pages: Sequence[PageMetrics]) -> dict[str, MetricValues]:
    """Return the mean of each metric by kind of input."""
    values: dict[str, dict[str, list[float]]] = {}
    for page in pages:
        for name, value in page.metrics.items():
            values.setdefault(page.kind, {}).setdefault(name, []).append(value)
    return {kind: {name: float(np.mean(of)) for name, of in metrics.items()} for kind, metrics in values.items()}
