"""A trained colouriser as `Colorizer` uses it, whatever runs it: JAX or ONNX Runtime."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from jaxtyping import Float, Shaped

from mangagan.color import lab_to_srgb
from mangagan.infer.page.gamut import fit_lightness
from mangagan.palette import Palette

Maps = dict[str, Shaped[np.ndarray, "b *h_w_c"]]


@dataclass(frozen=True)
class NetworkInfo:
    """What a network takes and returns; an ONNX file holds this, too.

    Attributes:
        space: The colour space of its predictions.
        input: The grey that it sees, in [-1, 1]: the page's luminance, or the grey of the same CIE L.
        multiple: Both sides of its input are multiples of this.
        scale: The scale of its training pages; 1 stands for half of a page's size.
        hints: Whether it takes colours in a few places.
        instances: Whether it takes the regions that a page's lines enclose.
        palette: Whether it takes a palette (see `mangagan.palette`).
        digest: Tells its weights from others.
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
    """A network that is ready to run.

    `predict` takes `batch` pictures at a time, of any height and width that fit `info.multiple`: "input" [b h w 1],
    and if the network takes them "hint_ab" [b h w 2] (CIE ab / 110), "hint_mask" [b h w 1], "instances" [b h w]
    (int32) and "palette" [b n]. It returns [b h w 3] in the network's own numbers: sRGB in [-1, 1], or L / 50 - 1 and
    ab / 110.
    """

    info: NetworkInfo
    predict: Callable[[Maps], Any]
    batch: int = 1

    def with_palette(self, palette: Palette) -> Network:
        """Return the same network with one palette for all pictures."""

        def predict(maps: Maps) -> Any:
            return self.predict(maps | {"palette": np.tile(palette, (len(maps["input"]), 1))})

        return replace(self, predict=predict)

    def to_srgb(self, predicted: Float[np.ndarray, "*shape 3"]) -> Float[np.ndarray, "*shape 3"]:
        """Return sRGB in [-1, 1]; where sRGB lacks the predicted chroma of a Lab colour, lightness gives way.

        Args:
            predicted: What `predict` returned, in the network's own numbers.
        """
        if self.info.space == "RGB":
            return predicted
        lab = predicted * np.array([50, 110, 110], np.float32) + np.array([50, 0, 0], np.float32)
        return lab_to_srgb(fit_lightness(lab)) * 2 - 1
