"""A trained colouriser as the coloring of pages sees it, whatever runs it: JAX or ONNX Runtime."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from jaxtyping import Float, Shaped

from mangagan.color import lab_to_srgb
from mangagan.infer.page.gamut import roomy_lab
from mangagan.palette import Palette

Maps = dict[str, Shaped[np.ndarray, "b *h_w_c"]]


@dataclass(frozen=True)
class Facts:
    """What a network takes and gives.

    It sees the luminance of a page, or the grey of the same CIE L, in [-1, 1], with both sides multiples of `multiple`.
    `scale`: of pages as it saw them when it learned, 1 for half of their size. `hints`: it takes colours in a few
    places; `instances`: it is told the regions of a page; `palette`: it is told the colours to paint in (see
    `mangagan.palette`). `digest` tells its weights from others'.
    """

    space: Literal["RGB", "Lab"]
    input: Literal["luminance", "lightness"]
    multiple: int
    scale: float
    hints: bool
    instances: bool
    palette: bool
    digest: str


@dataclass(frozen=True)
class Network:
    """A network at work: `paint` takes `batch` pictures at a time, of any height and width that fit.

    They are "input" [b h w 1], and for those that take them "hint_ab" [b h w 2] (CIE ab over 110), "hint_mask"
    [b h w 1], "instances" [b h w] (int32) and "palette" [b n], which `under` adds. What it gives, [b h w 3], are the
    numbers that the network itself paints: sRGB in [-1, 1], or L / 50 - 1 and ab over 110; `picture` says what they
    stand for.
    """

    facts: Facts
    paint: Callable[[Maps], Any]
    batch: int = 1

    def under(self, palette: Palette) -> Network:
        """The same network with one palette for all that it paints."""

        def paint(maps: Maps) -> Any:
            return self.paint(maps | {"palette": np.tile(palette, (len(maps["input"]), 1))})

        return replace(self, paint=paint)

    def picture(self, painted: Float[np.ndarray, "*shape 3"]) -> Float[np.ndarray, "*shape 3"]:
        """sRGB in [-1, 1] of what was painted; in Lab, lightness gives way where sRGB lacks the painted chroma."""
        if self.facts.space == "RGB":
            return painted
        lab = painted * np.array([50, 110, 110], np.float32) + np.array([50, 0, 0], np.float32)
        return lab_to_srgb(roomy_lab(lab)) * 2 - 1
