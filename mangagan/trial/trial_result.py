"""All that a trial finds, as numbers for a program and as tables for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mangagan.evaluate.colorization.predictions import evaluate_predictions
from mangagan.evaluate.colorization.session import EvaluationOptions
from mangagan.evaluate.protocol import Protocol
from mangagan.images.picture import Pixels
from mangagan.infer.network import Network
from mangagan.trial.characters import Characters, spread
from mangagan.trial.palette_modes import Pages, Way, palettes
from mangagan.trial.paper_areas import areas, difference
from mangagan.trial.predict_pages import Look, paint
from mangagan.trial.trial_pages import KINDS, Kind, input_of, kept

_FIGURES = ("ciede2000", "psnr", "ssim", "lpips_alex")
_SHARES = {"colorfulness": "colourfulness, of the truth's", "filled": "chroma off the paper, of the truth's"}
_TITLES = {
    "ciede2000": "CIEDE2000 ↓",
    "psnr": "PSNR, dB ↑",
    "ssim": "SSIM ↑",
    "lpips_alex": "LPIPS (Alex) ↓",
    "vfd": "VFD ↓",
    "paper": "chroma on the paper ↓",
} | _SHARES
Found = dict[str, Any]


@dataclass
class Trial:
    """A network and the pages that it is judged by, of which the true ones are in `folder`/truth; all is kept there."""

    network: Network
    pages: Pages
    folder: Path
    perceptual: bool = True
    _inputs: dict[Kind, dict[str, Pixels]] = field(default_factory=dict)

    def inputs(self, kind: Kind) -> dict[str, Pixels]:
        """The pages as they are given to the network."""
        if kind not in self._inputs:
            self._inputs[kind] = {
                name: kept(self.folder / kind, name, lambda name=name: input_of(self.pages.truth[name], kind, name))  # type: ignore[misc]
                for name in self.pages.truth
            }
        return self._inputs[kind]

    def painted(self, look: Look) -> dict[str, Pixels]:
        """The pages in colour."""
        inputs = self.inputs(look.kind)
        chosen = palettes(look.way, self.pages, inputs)
        return paint(self.network, look, inputs, self.pages.truth, chosen, self.folder)

    def figures(self, look: Look) -> Found:
        """The figures of pages in colour by their names: a mean, or with an interval over works [mean, low, high]."""
        return self._judged(look.kind, look.name, self.painted(look))

    def bare(self, kind: Kind) -> Found:
        """The same figures of the inputs themselves."""
        return self._judged(kind, kind, self.inputs(kind))

    def between_sizes(self, kind: Kind, way: Way, sizes: tuple[int, ...]) -> float:
        """Mean CIEDE2000 between the pages as painted at two of the sizes, over all pairs of them."""
        found = [self.painted(Look(kind, way, size)) for size in sizes]
        pairs = [(one, other) for i, one in enumerate(found) for other in found[:i]]
        return sum(difference((one[name], other[name]) for name in one) for one, other in pairs) / len(pairs)

    def at_sizes(self, kind: Kind, way: Way, sizes: tuple[int, ...]) -> dict[str, float]:
        """Mean CIEDE2000 to the true pages of the pages as painted at each of the sizes."""
        found = {str(size): self.painted(Look(kind, way, size)) for size in sizes}
        truth = self.pages.truth
        return {size: difference((pages[name], truth[name]) for name in pages) for size, pages in found.items()}

    def spreads(self, kind: Kind, ways: Iterable[Way], characters: Characters) -> dict[str, float]:
        """Of the true pages, and as painted in each way, see `mangagan.trial.characters.spread`."""
        shown = {"truth": self.pages.truth} | {way: self.painted(Look(kind, way)) for way in ways}
        return {name: spread(characters, pages, self.pages.works) for name, pages in shown.items()}

    def _judged(self, kind: Kind, name: str, pages: Mapping[str, Pixels]) -> Found:
        source = self.folder / kind if kind != "gray" else None
        evaluation_options = EvaluationOptions(perceptual=self.perceptual, progress=False)
        result = evaluate_predictions(
            self.folder / name, self.folder / "truth", Protocol("native"), evaluation_options, source=source
        )
        (told,) = result.kinds
        summary = result.summary()[told]
        found: Found = {
            figure: [summary[figure].mean, summary[figure].low, summary[figure].high]
            for figure in _FIGURES
            if figure in summary
        }
        seen = areas((pages[name], self.pages.truth[name]) for name in pages)
        found |= {key: result.whole[told][key] for key in ("vfd",) if key in result.whole.get(told, {})}
        found["colorfulness"] = summary["colorfulness"].mean / summary["colorfulness_truth"].mean
        return found | {"paper": seen.paper, "filled": seen.filled / seen.filled_truth}


def table(kind: Kind, found: Mapping[str, Found]) -> str:
    """A Markdown table of figures, a column for each way: bare, own, and so on."""
    lines = [f"| {KINDS[kind]} | {' | '.join(found)} |", f"|---|{'---:|' * len(found)}"]
    for figure, title in _TITLES.items():
        if any(figure in column for column in found.values()):
            cells = [_cell(figure, column.get(figure)) for column in found.values()]
            lines.append(f"| {title} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(figure: str, value: Any) -> str:
    if value is None:
        return ""
    if figure in _SHARES:
        return f"{100 * value:.0f} %"
    digits = 4 if figure in {"ssim", "lpips_alex"} else 2
    mean, low, high = value if isinstance(value, list) else (value, None, None)
    interval = "" if low is None else f" [{low:.{digits}f}, {high:.{digits}f}]"
    return f"{mean:.{digits}f}{interval}"
