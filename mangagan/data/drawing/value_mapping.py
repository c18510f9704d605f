"""Map the colours of a picture to greys as an artist might: a value (light or dark) for each colour, and its hues."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Float
from PIL import Image, ImageFilter

from mangagan.color import srgb_to_lab

Plane = Float[np.ndarray, "h w"]

_STEPS = 17  # per channel of the colour lookup table
_WAVES = 3  # harmonics of the value over the circle of hues


@dataclass(frozen=True)
class ValueMapping:
    """How one artist maps colours to values.

    The value is the lightness plus cosine waves over the hue, with these `phases` and `heights`. `turn` is the angle,
    in radians, of the direction in ab that becomes the tint. `pale_skin` is added to the value of skin colours.
    """

    phases: tuple[float, ...]
    heights: tuple[float, ...]
    turn: float
    pale_skin: float

    @classmethod
    def sample(cls, rng: np.random.Generator) -> ValueMapping:
        """Sample the mapping of an artist."""
        heights = rng.normal(0, 0.11, _WAVES) / np.arange(1, _WAVES + 1)
        phases = rng.uniform(0, 2 * np.pi, _WAVES)
        skin = rng.uniform(0.1, 0.35) if rng.random() < 0.9 else 0.0
        return cls(tuple(phases), tuple(heights), rng.uniform(0, 2 * np.pi), skin)


@dataclass(frozen=True)
class ValuePlanes:
    """Planes in [0, 1]: `light` is CIE lightness, `value` lightness as it is drawn, `tint` one direction of ab."""

    light: Plane
    value: Plane
    tint: Plane


def map_values(picture: Image.Image, mapping: ValueMapping) -> ValuePlanes:
    """Apply the mapping of an artist by a 3D lookup table, which is much faster than Lab per pixel.

    Args:
        picture: RGB.
        mapping: how the artist maps colours to values.
    """
    table = ImageFilter.Color3DLUT(_STEPS, _table(mapping), channels=3)
    planes = np.asarray(picture.filter(table)).astype(np.float32) / 255
    return ValuePlanes(*(np.ascontiguousarray(plane) for plane in np.moveaxis(planes, -1, 0)))


def _table(mapping: ValueMapping) -> Float[np.ndarray, " n"]:
    light, chroma, hue = _grid()
    # Greys have no hue, so that their value is their lightness.
    strength = np.clip(chroma / 40, 0, 1)
    waves = sum(
        height * np.cos((n + 1) * hue + phase)
        for n, (phase, height) in enumerate(zip(mapping.phases, mapping.heights, strict=True))
    )
    # Colours of skin: near its hue, neither dark nor strongly saturated.
    skin = np.exp(-(((hue - 0.95) / 0.35) ** 2)) * np.clip(chroma / 12, 0, 1) * np.clip((62 - chroma) / 20, 0, 1)
    skin = skin * np.clip((light - 0.45) / 0.15, 0, 1)
    value = light + strength * waves + mapping.pale_skin * skin
    tint = 0.5 + chroma * np.cos(hue - mapping.turn) / 200
    return np.clip(np.stack([light, value, tint], -1), 0, 1).astype(np.float32).ravel()


@lru_cache(maxsize=1)
def _grid() -> tuple[Float[np.ndarray, " n"], ...]:
    """Return lightness in [0, 1], chroma and hue (radians) of a grid of colours, with red changing fastest."""
    axis = np.linspace(0, 1, _STEPS)
    blue, green, red = np.meshgrid(axis, axis, axis, indexing="ij")
    lab = srgb_to_lab(np.stack([red, green, blue], -1).reshape(-1, 3))
    return lab[:, 0] / 100, np.hypot(lab[:, 1], lab[:, 2]), np.arctan2(lab[:, 2], lab[:, 1])
