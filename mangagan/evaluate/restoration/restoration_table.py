"""Metrics of restorers as Markdown."""

from __future__ import annotations

from collections.abc import Mapping

from mangagan.evaluate.restoration.conditions import FILLS, PUBLISHED, MetricValues
from mangagan.evaluate.table import markdown_table


def denoising_table(metrics: Mapping[str, MetricValues]) -> str:
    """Return PSNR by noise: of the noisy pictures, of the run, and published results for these kinds of noise."""
    rows = [
        ["noisy", *(f"{metrics[noise]['input']:.2f}" for noise in metrics)],
        ["this run", *(f"{metrics[noise]['output']:.2f}" for noise in metrics)],
    ]
    for name, known in PUBLISHED.items():
        if known.keys() & metrics.keys():
            rows.append([name, *(f"{known[noise]:.2f}" if noise in known else "-" for noise in metrics)])
    return markdown_table(["PSNR, dB", *metrics], rows)


def inpainting_table(metrics: Mapping[str, Mapping[str, MetricValues]]) -> str:
    """Return L1, PSNR and SSIM by class of area and fill."""
    fills = list(next(iter(metrics.values())))
    rows = [
        [area, *(f"{one['l1']:.2f} / {one['psnr']:.2f} / {one['ssim']:.3f}" for one in measured.values())]
        for area, measured in metrics.items()
    ]
    return markdown_table(["hole, L1 % / PSNR dB / SSIM", *fills], rows)


def classes_won(metrics: Mapping[str, Mapping[str, MetricValues]], stage: str) -> str:
    """Return a line for each trivial fill: in how many classes of area a stage is better, by each metric."""
    signs = {"l1": -1, "psnr": 1, "ssim": 1}

    def line(fill: str) -> str:
        counts = {
            name: sum(sign * (measured[stage][name] - measured[fill][name]) > 0 for measured in metrics.values())
            for name, sign in signs.items()
        }
        listed = ", ".join(f"by {name.upper()} in {count}" for name, count in counts.items())
        return f"{stage} beats {fill} {listed} of {len(metrics)} classes"

    return "\n".join(line(fill) for fill in FILLS)
