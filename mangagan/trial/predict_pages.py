"""Colours the pages of a trial, into one folder for each condition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from tqdm import tqdm

from mangagan.data.stream.redraw import page_rng
from mangagan.images.picture import Pixels
from mangagan.infer.colorizer import ColorizeOptions, Colorizer
from mangagan.infer.guidance.hints_file import Hint, PageHints
from mangagan.infer.network import Network
from mangagan.infer.volume.page_stages import Keep
from mangagan.palette import Palette
from mangagan.trial.palette_modes import PaletteMode
from mangagan.trial.trial_pages import TrialInput, keep_picture

# A hint has the mean colour of the pixels at most this far from it in each direction: one pixel may be noise.
_HINT_REACH = 3


@dataclass(frozen=True)
class Condition:
    """How pages are coloured.

    Attributes:
        kind: The kind of input.
        mode: The source of the palettes.
        size: Pixels of a page's shorter side for the network; None: as the page's lines require.
        hints: The number of true hints for each page.
    """

    kind: TrialInput
    mode: PaletteMode
    size: int | None = None
    hints: int = 0

    @property
    def name(self) -> str:
        """The name of the folder of its pages.

        >>> Condition("gray", "own", hints=10).name
        'gray-own-10-hints'
        """
        parts = (self.kind, self.mode, self.size, f"{self.hints}-hints" if self.hints else None)
        return "-".join(str(part) for part in parts if part is not None)


def predict_pages(
    network: Network,
    condition: Condition,
    inputs: Mapping[str, Pixels],
    truth: Mapping[str, Pixels],
    palettes: Mapping[str, Palette],
    folder: Path,
) -> dict[str, Pixels]:
    """Return the coloured pages by their names; pages that the condition's folder has already are not coloured again.

    Args:
        network: The network.
        condition: How pages are coloured.
        inputs: The pages to colour.
        truth: The true pages, from which hints are sampled.
        palettes: The palette of each page.
        folder: The folder of the trial; the pages are in the folder of the condition's name there.
    """
    color = Colorizer(network, ColorizeOptions(size=condition.size))

    def predict(name: str) -> Pixels:
        hints = true_hints(truth[name], condition.hints, name) if condition.hints else None
        colored = color.color_pixels(inputs[name], palettes[name], hints)
        return inputs[name] if isinstance(colored, Keep) else colored

    bar = tqdm(inputs, condition.name, unit="page", leave=False)
    return {name: keep_picture(folder / condition.name, name, partial(predict, name)) for name in bar}


def true_hints(truth: Pixels, count: int, name: str) -> PageHints:
    """Return hints at random points of a page, each with the true colour there.

    Args:
        truth: The true page [h w 3], 8-bit sRGB.
        count: The number of hints.
        name: The name of the page; the same name gives the same points.
    """
    height, width = truth.shape[:2]
    points = page_rng(f"hints of {name}").random((count, 2)) * [height - 1, width - 1]

    def hint(row: int, column: int) -> Hint:
        rows = slice(max(row - _HINT_REACH, 0), row + _HINT_REACH + 1)
        columns = slice(max(column - _HINT_REACH, 0), column + _HINT_REACH + 1)
        red, green, blue = np.round(truth[rows, columns].mean((0, 1))).astype(int).tolist()
        return Hint("point", ((float(column), float(row)),), (red, green, blue))

    return PageHints(width, height, tuple(hint(row, column) for row, column in np.round(points).astype(int).tolist()))
