"""Recolour pages at random: a network that sees a page in many colours must follow the palette to predict them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from grain.transforms import RandomMap
from jaxtyping import Float

from mangagan.color import lab_to_srgb, srgb_to_lab
from mangagan.palette import transform_palette

# Standard deviation of the rotation of all hues in degrees, and the largest factor of chroma.
_HUE, _CHROMA = 20.0, 1.3


@dataclass(frozen=True)
class Recolor(RandomMap):
    """Rotates the hues and scales the chroma of a share of the pages with a palette, and of their palettes alike.

    Lightness and input do not change.
    """

    share: float

    def random_map(self, example: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
        # Drawn before the decision, so that they do not depend on `share`.
        angle, stretch = np.deg2rad(_HUE * rng.standard_normal()), _CHROMA ** rng.uniform(-1, 1)
        if rng.random() >= self.share or not example["palette"].any():
            return example
        sine, cosine = stretch * np.sin(angle), stretch * np.cos(angle)
        transform = np.array([[cosine, sine], [-sine, cosine]], np.float32)
        return example | {
            "target": _transform_colors(example["target"], transform),
            "palette": transform_palette(example["palette"], transform),
        }


def _transform_colors(
    picture: Float[np.ndarray, "h w 3"], transform: Float[np.ndarray, "2 2"]
) -> Float[np.ndarray, "h w 3"]:
    lab = srgb_to_lab((picture + 1) / 2)
    transformed = np.concatenate([lab[..., :1], lab[..., 1:] @ transform], axis=-1)
    return (lab_to_srgb(transformed) * 2 - 1).astype(np.float32)
