"""The configuration of drawn inputs: how often each style is used, and how strongly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

# The luminance of the picture; ink, solid blacks and screentone; lines alone; lines over soft greys.
DrawingStyle = Literal["luminance", "toned", "lines", "wash"]
STYLES: tuple[DrawingStyle, ...] = get_args(DrawingStyle)


@dataclass(frozen=True)
class Drawing:
    """How training inputs are drawn from colour pages; lengths are in pixels of the input.

    `luminance`, `toned`, `lines` and `wash` are the relative frequencies of the styles (see `DrawingStyle`).
    """

    luminance: float = 0.25
    toned: float = 0.5
    lines: float = 0.125
    wash: float = 0.125
    own: float = 0.3  # share of the toned pages that use the black-and-white form of the page, where it has one
    scanned: float = 0.4  # share of the drawn pages that are printed on bad paper and scanned
    wear: float = 1.0  # strength of the defects of paper, print and scan
    low_line: float = 0.8  # width of the lines
    high_line: float = 2.0
    low_pitch: float = 1.7  # distance of the dots or lines of a screen
    high_pitch: float = 4.5

    def check(self) -> None:
        """Check the values; not done at construction, since overrides may pass through invalid combinations.

        Raises:
            ValueError: for values out of range, or out of order.
        """
        weights = [getattr(self, style) for style in STYLES]
        if min(weights) < 0 or not sum(weights):
            raise ValueError(
                f"data.drawing: the weights {', '.join(STYLES)} are {weights}; they must not be negative, and not all 0"
            )
        for name in ("own", "scanned"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"data.drawing.{name}={getattr(self, name)}: it must be 0 to 1")
        if self.wear < 0:
            raise ValueError(f"data.drawing.wear={self.wear}: it must be at least 0")
        if not (0.25 <= self.low_line <= self.high_line and 1 <= self.low_pitch <= self.high_pitch):
            raise ValueError(
                f"data.drawing: it must be 0.25 <= low_line={self.low_line} <= high_line={self.high_line} and "
                f"1 <= low_pitch={self.low_pitch} <= high_pitch={self.high_pitch}"
            )

    def sample_style(self, rng: np.random.Generator) -> DrawingStyle:
        """Sample a style by its weight."""
        weights = np.array([getattr(self, style) for style in STYLES])
        return STYLES[int(rng.choice(len(STYLES), p=weights / weights.sum()))]


def sample_length(rng: np.random.Generator, low: float, high: float) -> float:
    """Sample a length between two, log-uniformly: all octaves are equally likely."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))
