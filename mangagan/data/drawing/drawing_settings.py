"""How often pages are drawn in each way, and how strongly: a configuration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

# The picture's luminance as it is; ink, solid blacks and screentone; lines alone; lines over soft greys.
Kind = Literal["luminance", "toned", "lines", "wash"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True)
class Drawing:
    """How training inputs are drawn from colour pages, each anew; lengths are in pixels of the input.

    `luminance`, `toned`, `lines` and `wash` are weights: how often each kind of `Kind` comes, against the others.
    """

    luminance: float = 0.25
    toned: float = 0.5
    lines: float = 0.125
    wash: float = 0.125
    own: float = 0.3  # share of the toned pages for which a page's own black and white is taken, where it has one
    scanned: float = 0.4  # share of the drawn pages that are printed on bad paper and scanned
    wear: float = 1.0  # how bad paper, print and scan are
    low_line: float = 0.8  # width of the pen's lines
    high_line: float = 2.0
    low_pitch: float = 1.7  # from dot to dot, or line to line, of a screen
    high_pitch: float = 4.5

    def check(self) -> None:
        """Raises ValueError for values that do not go together; they may for a moment, while they are overridden."""
        weights = [getattr(self, kind) for kind in KINDS]
        if min(weights) < 0 or not sum(weights):
            raise ValueError(f"data.drawing: the weights {', '.join(KINDS)} are {weights}; none is negative, not all 0")
        for name in ("own", "scanned"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"data.drawing.{name}={getattr(self, name)}: a share is 0 to 1")
        if self.wear < 0:
            raise ValueError(f"data.drawing.wear={self.wear}: 0 is the least")
        if not (0.25 <= self.low_line <= self.high_line and 1 <= self.low_pitch <= self.high_pitch):
            raise ValueError(
                f"data.drawing: it must be 0.25 <= low_line={self.low_line} <= high_line={self.high_line} and "
                f"1 <= low_pitch={self.low_pitch} <= high_pitch={self.high_pitch}"
            )

    def kind(self, rng: np.random.Generator) -> Kind:
        """A kind, drawn by weight."""
        weights = np.array([getattr(self, kind) for kind in KINDS])
        return KINDS[int(rng.choice(len(KINDS), p=weights / weights.sum()))]


def between(rng: np.random.Generator, low: float, high: float) -> float:
    """A length between two; all octaves are equally likely."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))
