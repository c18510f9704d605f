"""The metrics by name: their titles, which direction is better, and how their values are written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Metric(NamedTuple):
    """How a metric is written, and which direction is better.

    Attributes:
        title: The name for people, with its unit after a comma.
        better: 1 if higher is better, -1 if lower is better, 0 if neither (the truth's value is the aim).
        digits: Decimal places of a value.
    """

    title: str
    better: int
    digits: int

    @property
    def heading(self) -> str:
        """The title with an arrow in the better direction, after a non-breaking space."""
        return self.title + {1: "\u00a0↑", -1: "\u00a0↓", 0: ""}[self.better]

    def format(self, value: float, sign: str = "") -> str:
        """Return a value as text; with the sign "+" a difference of two values, always signed."""
        return f"{value:{sign}.{self.digits}f}"

    def interval(self, low: float | None, high: float | None, sign: str = "") -> str:
        """Return an interval as text, "" if there is none."""
        return "" if low is None or high is None else f"[{self.format(low, sign)}, {self.format(high, sign)}]"

    def best(self, means: Mapping[str, float]) -> set[str]:
        """Return the runs with the best mean as printed; none if the runs do not differ or no direction is better.

        Means that are equal as printed are both the best: of two equal numbers neither may be marked.
        """
        printed = {run: self.better * round(mean, self.digits) for run, mean in means.items()}
        if not self.better or len(set(printed.values())) < 2:
            return set()
        return {run for run, mean in printed.items() if mean == max(printed.values())}


METRICS: dict[str, Metric] = {
    "psnr": Metric("PSNR (RGB), dB", 1, 2),
    "psnr_input": Metric("PSNR (RGB) of the bare input, dB", 0, 2),
    "psnr_ab": Metric("PSNR (ab), dB", 1, 2),
    "ssim": Metric("SSIM", 1, 4),
    "ms_ssim": Metric("MS-SSIM", 1, 4),
    "ciede2000": Metric("CIEDE2000", -1, 2),
    "ciede2000_input": Metric("CIEDE2000 of the bare input", 0, 2),
    "l1": Metric("L1", -1, 4),
    "lpips_alex": Metric("LPIPS (Alex)", -1, 4),
    "lpips_vgg": Metric("LPIPS (VGG)", -1, 4),
    "ab_histogram": Metric("ab histogram distance", -1, 4),
    "consistency": Metric("consistency error", -1, 4),
    "drift": Metric("drift", 0, 4),
    "ink": Metric("ink, CIE76 to source", -1, 2),
    "paper": Metric("paper, CIE76 to source", 0, 2),
    "paper_truth": Metric("paper, CIE76 of the truth to source", 0, 2),
    "colorfulness": Metric("colourfulness (signed)", 0, 2),
    "colorfulness_truth": Metric("colourfulness of the truth (signed)", 0, 2),
    "chroma": Metric("chroma", 0, 2),
    "chroma_truth": Metric("chroma of the truth", 0, 2),
    "vfd": Metric("VFD", -1, 2),
    "vgg_kernel": Metric("kernel distance (VGG)", -1, 5),
    "fid": Metric("FID", -1, 2),
    "inception_kernel": Metric("KID", -1, 5),
}


def metric_named(name: str) -> Metric:
    """Return the metric of a name; one that `METRICS` lacks has its name as title and no better direction."""
    return METRICS.get(name, Metric(name, 0, 4))


def bare_input_text(means: Mapping[str, float]) -> str:
    """Return a sentence with the metrics of the bare input, the baseline of changing nothing; "" without any.

    Args:
        means: Means by the names of metrics; those of the bare input end in `_input`.
    """
    bare = [(metric, means[f"{name}_input"]) for name, metric in METRICS.items() if f"{name}_input" in means]
    parts = [(metric.title.partition(", "), metric.format(mean)) for metric, mean in bare]
    listed = ", ".join(f"{title} {value} {unit}".rstrip() for (title, _, unit), value in parts)
    return f"The bare input has {listed}." if listed else ""
