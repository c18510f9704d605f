"""Pages in other colours than their own: who has seen a page in many can only paint it as its palette says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from grain.transforms import RandomMap
from jaxtyping import Float

from mangagan.color import lab_to_srgb, srgb_to_lab
from mangagan.palette import turned

# How far all hues are turned (a standard deviation, in degrees), and chroma is raised or lowered (as a factor).
_HUE, _CHROMA = 20.0, 1.3


@dataclass(frozen=True)
class Recolor(RandomMap):
    """Turns the hues of a share of the pages that come with a palette, and changes their chroma; palettes follow.

    Lightness stays, and so does the input.
    """

    share: float

    def random_map(self, example: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
        angle, stretch = np.deg2rad(_HUE * rng.standard_normal()), _CHROMA ** rng.uniform(-1, 1)
        if rng.random() >= self.share or not example["palette"].any():
            return example
        sine, cosine = stretch * np.sin(angle), stretch * np.cos(angle)
        turn = np.array([[cosine, sine], [-sine, cosine]], np.float32)
        return example | {"target": _recolored(example["target"], turn), "palette": turned(example["palette"], turn)}


def _recolored(picture: Float[np.ndarray, "h w 3"], turn: Float[np.ndarray, "2 2"]) -> Float[np.ndarray, "h w 3"]:
    lab = srgb_to_lab((picture + 1) / 2)
    other = np.concatenate([lab[..., :1], lab[..., 1:] @ turn], axis=-1)
    return (lab_to_srgb(other) * 2 - 1).astype(np.float32)
