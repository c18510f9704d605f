"""A trial: a network, the pages on which it is evaluated, and its metrics as numbers and as tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from mangagan.evaluate.colorization.predictions import evaluate_predictions
from mangagan.evaluate.colorization.session import EvaluationOptions
from mangagan.evaluate.protocol import Protocol
from mangagan.images.picture import Pixels
from mangagan.infer.network import Network
from mangagan.trial.characters import CharacterBoxes, color_deviation
from mangagan.trial.palette_modes import PaletteMode, TrialPages, mode_palettes
from mangagan.trial.paper_areas import mean_difference, measure_areas
from mangagan.trial.predict_pages import Condition, predict_pages
from mangagan.trial.trial_pages import INPUT_TITLES, TrialInput, keep_picture, make_input

_METRICS_WITH_INTERVAL = ("ciede2000", "psnr", "ssim", "lpips_alex")
# The metrics under one condition by their names: a mean, or with an interval over works [mean, low, high].
Found = dict[str, Any]

_PERCENTAGES = {
    "colorfulness": "colourfulness, % of the truth's",
    "filled": "chroma off the paper, % of the truth's",
}
_TITLES = {
    "ciede2000": "CIEDE2000 ↓",
    "psnr": "PSNR, dB ↑",
    "ssim": "SSIM ↑",
    "lpips_alex": "LPIPS (Alex) ↓",
    "vfd": "VFD ↓",
    "paper": "chroma on the paper ↓",
} | _PERCENTAGES


@dataclass
class Trial:
    """A network and the pages on which it is evaluated.

    Attributes:
        network: The network that colours the pages.
        pages: The true pages.
        folder: The folder of all pictures; it has the true pages in `truth`.
        perceptual: Whether LPIPS and VFD are measured.
    """

    network: Network
    pages: TrialPages
    folder: Path
    perceptual: bool = True
    _inputs: dict[TrialInput, dict[str, Pixels]] = field(default_factory=dict)

    def inputs(self, kind: TrialInput) -> dict[str, Pixels]:
        """Return the pages as the network sees them."""
        if kind not in self._inputs:
            self._inputs[kind] = {
                name: keep_picture(self.folder / kind, name, partial(make_input, pixels, kind, name))
                for name, pixels in self.pages.truth.items()
            }
        return self._inputs[kind]

    def predict(self, condition: Condition) -> dict[str, Pixels]:
        """Return the coloured pages."""
        inputs = self.inputs(condition.kind)
        palettes = mode_palettes(condition.mode, self.pages, inputs)
        return predict_pages(self.network, condition, inputs, self.pages.truth, palettes, self.folder)

    def metrics(self, condition: Condition) -> Found:
        """Return the metrics of the coloured pages."""
        return self._metrics(condition.kind, condition.name, self.predict(condition))

    def bare(self, kind: TrialInput) -> Found:
        """Return the metrics of the inputs themselves, as if they were predictions."""
        return self._metrics(kind, kind, self.inputs(kind))

    def between_sizes(self, kind: TrialInput, mode: PaletteMode, sizes: tuple[int, ...]) -> float:
        """Return the mean CIEDE2000 between the pages coloured at two working sizes, over all pairs of sizes."""
        predictions = [self.predict(Condition(kind, mode, size)) for size in sizes]
        pairs = [(one, other) for i, one in enumerate(predictions) for other in predictions[:i]]
        return sum(mean_difference((one[name], other[name]) for name in one) for one, other in pairs) / len(pairs)

    def at_sizes(self, kind: TrialInput, mode: PaletteMode, sizes: tuple[int, ...]) -> dict[str, float]:
        """Return the mean CIEDE2000 between coloured and true pages at each working size."""
        predictions = {str(size): self.predict(Condition(kind, mode, size)) for size in sizes}
        truth = self.pages.truth
        return {
            size: mean_difference((pages[name], truth[name]) for name in pages) for size, pages in predictions.items()
        }

    def spreads(self, kind: TrialInput, modes: Iterable[PaletteMode], characters: CharacterBoxes) -> dict[str, float]:
        """Return `color_deviation` of the true pages ("truth") and of the pages coloured in each mode."""
        shown = {"truth": self.pages.truth} | {mode: self.predict(Condition(kind, mode)) for mode in modes}
        return {name: color_deviation(characters, pages, self.pages.works) for name, pages in shown.items()}

    def _metrics(self, kind: TrialInput, name: str, pages: Mapping[str, Pixels]) -> Found:
        # Metrics about ink and paper compare with the source: for grey pages the evaluation derives it from the truth.
        source = self.folder / kind if kind != "gray" else None
        options = EvaluationOptions(perceptual=self.perceptual, progress=False)
        result = evaluate_predictions(
            self.folder / name, self.folder / "truth", Protocol("native"), options, source=source
        )
        (result_kind,) = result.kinds
        summary, whole = result.summary()[result_kind], result.whole.get(result_kind, {})
        metrics: Found = {
            metric: [summary[metric].mean, summary[metric].low, summary[metric].high]
            for metric in _METRICS_WITH_INTERVAL
            if metric in summary
        }
        chroma = measure_areas((pages[name], self.pages.truth[name]) for name in pages)
        metrics |= {"vfd": whole["vfd"]} if "vfd" in whole else {}
        metrics["colorfulness"] = summary["colorfulness"].mean / summary["colorfulness_truth"].mean
        return metrics | {"paper": chroma.paper, "filled": chroma.filled / chroma.filled_truth}


def table(kind: TrialInput, columns: Mapping[str, Found]) -> str:
    """Return a Markdown table with a row for each metric and a column for each condition.

    Args:
        kind: The kind of input.
        columns: The metrics of each condition by its title, such as "bare" (the input itself) or "own".
    """
    lines = [f"| {INPUT_TITLES[kind]} | {' | '.join(columns)} |", f"|---|{'---:|' * len(columns)}"]
    for metric, title in _TITLES.items():
        if any(metric in column for column in columns.values()):
            cells = [_cell(metric, column.get(metric)) for column in columns.values()]
            lines.append(f"| {title} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(metric: str, value: Any) -> str:
    if value is None:
        return ""
    if metric in _PERCENTAGES:
        return f"{100 * value:.0f} %"
    digits = 4 if metric in {"ssim", "lpips_alex"} else 2
    mean, low, high = value if isinstance(value, list) else (value, None, None)
    interval = "" if low is None else f" [{low:.{digits}f}, {high:.{digits}f}]"
    return f"{mean:.{digits}f}{interval}"
