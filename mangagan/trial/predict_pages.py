"""Pages of a trial coloured, one folder for each way of doing it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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
from mangagan.trial.palette_modes import Way
from mangagan.trial.trial_pages import Kind, kept

# The true colour of a hint is the mean of a square of so many pixels to each side of it.
_AROUND = 3


@dataclass(frozen=True)
class Look:
    """Which inputs, under which palettes, at which working size (None: as each page asks for), with how many hints."""

    kind: Kind
    way: Way
    size: int | None = None
    hints: int = 0

    @property
    def name(self) -> str:
        """The name of its folder.

        >>> Look("gray", "own", hints=10).name
        'gray-own-10-hints'
        """
        parts = (self.kind, self.way, self.size, f"{self.hints}-hints" if self.hints else None)
        return "-".join(str(part) for part in parts if part is not None)


def paint(
    network: Network,
    look: Look,
    inputs: Mapping[str, Pixels],
    truth: Mapping[str, Pixels],
    palettes: Mapping[str, Palette],
    folder: Path,
) -> dict[str, Pixels]:
    """Pages in colour by their names, kept in a folder of the look's name."""

    color = Colorizer(network, ColorizeOptions(size=look.size))

    def painted(name: str) -> Pixels:
        hints = true_hints(truth[name], look.hints, name) if look.hints else None
        found = color.color_pixels(inputs[name], palettes[name], hints)
        return inputs[name] if isinstance(found, Keep) else found

    bar = tqdm(inputs, look.name, unit="page", leave=False)
    return {name: kept(folder / look.name, name, lambda name=name: painted(name)) for name in bar}  # type: ignore[misc]


def true_hints(truth: Pixels, count: int, name: str) -> PageHints:
    """So many points anywhere on a page, each of the colour that is true there; the same ones for the same name."""
    height, width = truth.shape[:2]
    places = page_rng(f"hints of {name}").random((count, 2)) * [height - 1, width - 1]

    def hint(row: int, column: int) -> Hint:
        around = truth[max(row - _AROUND, 0) : row + _AROUND + 1, max(column - _AROUND, 0) : column + _AROUND + 1]
        red, green, blue = np.round(around.mean((0, 1))).astype(int).tolist()
        return Hint("point", ((float(column), float(row)),), (red, green, blue))

    return PageHints(width, height, tuple(hint(row, column) for row, column in np.round(places).astype(int).tolist()))
