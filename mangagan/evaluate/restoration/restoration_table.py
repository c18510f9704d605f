"""Figures of restoration as Markdown."""

from __future__ import annotations

from collections.abc import Mapping

from mangagan.evaluate.restoration.conditions import FILLS, PUBLISHED, Figures
from mangagan.evaluate.table import rows_of


def denoising_table(figures: Mapping[str, Figures]) -> str:
    """PSNR by noise of the noisy pictures, the run, and what is published for these noises."""
    rows = [
        ["noisy", *(f"{figures[noise]['input']:.2f}" for noise in figures)],
        ["this run", *(f"{figures[noise]['output']:.2f}" for noise in figures)],
    ]
    for name, known in PUBLISHED.items():
        if known.keys() & figures.keys():
            rows.append([name, *(f"{known[noise]:.2f}" if noise in known else "-" for noise in figures)])
    return rows_of(["PSNR, dB", *figures], rows)


def inpainting_table(figures: Mapping[str, Mapping[str, Figures]]) -> str:
    """L1, PSNR and SSIM by class of area and fill."""
    fills = list(next(iter(figures.values())))
    rows = [
        [area, *(f"{one['l1']:.2f} / {one['psnr']:.2f} / {one['ssim']:.3f}" for one in judged.values())]
        for area, judged in figures.items()
    ]
    return rows_of(["hole, L1 % / PSNR dB / SSIM", *fills], rows)


def classes_won(figures: Mapping[str, Mapping[str, Figures]], stage: str) -> str:
    """A line for each fill that knows nothing: in how many classes of area a stage is better, by each figure."""
    signs = {"l1": -1, "psnr": 1, "ssim": 1}

    def line(fill: str) -> str:
        counts = {
            name: sum(sign * (judged[stage][name] - judged[fill][name]) > 0 for judged in figures.values())
            for name, sign in signs.items()
        }
        listed = ", ".join(f"by {name.upper()} in {count}" for name, count in counts.items())
        return f"{stage} beats {fill} {listed} of {len(figures)} classes"

    return "\n".join(line(fill) for fill in FILLS)
